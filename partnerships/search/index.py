"""What the index holds of each record, in four columns by weight, and what a query asks of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q

from partnerships import text
from partnerships.models import (
    Actor,
    ActorName,
    Country,
    Outcome,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
    Source,
    Theme,
)
from partnerships.text import Query, Term, Word

# By falling weight: whole names, the words of names, titles, all other texts with themes and regions.
COLUMNS = ("exact", "names", "titles", "texts")
KINDS = ("partnership", "actor", "source")

Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One record in the index: its tokens, column by column."""

    record_id: int
    columns: tuple[list[str], ...]


# --- What a query asks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alternative:
    """Tokens in a row; the last one as a beginning only where ``is_prefix``."""

    tokens: Tokens
    is_prefix: bool = False


Condition = tuple[tuple[Alternative, ...], ...]  # of each group, one alternative must be there


@dataclass(frozen=True)
class Level:
    """Conditions on the first so many columns, of which one must hold."""

    columns: int
    conditions: tuple[Condition, ...]


def levels(query: Query) -> list[Level]:
    """What puts a match before others, the best first; the last level is what makes a match at all.

    Each level takes in the one before: the whole query is a name; every word is one; every word occurs in names; in
    names and titles; anywhere.
    """
    everywhere: Condition = tuple(_alternatives(term, word) for word in query.wanted for term in word.terms)
    name: Condition = ((Alternative((text.whole(query.name),)),),)
    loose_name: Condition = ((Alternative((text.whole(query.name),)), Alternative((text.loose_whole(query.name),))),)
    each_a_name: Condition = tuple(_as_names(word) for word in query.wanted)
    return [
        Level(1, (name,)),
        Level(1, (loose_name, each_a_name)),
        *(Level(columns, (loose_name, everywhere)) for columns in (2, 3, 4)),
    ]


def excluded(query: Query) -> Level | None:
    """What no match may contain, anywhere."""
    words = query.excluded
    return (
        Level(len(COLUMNS), tuple(tuple(_alternatives(term, word) for term in word.terms) for word in words))
        if (words)
        else None
    )


def _as_names(word: Word) -> tuple[Alternative, ...]:
    return Alternative((text.whole(word.typed),)), Alternative((text.loose_whole(word.typed),))


def _alternatives(term: Term, word: Word) -> tuple[Alternative, ...]:
    plain = Alternative(term.tokens, term.is_prefix)
    if not term.loose or word.is_phrase:
        return (plain,)
    # A loose form that only lost its ending is no beginning of a longer word: “ports” is not Portland.
    is_prefix = term.is_prefix and not term.tokens[0].startswith(term.loose)
    same = Alternative((term.loose,), is_prefix)
    marked = Alternative((term.loose_token,), is_prefix)
    return (plain, marked) if term.loose == term.tokens[0] else (plain, same, marked)


# --- What the index holds --------------------------------------------------------------------------------------------

