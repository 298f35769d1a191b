"""Who and what a cell names: places, themes and sources by address, by name in either language, by URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rapidfuzz import process

from partnerships.models import Actor, ActorName, Country, Source, Theme
from partnerships.package.cells import URL
from partnerships.package.tables import TABLE
from partnerships.search.index import whole_names
from partnerships.services.records import RecordState

from .reading import folded
from .values import CellError, canonical

MOST_TOLD = 6  # places of one name
LONGEST_SLUG = 90


class Directory:
    """The records that cells may refer to, read once. ``in_file`` are the actors that the same file names."""

    def __init__(self, in_file: Iterable[tuple[str, str, str]] = (), made: Iterable[RecordState] = ()) -> None:
        self.in_file = list(in_file)
        self.made = {state.rows["sources"][0][3]: state for state in made}  # new sources by their URL

    # --- Places and organisations ---

    def country_of(self, actor: str) -> str:
        return self._countries.get(actor, "")

    @cached_property
    def _actors(self) -> list[tuple[str, ...]]:
        columns = ("slug", "kind", "country", "publication", "name", "name_ja", "region__name", "region__name_ja")
        rows = Actor.objects.order_by("slug").values_list(*columns, "region__code", "region__slug")
        return [tuple(value or "" for value in row) for row in rows]

    @cached_property
    def _countries(self) -> dict[str, str]:
        return {row[0]: row[2] for row in self._actors}

    @cached_property
    def published(self) -> set[str]:
        return {row[0] for row in self._actors if row[3] == "published"}

    @cached_property
    def _other_names(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for slug, name in ActorName.objects.values_list("actor__slug", "name"):
            found[slug].append(name)
        return found

    @cached_property
    def _by_name(self) -> dict[str, set[str]]:
        """Names as they stand, with or without the state or prefecture."""
        found: dict[str, set[str]] = defaultdict(set)
        for slug, _kind, _country, _state, name, name_ja, region, region_ja, code, region_slug in self._actors:
            for each in (name, name_ja, *self._other_names[slug]):
                for form in _with_region(each, region, region_ja, code) if slug != region_slug else (each,):
                    found[folded(form)].add(slug)
        for slug, *names in self.in_file:
            for name in names:
                found[folded(name)].add(slug)
        found.pop("", None)
        return found

    @cached_property
    def _by_other_form(self) -> dict[str, set[str]]:
        """“City of Seattle”, 神戸 without its 市."""
        found: dict[str, set[str]] = defaultdict(set)
        for slug, kind, country, _state, name, name_ja, *_region in self._actors:
            for form in whole_names(kind, country, (name, name_ja)):
                found[folded(form)].add(slug)
        return found

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels = {}
        for slug, kind, _country, _state, name, name_ja, region, region_ja, _code, region_slug in self._actors:
            if get_language() == "ja":
                place = f"{region_ja}{name_ja or name}" if slug != region_slug else name_ja or name
            else:
                place = f"{name}, {region}" if region and slug != region_slug else name
            labels[slug] = _("%(place)s [%(slug)s] (%(kind)s)") % {
                "place": place,
                "slug": slug,
                "kind": Actor.Kind(kind).label,
            }
        return labels

    def actor(self, text: str, *, preferred: Collection[str] = (), country: str = "") -> str:
        """The address of the one that a text names; of several, the one that the record names already."""
        slug = text.strip().lower()
        if slug in self._countries or any(slug == other[0] for other in self.in_file):
            found = {slug}
        else:
            found = self._by_name.get(folded(text)) or self._by_other_form.get(folded(text)) or set()
        if len(found) > 1 and country:
            found = {slug for slug in found if self.country_of(slug) == country} or found
        chosen = found & set(preferred)
        if len(chosen) == 1:
            found = chosen
        if not found:
            raise CellError(self._unknown(text))
        if len(found) > 1:
            raise CellError(self._ambiguous(text, found))
        only = next(iter(found))
        if country and self.country_of(only) and self.country_of(only) != country:
            raise CellError(
                _("“%(name)s” lies in the other country: %(country)s.")
                % {"name": text, "country": Country(self.country_of(only)).label}
            )
        return only

    def _ambiguous(self, text: str, found: set[str]) -> str:
        labels = sorted(self._labels.get(slug, slug) for slug in found)
        told = _("“%(name)s” is the name of %(count)d: %(places)s.") % {
            "name": text,
            "count": len(found),
            "places": "; ".join(labels[:MOST_TOLD]) + ("; …" if len(labels) > MOST_TOLD else ""),
        }
        return told + " " + _("Write the state or prefecture with it, or the address in brackets.")

    def _unknown(self, text: str) -> str:
        near = process.extract(folded(text), self._known_names, limit=3, score_cutoff=85) if len(text) < 100 else []
        slugs = list(dict.fromkeys(slug for name, _score, _place in near for slug in self._by_name[name]))
        told = _("“%(name)s” is no place or organisation of the directory.") % {"name": text}
        if slugs:
            return (
                told
                + " "
                + _("Perhaps: %(places)s.") % {"places": "; ".join(self._labels.get(slug, slug) for slug in slugs[:3])}
            )
        return told + " " + _("Import it first, as a place or organisation.")

    @cached_property
    def _known_names(self) -> list[str]:
        return list(self._by_name)

    # --- Themes ---

    @cached_property
    def _themes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for slug, *names in Theme.objects.values_list("slug", "name", "name_ja"):
            found |= {folded(word): slug for word in (slug, *names) if word}
        return found

    def theme(self, text: str) -> str:
        try:
            return self._themes[folded(text)]
        except KeyError:
            raise CellError(
                _("“%(theme)s” is no theme. There are: %(themes)s.")
                % {"theme": text, "themes": ", ".join(dict.fromkeys(self._themes.values()))}
            ) from None

    # --- Sources ---

    @cached_property
    def _sources(self) -> dict[str, str]:
        """Their URLs by address."""
        return dict(Source.objects.values_list("slug", "url"))

    @cached_property
    def _by_url(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for slug, url in sorted(self._sources.items()):
            found[_bare(url)].append(slug)
        return found

    def url_of(self, source: str) -> str:
        return self._sources.get(source, "")

    def sources_with(self, url: str) -> list[str]:
        return self._by_url.get(_bare(url), [])

    def source(self, text: str, *, preferred: Collection[str] = ()) -> list[str]:
        """The address of the source that a text names; those of several of one URL, where the record has them."""
        if text in self._sources:
            return [text]
        url, *told = (part.strip() for part in text.split("|"))
        if not url.lower().startswith(("http://", "https://")):
            raise CellError(_("“%(source)s” is neither the address of a source here nor a URL.") % {"source": text})
        found = self.sources_with(url)
        if chosen := [slug for slug in found if slug in preferred]:
            return chosen
        if len(found) > 1:
            raise CellError(
                _("Several sources have this URL: %(sources)s. Write the address of the one meant.")
                % {"sources": ", ".join(found)}
            )
        if not found and url in self.made:
            return [self.made[url].slug]
        return found or [self._new_source(url, told)]

    def _new_source(self, url: str, told: list[str]) -> str:
        if len(told) != 3 or not all(told):
            raise CellError(
                _(
                    "“%(url)s” is no source of the directory. Write it as URL | title | kind | language, or "
                    "import it first."
                )
                % {"url": url}
            )
        table = TABLE["sources"]
        title, kind, language = (
            canonical(table, table.column(name), text)
            for name, text in zip(("title", "kind", "language"), told, strict=True)
        )
        slug = self._free_slug(slugify(title) or "source")
        row = dict.fromkeys(table.column_names, "") | {
            "slug": slug,
            "title": title,
            "url": canonical(table, table.column("url"), url),
            "kind": kind,
            "language": language,
        }
        state = RecordState("sources", slug)
        state.rows["sources"] = [tuple(row.values())]
        self.made[URL.render(url)] = state
        return slug

    def _free_slug(self, wanted: str) -> str:
        taken = self._sources.keys() | {state.slug for state in self.made.values()}
        base = slug = wanted[:LONGEST_SLUG].strip("-")
        number = 2
        while slug in taken:
            slug = f"{base}-{number}"
            number += 1
        return slug


def _with_region(name: str, region: str, region_ja: str, code: str) -> Iterator[str]:
    if not name:
        return
    yield name
    if region:
        yield f"{name}, {region}"
        yield f"{name}, {region.removesuffix(' Prefecture')}"
        if code.startswith("US-"):
            yield f"{name}, {code[3:]}"
    if region_ja:
        yield f"{region_ja}{name}"


def _bare(url: str) -> str:
    """An address without what makes no difference: its scheme, and a slash at its end."""
    return url.partition("://")[2].rstrip("/")
