"""What a text consists of for a search, in pure Python: folding, tokens, loose forms, queries, marks.

The same functions make the tokens that are stored and the tokens that are asked for, so that an engine needs only to
compare tokens. A Latin word is one token. A run of Japanese characters is its overlapping pairs (“北九州” is 北九 and
九州), so that any part of it is found, and its last character alone, so that single characters are found too.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

MOST_CHARACTERS = 200
MOST_WORDS = 10
LONGEST_NAME = 120  # characters

_JAPANESE = "ぁ-ゖゝ-ゟー々〆〇㐀-鿿\uf900-\ufaff\U00020000-\U0003fffd"
LONGEST_TOKEN = 300  # characters; PostgreSQL takes 2,046 bytes, and one typed character may fold to eighteen
_PIECE = re.compile(rf"[{_JAPANESE}]+|(?:(?![{_JAPANESE}])[^\W_]){{1,{LONGEST_TOKEN}}}")
_JAPANESE_ONLY = re.compile(rf"[{_JAPANESE}]+")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHE = re.compile("['’‘ʻʼ`´′ʹ＇]")
# Accents, macrons and signs without a width; but for the two marks that make が of か and ぱ of は.
_UNSEEN = re.compile(
    "["
    + "".join(sign for sign in map(chr, range(0x80, 0x10000)) if unicodedata.category(sign) in {"Mn", "Cf"})
    .replace("\u3099", "")
    .replace("\u309a", "")
    + "]"
)
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F5)} | {
    0x30F5: "か",
    0x30F6: "け",
    0x3095: "か",
    0x3096: "け",
}
# Characters as they were written before the reform of 1946, and some that live on in names, to the present ones.
_FORMER = str.maketrans(
    "廣國縣澤濱邊邉齋齊嶋龍瀧櫻澁鹽鐵會學縄檜惠榮圓應櫟關舘峯冨嶽實壽條條眞靜專總莊藏當萬與來佛辯礒灣",
    "広国県沢浜辺辺斎斉島竜滝桜渋塩鉄会学縄桧恵栄円応櫟関館峰富岳実寿条条真静専総荘蔵当万与来仏弁磯湾",
)
_KANA_AND_KANJI = _KATAKANA | _FORMER
_ANOTHER_KANA_OR_KANJI = re.compile(f"[{''.join(map(chr, _KANA_AND_KANJI))}]+")
_QUOTES = str.maketrans("“”„«»「」『』＂", '""""""""""')
# Words that say nothing by themselves; beside others they are left out.
_STOP_WORDS = frozenset(
    ["a", "an", "and", "at", "between", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"]
)

# A loose form carries this mark (private use), so that the “jon” made of John is not the word jon. The gap stands
# between two texts, so that no phrase runs from one into the next.
LOOSE = "\ue000"
GAP = "\ue001"


@lru_cache(maxsize=200)  # the texts of a record are folded for their words, and again for the words that go with them
def fold(text: str) -> str:
    """The text without what people type differently: case, width, macrons and accents, apostrophes, kana script."""
    # Characters are looked for before any is replaced: most texts hold none, and to look is ten times faster.
    text = _APOSTROPHE.sub("", unicodedata.normalize("NFKC", text).casefold())
    text = _INITIALS.sub(lambda match: match[0].replace(".", ""), text)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    if _UNSEEN.search(apart):
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", apart))
    return _ANOTHER_KANA_OR_KANJI.sub(lambda match: match[0].translate(_KANA_AND_KANJI), text)


def pieces(text: str) -> list[str]:
    """The Latin words and Japanese runs of a text, folded."""
    return _pieces_of_a_name(text) if len(text) <= LONGEST_NAME else _PIECE.findall(fold(text))


@lru_cache(maxsize=20_000)
def _pieces_of_a_name(text: str) -> list[str]:
    """Names of places and themes come again and again."""
    return _PIECE.findall(fold(text))


def is_japanese(piece: str) -> bool:
    return not piece.isascii() and _JAPANESE_ONLY.fullmatch(piece) is not None


def pairs(run: str) -> list[str]:
    """“北九州” → 北九, 九州; a single character stays as it is."""
    return [run[start : start + 2] for start in range(len(run) - 1)] or [run]


def tokens(texts: Iterable[str]) -> list[str]:
    """What is stored for some texts: their words and pairs in order, a gap after each, and last the loose forms."""
    found: list[str] = []
    loose_forms: dict[str, None] = {}
    for text in texts:
        own, own_loose_forms = _tokens_of_a_name(text) if len(text) <= LONGEST_NAME else _tokens(text)
        found += own
        loose_forms.update(own_loose_forms)
    return [*found, *loose_forms]


@lru_cache(maxsize=20_000)
def _tokens_of_a_name(text: str) -> tuple[list[str], dict[str, None]]:
    return _tokens(text)


def _tokens(text: str) -> tuple[list[str], dict[str, None]]:
    found: list[str] = []
    loose_forms: dict[str, None] = {}
    for piece in pieces(text):
        if is_japanese(piece):
            found += pairs(piece)
            if len(piece) > 1:
                found.append(piece[-1])
        else:
            found.append(piece)
            form = loose(piece)
            if form != piece:
                loose_forms[LOOSE + form] = None
    found.append(GAP)
    return found, loose_forms


def whole(name: str) -> str:
    """A name as one token: “Salt Lake City” → saltlakecity."""
    return "".join(pieces(name))[:LONGEST_TOKEN]


def loose_whole(name: str) -> str:
    """The loose form of a name as one token: “Saint Paul” and “St. Paul” alike."""
    forms = (piece if is_japanese(piece) else loose(piece) for piece in pieces(name))
    return LOOSE + "".join(forms)[:LONGEST_TOKEN]


# Rules of loose forms, in their order. Romanisations (kitakyuushuu, Ohsaka, Mombetsu, Sinjuku), American and British
# spellings (programme, ageing, harbour, centre, organisation), plurals and endings (charger, charging), and the usual
# abbreviations in place names.
_LOOSENING = [
    (re.compile(pattern), replacement)
    for pattern, replacement in [
        (r"^saint(e?)$", r"st\1"),
        (r"^mount$", "mt"),
        (r"^fort$", "ft"),
        (r"amme(s?)$", r"am\1"),
        (r"ies$", "y"),
        (r"(?<=[sxz])es$", ""),
        (r"(?<=[^su])s$", ""),
        (r"eing$", "ing"),
        (r"([aeiou])lling$", r"\1ling"),
        (r"tre$", "ter"),
        (r"is(e|ed|ing|ation)$", r"iz\1"),
        (r"(?<=.{5})(?:ing|ed|er|e)$", ""),
        (r"tch", "cch"),
        (r"shi", "si"),
        (r"sh", "sy"),
        (r"chi", "ti"),
        (r"ch", "ty"),
        (r"tsu", "tu"),
        (r"fu", "hu"),
        (r"ji", "zi"),
        (r"j", "zy"),
        (r"du|dzu", "zu"),
        (r"m(?=[bmp])", "n"),
        (r"o(?:u|o|h(?![aiueo]))+", "o"),
        (r"uu+", "u"),
        (r"aa+", "a"),
        (r"ii+", "i"),
    ]
]


@lru_cache(maxsize=50_000)
def loose(word: str) -> str:
    """The form that spellings of one Latin word have in common; never shown, and only compared with its like."""
    if len(word) < 4:
        return word
    for pattern, replacement in _LOOSENING:
        word = pattern.sub(replacement, word)
    return word


@dataclass(frozen=True)
class Term:
    """One thing that a text must contain: tokens in a row, the last one as a beginning only where ``is_prefix``."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    loose: str = ""  # the loose form of a Latin word, which will do as well

    @cached_property
    def is_japanese(self) -> bool:
        return is_japanese(self.tokens[0])

    @cached_property
    def loose_token(self) -> str:
        """The loose form as it is stored beside the words."""
        return LOOSE + self.loose


@dataclass(frozen=True)
class Word:
    """What was typed between two spaces, or between quotes."""

    typed: str
    terms: tuple[Term, ...]
    is_excluded: bool = False
    is_phrase: bool = False


@dataclass(frozen=True)
class Query:
    """A search, understood; ``is_shortened`` says that something of it was cut off."""

    words: tuple[Word, ...] = ()
    is_shortened: bool = False

    @cached_property
    def wanted(self) -> list[Word]:
        return [word for word in self.words if not word.is_excluded]

    @property
    def name(self) -> str:
        """All that is wanted, as if it were one name."""
        return " ".join(word.typed for word in self.wanted)

    @property
    def excluded(self) -> list[Word]:
        return [word for word in self.words if word.is_excluded]

    def __bool__(self) -> bool:
        return bool(self.words)

    def without(self, dropped: Word) -> str:
        """The search as typed, without one of its words."""
        return " ".join(_as_typed(word) for word in self.words if word is not dropped)

    def respelt(self, spellings: Mapping[Word, str]) -> str:
        """The search as typed, with some of its words spelt differently."""
        return " ".join(spellings.get(word) or _as_typed(word) for word in self.words)

    def only(self, word: Word) -> Query:
        """A search for one of its words."""
        return Query((word,))


def _as_typed(word: Word) -> str:
    text = f'"{word.typed}"' if word.is_phrase else word.typed
    return f"-{text}" if word.is_excluded else text


_TYPED = re.compile(r'(?<!\S)(?P<minus>[-－−]?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))|(?P<inside>[^\s"]+)')


def parse(typed: str) -> Query:
    """Understand a search: words in any order, “quotes” make a phrase, a minus excludes, the last word may go on.

    Whatever is typed gives a query, if need be one without words; at most ``MOST_WORDS`` words of the first
    ``MOST_CHARACTERS`` characters are used.
    """
    return _parsed(typed[: MOST_CHARACTERS + 1])


@lru_cache(maxsize=1_000)  # a page asks for the same query a dozen times
def _parsed(typed: str) -> Query:
    text = typed.translate(_QUOTES)[:MOST_CHARACTERS]
    found: list[tuple[str, bool, bool]] = []
    for match in _TYPED.finditer(text):
        phrase = match["phrase"]
        found.append((match["word"] or match["inside"] or phrase or "", bool(match["minus"]), phrase is not None))
    last = len(found) - 1
    ends_open = bool(text) and not text[-1].isspace()
    words = []
    for number, (written, is_excluded, is_phrase) in enumerate(found):
        is_open = number == last and ends_open and not is_phrase and not is_excluded
        terms = _phrase(written) if is_phrase else _terms(written, is_open=is_open)
        if terms:
            words.append(Word(written, terms, is_excluded, is_phrase))
    telling = [word for word in words if word.is_phrase or not set(pieces(word.typed)) <= _STOP_WORDS]
    words = telling or words
    kept = tuple(words[:MOST_WORDS])
    return Query(kept, is_shortened=len(typed) > MOST_CHARACTERS or len(words) > MOST_WORDS)


# Japanese words for “city”, “prefecture” and the like, as they are written behind a name in Latin letters.
_SUFFIX = re.compile(r"(?<=[^\W_])-(?:shi|ken|to|fu|do|machi|cho|chou|mura|son|ku|gun)$")


def _terms(written: str, *, is_open: bool) -> tuple[Term, ...]:
    found = pieces(_SUFFIX.sub("", fold(written)))
    terms = []
    for number, piece in enumerate(found):
        is_last = is_open and number == len(found) - 1
        if is_japanese(piece):
            terms.append(Term(tuple(pairs(piece)), is_prefix=len(piece) == 1))
        else:
            terms.append(Term((piece,), is_last and len(piece) > 1, loose(piece)))
    return tuple(dict.fromkeys(terms))


def _phrase(written: str) -> tuple[Term, ...]:
    found = pieces(written)
    row: list[str] = []
    for number, piece in enumerate(found):
        if not is_japanese(piece):
            row.append(piece)
        elif number == len(found) - 1:
            row += pairs(piece)
        else:
            row += [*pairs(piece), *([piece[-1]] if len(piece) > 1 else [])]
    single = len(found) == 1 and len(found[0]) == 1 and is_japanese(found[0])
    return (Term(tuple(row), is_prefix=single),) if row else ()


# --- Marking what was found ------------------------------------------------------------------------------------------


class Markable:
    """A text in which the places that a query found can be told; folded once, asked often."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded, self._starts, self._ends = _fold_with_places(text)
        self._words: dict[str, list[tuple[int, int]]] = {}  # by the word, and by its loose form, marked
        for match in _PIECE.finditer(self._folded):
            if not is_japanese(match[0]):
                self._words.setdefault(match[0], []).append(match.span())
                self._words.setdefault(LOOSE + loose(match[0]), []).append(match.span())
        self._sorted = sorted(self._words)

    def spans(self, query: Query) -> list[tuple[int, int]]:
        """The places as (start, end) in the text, in order, none overlapping another."""
        found: list[tuple[int, int]] = []
        for word in query.wanted:
            for term in word.terms:
                if term.is_japanese or word.is_phrase:
                    found += self._runs(term)
                else:
                    found += self._words.get(term.tokens[0], ())
                    found += self._words.get(term.loose_token, ())
                    if term.is_prefix:
                        found += self._beginning(term.tokens[0])
        return _merged((self._starts[start], self._ends[end - 1]) for start, end in found) if found else found

    def _runs(self, term: Term) -> Iterator[tuple[int, int]]:
        """Where the very characters stand."""
        wanted = _unpaired(term.tokens) if term.is_japanese else " ".join(term.tokens)
        start = self._folded.find(wanted)
        while start >= 0:
            yield start, start + len(wanted)
            start = self._folded.find(wanted, start + len(wanted))

    def _beginning(self, letters: str) -> Iterator[tuple[int, int]]:
        """Where the words stand that begin with these letters."""
        for place in range(bisect_left(self._sorted, letters), len(self._sorted)):
            if not self._sorted[place].startswith(letters):
                break
            yield from self._words[self._sorted[place]]


def _unpaired(row: tuple[str, ...]) -> str:
    """The run that these pairs came from."""
    return row[0] + "".join(pair[1:] for pair in row[1:] if len(pair) > 1)


def _fold_with_places(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The folded text, and for each of its characters where in the text that begins and ends which it came from."""
    if text.isascii():
        folded = text.casefold()
        if "'" not in folded and "`" not in folded:
            return folded, range(len(folded)), range(1, len(folded) + 1)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        # What combines with the character before it is folded with it: ｶﾞ, e and its accent.
        while end < len(text) and (unicodedata.combining(text[end]) or text[end] in "ﾞﾟ"):
            end += 1
        for character in fold(text[start:end]):
            characters.append(character)
            starts.append(start)
            ends.append(end)
        start = end
    return "".join(characters), starts, ends


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# --- Typing errors ---------------------------------------------------------------------------------------------------

FORGIVEN_FROM, FORGIVEN_TO = 5, 30  # letters
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def one_error_away(word: str) -> set[str]:
    """Every word that a Latin one becomes by one letter too many, too few, wrong, or two changed round."""
    if not (FORGIVEN_FROM <= len(word) <= FORGIVEN_TO and word.isascii() and word.isalpha()):
        return set()
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {left + right[1:] for left, right in cuts if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in cuts if right for letter in _LETTERS}
    found |= {left + letter + right for left, right in cuts for letter in _LETTERS}
    return found - {word}