# Words that people use for the kinds of records, whatever their titles say.
EVERY_PARTNERSHIP = "partnership cooperation japan japanese united states us usa american 日本 アメリカ 米国 日米 連携"
PARTNERSHIP_WORDS = {
    Partnership.Kind.SISTER: "sister city cities state states tie 姉妹都市 姉妹提携 姉妹州 姉妹県 姉妹友好都市",
    Partnership.Kind.FRIENDSHIP: "friendship city cities tie agreement 友好都市 友好提携 友好交流 姉妹友好都市",
    Partnership.Kind.MEMORANDUM: "memorandum of understanding cooperation agreement mou moc 覚書 協定 合意書",
    Partnership.Kind.PROGRAMME: "programme 事業 プログラム",
    Partnership.Kind.PROJECT: "project 事業 プロジェクト",
    Partnership.Kind.RESEARCH: "research study 研究 共同研究",
    Partnership.Kind.EXCHANGE: "exchange 交流",
    Partnership.Kind.NETWORK: "network ネットワーク",
    Partnership.Kind.EVENT: "event conference イベント 行事 会議",
}
ACTOR_WORDS = {
    Actor.Kind.STATE: "state 州",
    Actor.Kind.TERRITORY: "territory 準州",
    Actor.Kind.PREFECTURE: "prefecture 都道府県",
    Actor.Kind.COUNTY: "county 郡",
    Actor.Kind.CITY: "city 市",
    Actor.Kind.SPECIAL_WARD: "ward city 区 特別区",
    Actor.Kind.TOWN: "town 町",
    Actor.Kind.TOWNSHIP: "township 町",
    Actor.Kind.BOROUGH: "borough 区",
    Actor.Kind.VILLAGE: "village 村",
    Actor.Kind.PORT: "port harbour 港",
    Actor.Kind.UNIVERSITY: "university college 大学",
    Actor.Kind.AGENCY: "agency 機関",
    Actor.Kind.ASSOCIATION: "association 協会 団体",
    Actor.Kind.COMPANY: "company 企業 会社",
    Actor.Kind.CONSULATE: "consulate 領事館",
    Actor.Kind.NATIONAL_GOVERNMENT: "national government 国 政府",
}
# What people type for something that a text may call by another name: the words to add, where one of these occurs.
OTHER_WORDS = {
    "EV": ("electric vehicle", "electric car", "電気自動車"),
    "AI": ("artificial intelligence", "人工知能"),
    "CLT": ("cross-laminated timber", "cross laminated timber", "直交集成板"),
    "LNG": ("liquefied natural gas", "liquified natural gas", "液化天然ガス"),
    "SMR": ("small modular reactor", "小型モジュール炉"),
    "NPO": ("non-profit", "nonprofit", "非営利"),
    "MOU": ("memorandum of understanding", "memoranda of understanding"),
    "startup start up": ("start-up", "startup", "スタートアップ"),
}
_OTHER_WORDS = [(words, [text.fold(spelling) for spelling in spellings]) for words, spellings in OTHER_WORDS.items()]

# How Japanese names end: in kanji, in kana, in Latin letters.
JAPANESE_ENDINGS = {
    Actor.Kind.CITY: ("市", ("し",), ("shi",)),
    Actor.Kind.TOWN: ("町", ("ちょう", "まち"), ("cho", "machi")),
    Actor.Kind.VILLAGE: ("村", ("むら", "そん"), ("mura", "son")),
    Actor.Kind.SPECIAL_WARD: ("区", ("く",), ("ku",)),
    Actor.Kind.PREFECTURE: ("県府都", ("けん", "ふ", "と"), ("ken", "fu", "to")),
}
NO_ENDINGS: tuple[str, tuple[str, ...], tuple[str, ...]] = ("", (), ())
# What English puts before or behind the bare name; and how Japanese writes American names.
ENGLISH_FORMS = {
    Actor.Kind.STATE: ("{} State", "State of {}"),
    Actor.Kind.PREFECTURE: ("{} Prefecture",),
    Actor.Kind.COUNTY: ("{} County",),
    Actor.Kind.CITY: ("{} City", "City of {}"),
    Actor.Kind.SPECIAL_WARD: ("{} City", "{} Ward"),
    Actor.Kind.TOWN: ("{} Town", "Town of {}"),
    Actor.Kind.TOWNSHIP: ("{} Township",),
    Actor.Kind.VILLAGE: ("{} Village", "Village of {}"),
}
AMERICAN_ENDINGS = {Actor.Kind.STATE: "州", Actor.Kind.COUNTY: "郡", Actor.Kind.CITY: "市"}
BARE_KINDS = {Actor.Kind.PREFECTURE, Actor.Kind.COUNTY, Actor.Kind.TOWNSHIP}


def whole_names(kind: str, country: str, names: Iterable[str]) -> list[str]:
    """Every form of an actor's names that somebody may type for the whole of it."""
    found: dict[str, None] = {}
    for name in filter(None, names):
        before, bracket, within = name.partition(" (")
        for form in dict.fromkeys([name, before, within.rstrip(")")] if bracket else [name]):
            found[form] = None
            if text.is_japanese(text.fold(form)):
                found.update(dict.fromkeys(_japanese_forms(form, Actor.Kind(kind), country)))
            elif form.isascii():
                found.update(dict.fromkeys(_latin_forms(form, Actor.Kind(kind), country)))
    return list(found)


