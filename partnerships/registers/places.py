"""Which places a name means, as a register writes it: with or without its kind, its state or prefecture, either way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import override

from partnerships import text
from partnerships.models import Actor, ActorName, Country
from partnerships.search.index import whole_names
from partnerships.wording import full_name

# The usual short forms of states beside the two letters of their code.
ABBREVIATIONS = {
    "US-AL": "ala",
    "US-AZ": "ariz",
    "US-AR": "ark",
    "US-CA": "calif cal",
    "US-CO": "colo",
    "US-CT": "conn",
    "US-DE": "del",
    "US-FL": "fla",
    "US-IL": "ill",
    "US-IN": "ind",
    "US-KS": "kan kans",
    "US-MA": "mass",
    "US-MI": "mich",
    "US-MN": "minn",
    "US-MS": "miss",
    "US-MT": "mont",
    "US-NE": "neb nebr",
    "US-NV": "nev",
    "US-OK": "okla",
    "US-OR": "ore",
    "US-PA": "penn",
    "US-TN": "tenn",
    "US-TX": "tex",
    "US-WA": "wash",
    "US-WV": "wva",
    "US-WI": "wis wisc",
    "US-WY": "wyo",
}
COUNTRY_NAMES = {
    Country.US: (
        "us",
        "usa",
        "america",
        "united states",
        "united states of america",
        "アメリカ",
        "アメリカ合衆国",
        "米国",
    ),
    Country.JP: ("jp", "jpn", "japan", "日本", "日本国"),
}
_COUNTRIES = {text.whole(name): country for country, names in COUNTRY_NAMES.items() for name in names}
_SEPARATORS = re.compile(r"\s*[,()\[\]/、;|]\s*")
_JAPANESE = re.compile(r"[ぁ-ヿ㐀-鿿]")
_REGION_ENDS = re.compile(r"[都道府県州]")
_DISTRICT_FIRST = re.compile(r".{1,8}?郡[\s・]*(?P<rest>\S.*)")
# What kind of place a name says that it is of.
_KIND_WORDS = {
    "city": Actor.Kind.CITY,
    "town": Actor.Kind.TOWN,
    "township": Actor.Kind.TOWNSHIP,
    "village": Actor.Kind.VILLAGE,
    "county": Actor.Kind.COUNTY,
    "borough": Actor.Kind.BOROUGH,
    "ward": Actor.Kind.SPECIAL_WARD,
    "state": Actor.Kind.STATE,
    "prefecture": Actor.Kind.PREFECTURE,
}
_KIND_IN_FRONT = re.compile(
    r"^(?:the\s+)?(?P<word>city(?:\s+and\s+county)?|town|township|village|county|borough|municipality|state|prefecture)"
    r"\s+of\s+"
)
_KIND_BEHIND = re.compile(
    r"[\s-]+(?P<word>city|town|township|village|county|borough|ward|municipality|metropolis|state|prefecture)$"
    r"|[\s-]+(?:shi|si|machi|mati|cho|chou|tyo|mura|son|ku|ken|to|fu|hu|gun)$"
    r"|(?<=..)(?:市|町|村|区|県|府|都|州|郡|市郡)$"
)


@dataclass(frozen=True)
class Place:
    """A place with what is needed of it here; ``label`` in English and in Japanese."""

    pk: int
    slug: str
    kind: str
    country: str
    region: int | None
    successor: int | None
    dissolved_on: str
    label: tuple[str, str]


@dataclass(frozen=True)
class Sense:
    """One place that a written name can mean, and by which of its names."""

    place: Place
    name: str
    by: str  # “name”, or the kind of another name
    is_loose: bool = False  # the spelling, or the kind of place, is another one


@dataclass
class Found:
    """What a written name can mean; without senses, it is not known, or not where the register puts it."""

    written: str
    senses: list[Sense] = field(default_factory=list)
    elsewhere: list[Sense] = field(default_factory=list)  # of this name, but in another state or prefecture

    def __bool__(self) -> bool:
        return bool(self.senses)


@dataclass(frozen=True)
class _Reading:
    """One way to take a written name apart."""

    main: str
    regions: frozenset[int] = frozenset()
    countries: frozenset[str] = frozenset()


class Places:
    """All places by all of their names; read once, asked for each entry."""

    def __init__(self, taking_part: set[int]) -> None:
        kinds = (*Actor.REGION_KINDS, *Actor.MUNICIPAL_KINDS)
        fields = ("slug", "name", "name_ja", "name_kana", "kind", "country", "code", "wikidata_id", "dissolved_on")
        rows = Actor.objects.select_related("region").only(
            *fields, "successor", "region__name", "region__name_ja", "region__kind", "region__country"
        )
        others: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for pk, name, kind in ActorName.objects.order_by("pk").values_list("actor", "name", "kind"):
            others[pk].append((name, kind))
        self._actors: dict[int, Actor] = {}
        self._known: dict[int, Place] = {}
        self._names: defaultdict[tuple[str, str], dict[int, tuple[str, str]]] = defaultdict(dict)
        self._regions: defaultdict[str, set[int]] = defaultdict(set)
        self._predecessors: defaultdict[int, list[int]] = defaultdict(list)
        self._relatives: dict[int, tuple[int, ...]] = {}
        for actor in rows.order_by("slug"):
            if actor.kind not in kinds and actor.pk not in taking_part:
                continue
            self._actors[actor.pk] = actor
            if actor.successor_id:
                self._predecessors[actor.successor_id].append(actor.pk)
            own = [(name, "name") for name in (actor.name, actor.name_ja, actor.name_kana, actor.wikidata_id) if name]
            for name, by in [*own, *others[actor.pk]]:
                self._enter(actor, name, by)

    def _enter(self, actor: Actor, name: str, by: str) -> None:
        is_region = actor.kind in Actor.REGION_KINDS
        for form in whole_names(actor.kind, actor.country, [name]):
            if not (key := text.whole(form)):
                continue
            for each in (key, text.loose_whole(form)):
                self._names[actor.country, each].setdefault(actor.pk, (name, by))
            if is_region:
                self._regions[key].add(actor.pk)
        if is_region and by == "name" and actor.country == Country.US:
            self._regions[text.whole(actor.code[3:])].add(actor.pk)
            for short in ABBREVIATIONS.get(actor.code, "").split():
                self._regions[short].add(actor.pk)

    def place(self, pk: int) -> Place:
        if pk not in self._known:
            actor = self._actors[pk]
            labels = []
            for language in ("en", "ja"):
                with override(language):
                    labels.append(full_name(actor))
            self._known[pk] = Place(
                pk=pk,
                slug=actor.slug,
                kind=actor.kind,
                country=actor.country,
                region=actor.region_id,
                successor=actor.successor_id,
                dissolved_on=str(actor.dissolved_on or ""),
                label=(labels[0], labels[1]),
            )
        return self._known[pk]

    def is_place(self, pk: int) -> bool:
        return pk in self._actors

    def relatives(self, pk: int) -> tuple[int, ...]:
        """The place itself, what it became by mergers, and what merged into it; itself first."""
        if pk not in self._relatives:
            found = {pk: None}
            step = self._actors[pk].successor_id
            while step and step not in found and step in self._actors:
                found[step] = None
                step = self._actors[step].successor_id
            before = [pk]
            while before:
                earlier = [each for each in self._predecessors[before.pop()] if each not in found]
                found.update(dict.fromkeys(earlier))
                before += earlier
            self._relatives[pk] = tuple(found)
        return self._relatives[pk]

    def look_up(self, written: str, country: str) -> Found:
        """What a name written by a register can mean on one shore."""
        found = Found(written)
        readings = list(self._readings(written))
        for attempt in (_as_written, _without_kind):
            for key_of in (text.whole, text.loose_whole):
                for reading in readings:
                    for main, word in attempt(reading.main):
                        is_loose = attempt is _without_kind or key_of is text.loose_whole
                        named = self._named(country, key_of(main), is_loose)
                        fitting = _narrowed(
                            [sense for sense in named if self._fits(sense.place, reading)], reading, word
                        )
                        if fitting:
                            found.senses = fitting
                            return found
                        found.elsewhere = found.elsewhere or named
        return found

    def _named(self, country: str, key: str, is_loose: bool) -> list[Sense]:
        named = self._names.get((country, key), {})
        return [Sense(self.place(pk), name, by, is_loose) for pk, (name, by) in named.items()]

    @staticmethod
    def _fits(place: Place, reading: _Reading) -> bool:
        return (not reading.regions or place.region in reading.regions) and (
            not reading.countries or place.country in reading.countries
        )

    def _readings(self, written: str) -> Iterator[_Reading]:
        """The ways to take a name apart, the plainest first; each once."""
        seen: set[_Reading] = set()
        for reading in self._all_readings(text.fold(written)):
            if reading.main and reading not in seen:
                seen.add(reading)
                yield reading

    def _all_readings(self, folded: str) -> Iterator[_Reading]:
        yield _Reading(folded.strip())
        parts = [part for part in _SEPARATORS.split(folded) if part]
        if len(parts) > 1:
            for place, part in enumerate(parts):
                others = [*parts[:place], *parts[place + 1 :]]
                if place and not self._may_stand_behind(part, others):
                    continue
                plain = self._qualified(part, others)
                yield plain
                yield from self._with_region_in_front(plain)
                yield from self._with_region_behind(plain)
        elif parts:
            yield from self._with_region_in_front(_Reading(parts[0]))
            yield from self._with_region_behind(_Reading(parts[0]))

    def _may_stand_behind(self, part: str, others: list[str]) -> bool:
        """Whether a part after the first can be the place: “Hokkaido, Sapporo”, but not the state of an unknown town.

        What is before it must be regions and countries, or the same name in the other script.
        """
        understood = [text.whole(other) in self._regions or text.whole(other) in _COUNTRIES for other in others]
        if all(understood):
            return True
        is_other_script = len({bool(_JAPANESE.search(written)) for written in (part, *others)}) > 1
        return is_other_script and text.whole(part) not in self._regions

    def _qualified(self, main: str, others: Iterable[str]) -> _Reading:
        """With what else is written, where that is a region or a country; a district or a reading is passed over."""
        regions: set[int] = set()
        countries: set[str] = set()
        for other in others:
            key = text.whole(other)
            if country := _COUNTRIES.get(key):
                countries.add(country)
            elif key in self._regions:
                regions |= self._regions[key]
        return _Reading(main, frozenset(regions), frozenset(countries))

    def _with_region_in_front(self, reading: _Reading) -> Iterator[_Reading]:
        """“北海道札幌市”, “兵庫県美方郡香美町”, “オレゴン州ポートランド市”."""
        rests = [reading]
        # “京都府京都市”: not every sign that may end the name of a region does so.
        for end in _REGION_ENDS.finditer(reading.main):
            regions = self._regions.get(text.whole(reading.main[: end.end()]))
            if regions and (rest := reading.main[end.end() :].strip(" ・")):
                rests.append(_Reading(rest, reading.regions | regions, reading.countries))
        for found in rests:
            if found is not reading:
                yield found
            if match := _DISTRICT_FIRST.fullmatch(found.main):
                yield _Reading(match["rest"], found.regions, found.countries)

    def _with_region_behind(self, reading: _Reading) -> Iterator[_Reading]:
        """“Portland Oregon”, “Winston-Salem NC”, “Kobe Japan”."""
        words = reading.main.split()
        for count in (1, 2):
            if len(words) > count and not text.is_japanese("".join(text.pieces(words[-1])) or " "):
                qualified = self._qualified(" ".join(words[:-count]), [" ".join(words[-count:])])
                if qualified.regions or qualified.countries:
                    yield _Reading(
                        qualified.main,
                        qualified.regions | reading.regions,
                        qualified.countries | reading.countries,
                    )


def _as_written(main: str) -> Iterator[tuple[str, str]]:
    yield main, ""


def _without_kind(main: str) -> Iterator[tuple[str, str]]:
    """“City of Traverse City” is Traverse City before it is Traverse; with the word that was taken off."""
    for kinds in ([_KIND_IN_FRONT], [_KIND_BEHIND], [_KIND_IN_FRONT, _KIND_BEHIND]):
        bare, words = main, ""
        for kind in kinds:
            if match := kind.search(bare):
                bare, words = kind.sub("", bare).strip(), words or match["word"] or ""
        if bare and bare != main:
            yield bare, words


def _narrowed(senses: list[Sense], reading: _Reading, word: str) -> list[Sense]:
    """Of several places: “Osaka, Osaka” is the city, and “County of Hawaii” is not the state."""
    if len(senses) > 1 and reading.regions:
        senses = [sense for sense in senses if sense.place.pk not in reading.regions] or senses
    kind = _KIND_WORDS.get(word)
    return [sense for sense in senses if sense.place.kind == kind] or senses
