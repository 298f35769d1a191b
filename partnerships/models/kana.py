"""The order of Japanese names in dictionaries."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import models

from .fields import CodePointCharField

TO_HIRAGANA = {code: chr(code - 0x60) for code in range(ord("ァ"), ord("ヶ") + 1)}
FULL_SIZE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", "・")
VOWELS = {
    sign: vowel
    for vowel, signs in [
        ("あ", "あかさたなはまやらわ"),
        ("い", "いきしちにひみりゐ"),
        ("う", "うくすつぬふむゆる"),
        ("え", "えけせてねへめれゑ"),
        ("お", "おこそとのほもよろを"),
    ]
    for sign in signs
}


def dictionary_order(text: str) -> str:
    """A text by the first level of JIS X 4061: one script, plain signs of full size, long vowels written out, no dots.

    What this leaves equal (かき, がき, カキ) is for the next columns of an order. Other signs stay: by code point,
    figures and Latin letters come before kana, kanji after.
    """
    hiragana = text.translate(TO_HIRAGANA)
    plain = "".join(unicodedata.normalize("NFD", sign)[0] for sign in hiragana).translate(FULL_SIZE)
    written_out: list[str] = []
    for sign in plain:
        written_out.append(VOWELS.get(written_out[-1], sign) if sign == "ー" and written_out else sign)
    return "".join(written_out)


class DictionaryOrderField(CodePointCharField):
    """The dictionary order of the first text among other fields, worked out whenever a record is saved."""

    def __init__(self, *args: Any, of: tuple[str, ...] = (), **options: Any) -> None:
        self.of = of
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        text = next(filter(None, (getattr(model_instance, name) for name in self.of)), "")
        value = dictionary_order(text)
        setattr(model_instance, self.attname, value)
        return value