def _japanese_forms(name: str, kind: Actor.Kind, country: str) -> Iterator[str]:
    if country == Country.US:
        if end := AMERICAN_ENDINGS.get(kind):
            yield name.removesuffix(end) if name.endswith(end) else name + end
        return
    kanji, kana, _latin = JAPANESE_ENDINGS.get(kind, NO_ENDINGS)
    for end in (*kanji, *kana):
        if name.endswith(end) and name != end:
            yield name.removesuffix(end)


def _latin_forms(name: str, kind: Actor.Kind, country: str) -> Iterator[str]:
    forms = ENGLISH_FORMS.get(kind, ())
    bare = next((name.removesuffix(form[2:]) for form in forms if form[:2] == "{}" and name.endswith(form[2:])), name)
    # The city of Kansas City is not Kansas, but the county of King County is King.
    if bare == name or kind in BARE_KINDS:
        yield bare
        yield from (form.format(bare) for form in forms)
        if country == Country.JP:
            yield from (f"{bare} {end}" for end in JAPANESE_ENDINGS.get(kind, NO_ENDINGS)[2])


def _exact(names: Iterable[str]) -> list[str]:
    telling = [name for name in names if text.pieces(name)]  # and not signs only
    return list(dict.fromkeys(token for name in telling for token in (text.whole(name), text.loose_whole(name))))


@dataclass(frozen=True)
class _Actor:
    """What other records hold of an actor."""

    names: list[str]
    exact: list[str]
    region: int | None


