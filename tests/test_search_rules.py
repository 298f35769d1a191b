"""What the search finds, compared with a naive reading of every text of a small made-up directory.

The rules: every word must occur in the record's names, titles, summaries, themes or regions. Latin words match whole
words, the last one as a beginning; Japanese runs match as parts of a run. Macrons, apostrophes, case, width and the
script of kana do not matter. The words below are made up, so that nothing but these rules bears on them: no plurals, no
spellings that differ between countries or romanisations, no words for kinds of records.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from partnerships import search
from partnerships.models import Actor, ActorName, Country

from .factories import add_themes, join, make_actor, make_prefecture, make_theme, published_partnership
from .real_records.test_search_contract import found

pytestmark = pytest.mark.django_db

LATIN = [
    "banek", "bandor", "velmar", "velmarin", "vel", "wokra", "woknel", "zandil", "zan", "golbra", "golben", "lunvik",
    "lunga", "telvar", "telva", "brindo", "brinka", "gavrek", "nalbek", "nalbo",
]  # fmt: skip
KANJI = "桜梅松竹月星雪風花鳥石谷"
KANA = "なさもひがぷる"
SEEDS = range(8)
QUERIES_EACH = 80

Texts = list[str]


@dataclass
class Made:
    """A small directory and the texts of each of its records, by slug."""

    actors: dict[str, Texts] = field(default_factory=dict)
    partnerships: dict[str, Texts] = field(default_factory=dict)


class Maker:
    """Texts and queries at random; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def words(self, most: int) -> str:
        return " ".join(self.spelt(self.random.choice(LATIN)) for _ in range(self.random.randint(1, most)))

    def spelt(self, word: str) -> str:
        """The word in one of the ways that do not matter."""
        match self.random.randrange(6):
            case 0:
                return word.upper()
            case 1:
                return word.title().replace("o", "ō").replace("e", "ē")
            case 2:
                return f"{word[:2]}'{word[2:]}"
            case 3:
                return "".join(chr(ord(letter) + 0xFEE0) for letter in word)
        return word

    def run(self, longest: int) -> str:
        return "".join(self.random.choice(KANJI + KANA) for _ in range(self.random.randint(1, longest)))

    def scripted(self, run: str) -> str:
        """The run with its kana in either script, or in half width."""
        match self.random.randrange(3):
            case 0:
                return "".join(chr(ord(kana) + 0x60) if kana in KANA else kana for kana in run)
            case 1:
                return "".join(HALF_WIDTH.get(kana, kana) for kana in run)
        return run

    def japanese(self, most: int) -> str:
        runs = [self.scripted(self.run(5)) for _ in range(self.random.randint(1, most))]
        return "".join(run + self.random.choice(["、", "・", " "]) for run in runs)

    def query(self, made: Iterable[Texts]) -> str:
        """Words of one script: some that a record holds, some that perhaps none does."""
        texts = self.random.choice(list(made))
        held = [piece for text in texts for piece in pieces(text)]
        number = self.random.randint(1, 3)
        if self.random.random() < 0.5:
            words = [word for word in held if word.isascii()] + [self.random.choice(LATIN)]
            chosen = [self.random.choice(words) for _ in range(number)]
            chosen[-1] = chosen[-1][: self.random.randint(2, len(chosen[-1]))]
            return " ".join(self.spelt(word) for word in chosen)
        runs = [run for run in held if not run.isascii()] + [self.run(3)]
        chosen = [self._part(self.random.choice(runs)) for _ in range(number)]
        return " ".join(self.scripted(run) for run in chosen)

    def _part(self, run: str) -> str:
        start = self.random.randrange(len(run))
        return run[start : start + self.random.randint(1, 4)]


HALF_WIDTH = dict(zip(KANA, ["ﾅ", "ｻ", "ﾓ", "ﾋ", "ｶﾞ", "ﾌﾟ", "ﾙ"], strict=True))


def make_directory(maker: Maker) -> Made:
    made = Made()
    prefectures = [_actor(maker, made, make_prefecture, f"p-{number}", code=f"JP-{number}") for number in (1, 2)]
    themes = [
        make_theme(f"t-{number}", name=f"{LATIN[number]} {maker.words(1)}", name_ja=KANJI[number] + maker.japanese(1))
        for number in range(3)
    ]
    actors = [
        _actor(maker, made, make_actor, f"a-{number}", country=Country.JP, parent=maker.random.choice(prefectures))
        for number in range(6)
    ]
    for number in range(8):
        texts = {
            "title": maker.words(3),
            "title_ja": maker.japanese(2),
            "summary": maker.words(6),
            "summary_ja": maker.japanese(4),
        }
        us, jp, other = maker.random.sample(actors, 3)
        theme = maker.random.choice(themes)
        record = published_partnership(f"r-{number}", us=us, jp=jp, **texts)
        join(record, other)
        add_themes(record, theme)
        made.partnerships[record.slug] = [
            *texts.values(), theme.name, theme.name_ja, *(made.actors[us.slug]), *made.actors[jp.slug],
            *made.actors[other.slug],
        ]  # fmt: skip
    search.reindex()
    return made


def _actor(maker: Maker, made: Made, make: Any, slug: str, **fields: Any) -> Actor:
    """An actor with names at random; what it is found by are they, another name and its region's names."""
    run = maker.run(4)
    names = {"name": maker.words(2), "name_ja": maker.scripted(run), "name_kana": maker.random.choice(KANA) * 2}
    actor: Actor = make(slug, **names, **fields)
    other = ActorName.objects.create(actor=actor, name=maker.words(2), language="en")
    above = made.actors[fields["parent"].slug] if "parent" in fields else []
    made.actors[slug] = [*names.values(), other.name, *above]
    return actor


def folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("'", "")
    text = "".join(
        character for character in unicodedata.normalize("NFD", text) if not "\u0300" <= character < "\u0370"
    )
    hiragana = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
    return unicodedata.normalize("NFC", text).translate(hiragana)


def pieces(text: str) -> list[str]:
    """The Latin words and Japanese runs of a text."""
    return re.findall(r"[a-z]+|[ぁ-ゖ一-鿿]+", folded(text))


def naively(texts: Texts, query: str) -> bool:
    held = [piece for text in texts for piece in pieces(text)]
    wanted = pieces(query)
    *whole, last = wanted
    return all(any(_matches(word, piece, is_last=False) for piece in held) for word in whole) and any(
        _matches(last, piece, is_last=True) for piece in held
    )


def _matches(word: str, piece: str, *, is_last: bool) -> bool:
    if not word.isascii():
        return word in piece
    return piece == word or (is_last and piece.startswith(word))


def cases(maker: Maker, made: Made) -> Iterator[tuple[str, str, dict[str, Texts]]]:
    for _ in range(QUERIES_EACH):
        for which, records in (("partnerships", made.partnerships), ("actors", made.actors)):
            yield which, maker.query(records.values()), records


@pytest.mark.parametrize("seed", SEEDS)
def test_the_search_finds_what_a_naive_reading_of_every_text_finds(seed: int) -> None:
    maker = Maker(seed)
    made = make_directory(maker)
    differences = [
        f"{which}, {query!r}: naively {sorted(expected)}, got {sorted(got)}"
        for which, query, records in cases(maker, made)
        if (expected := {slug for slug, texts in records.items() if naively(texts, query)})
        != (got := found(which, query))
    ]
    assert not differences, "\n".join(differences)