class Documents:
    """Makes entries; one instance remembers the actors it has met."""

    def __init__(self) -> None:
        self._actors: dict[int, _Actor] = {}

    def entries(self, kind: str, ids: list[int]) -> list[Entry]:
        """The entries of these records; of a record that is no longer there, none."""
        return {"partnership": self._partnerships, "actor": self._all_actors, "source": self._sources}[kind](ids)

    @cached_property
    def _themes(self) -> dict[int, list[str]]:
        return {theme.pk: [theme.name, theme.name_ja] for theme in Theme.objects.all()}

    def _known(self, ids: set[int]) -> dict[int, _Actor]:
        """The actors with these ids, and their regions."""
        missing = list(ids - self._actors.keys())
        for start in range(0, len(missing), 1000):
            self._meet(missing[start : start + 1000])
        regions = {self._actors[pk].region for pk in ids} - {None} - self._actors.keys()
        if regions:
            self._known({pk for pk in regions if pk})
        return self._actors

    def _meet(self, ids: list[int]) -> None:
        others = _grouped(ActorName.objects.filter(actor__in=ids).order_by("pk").values_list("actor", "name"))
        fields = ("pk", "kind", "country", "region", "name", "name_ja", "name_kana")
        for pk, kind, country, region, *names in Actor.objects.filter(pk__in=ids).values_list(*fields):
            every = [*filter(None, names), *others[pk]]
            self._actors[pk] = _Actor(every, _exact(whole_names(kind, country, every)), region)

    def _partnerships(self, ids: list[int]) -> list[Entry]:
        parts = _grouped(
            Participation.objects.filter(partnership__in=ids)
            .order_by("position", "pk")
            .values_list("partnership", "actor")
        )
        known = self._known({actor for actors in parts.values() for actor in actors})
        themes = _grouped(
            PartnershipTheme.objects.filter(partnership__in=ids).order_by("pk").values_list("partnership", "theme")
        )
        outcomes = _grouped(
            Outcome.objects.filter(partnership__in=ids)
            .order_by("position", "pk")
            .values_list("partnership", "statement"),
            Outcome.objects.filter(partnership__in=ids)
            .order_by("position", "pk")
            .values_list("partnership", "statement_ja"),
        )
        titles = ["title", "title_ja"]
        fields = ("summary", "problem", "approach", "preconditions", "how_to_replicate")
        texts = [name for field in fields for name in (field, f"{field}_ja")]
        entries = []
        for pk, kind, *values in Partnership.objects.filter(pk__in=ids).values_list(
            "pk", "kind", *titles, *texts, "slug"
        ):
            actors = [known[actor] for actor in parts[pk]]
            regions = [known[region] for region in dict.fromkeys(actor.region for actor in actors) if region]
            theme_names = [name for theme in themes[pk] for name in self._themes[theme]]
            own_titles, own_texts = values[: len(titles)], [*values[len(titles) :], *outcomes[pk]]
            entries.append(
                _entry(
                    pk,
                    [*_exact(filter(None, own_titles)), *(token for actor in actors for token in actor.exact)],
                    [name for actor in actors for name in actor.names],
                    own_titles,
                    [
                        *own_texts,
                        *(name for region in regions for name in region.names),
                        *theme_names,
                        *_other_words([*own_titles, *own_texts, *theme_names]),
                        PARTNERSHIP_WORDS[kind],
                        EVERY_PARTNERSHIP,
                    ],
                )
            )
        return entries

    def _all_actors(self, ids: list[int]) -> list[Entry]:
        known = self._known(set(Actor.objects.filter(pk__in=ids).values_list("pk", flat=True)))
        published = Q(publication=Publication.PUBLISHED)
        merged = _grouped(Actor.objects.filter(published, successor__in=ids).values_list("successor", "pk"))
        known = self._known({pk for merged_here in merged.values() for pk in merged_here}) if merged else known
        entries = []
        fields = ("pk", "kind", "country", "code", "wikidata_id", "slug")
        for pk, kind, country, *codes in Actor.objects.filter(pk__in=ids).values_list(*fields):
            own = known[pk]
            region = known[own.region].names if own.region and own.region != pk else []
            endings = JAPANESE_ENDINGS.get(kind, NO_ENDINGS)[2] if country == Country.JP else ()
            former = [name for predecessor in merged[pk] for name in known[predecessor].names]
            words = [ACTOR_WORDS.get(kind, ""), " ".join(endings)]
            entries.append(_entry(pk, own.exact, own.names, [], [*region, *former, *words, *codes]))
        return entries

    def _sources(self, ids: list[int]) -> list[Entry]:
        rows = Source.objects.filter(pk__in=ids).values_list("pk", "title", "publisher", "url", "slug")
        return [_entry(pk, _exact([title]), [title], [publisher], others) for pk, title, publisher, *others in rows]


def shown_names(kind: str, ids: list[int]) -> list[str]:
    """Names and titles in Latin letters as these records show them, with those of their themes and regions."""
    match kind:
        case "actor":
            return list(Actor.objects.filter(pk__in=ids).values_list("name", flat=True))
        case "source":
            return [name for row in Source.objects.filter(pk__in=ids).values_list("title", "publisher") for name in row]
    parts = Participation.objects.filter(partnership__in=ids)
    themes = PartnershipTheme.objects.filter(partnership__in=ids)
    return [
        *Partnership.objects.filter(pk__in=ids).values_list("title", flat=True),
        *parts.values_list("actor__name", flat=True),
        *parts.exclude(actor__region=None).values_list("actor__region__name", flat=True),
        *themes.values_list("theme__name", flat=True),
    ]


def _entry(pk: int, exact: Iterable[str], *columns: Iterable[str]) -> Entry:
    others = (text.tokens(dict.fromkeys(filter(None, texts))) for texts in columns)
    return Entry(pk, (list(dict.fromkeys(exact)), *others))


def _other_words(texts: Iterable[str]) -> list[str]:
    folded = "\n".join(text.fold(each) for each in texts)
    return [words for words, spellings in _OTHER_WORDS if any(spelling in folded for spelling in spellings)]


def _grouped(*rows: Iterable[tuple[Any, ...]]) -> defaultdict[int, list[Any]]:
    groups: defaultdict[int, list[Any]] = defaultdict(list)
    for part in rows:
        for key, value in part:
            groups[key].append(value)
    return groups
