"""Briefings: a page to print, a file to keep, and the form for choosing whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe
from markupsafe import Markup

from partnerships.briefings import Briefing, Fact
from partnerships.http import public_page
from partnerships.templating import macros

from .briefing_request import BriefingRequest
from .listing import at_one_address

STYLES = Path(__file__).resolve().parent.parent / "static/partnerships/css"
STYLES_OF_A_FILE = ("tokens", "base", "layout", "components", "sources", "brief", "brief-print")


@dataclass(frozen=True)
class Row:
    """A fact with its number in its section, and what it says by language."""

    number: str
    is_head: bool
    cells: list[tuple[str, Markup]]


@dataclass(frozen=True)
class Table:
    """A section as it is shown."""

    number: int
    key: str
    titles: list[tuple[str, str]]
    groups: list[list[Row]]


@require_safe
@public_page
@at_one_address
def brief(request: HttpRequest) -> HttpResponse:
    asked = BriefingRequest.of(request.GET)
    asked.check_address(request)
    if asked.actor is None or asked.is_unclear:
        return render(request, "brief/choose.html", {"asked": asked})
    briefing = Briefing.of(asked.actor, asked.other, asked.day, asked.own_address)
    context = {
        "asked": asked,
        "briefing": briefing,
        "preface": _preface(briefing, asked.languages),
        "tables": _tables(briefing, asked.languages),
        "of_sources": in_each(asked.languages, lambda: _("Sources")),
        "undated": in_each(asked.languages, lambda: _("date not known")),
        "read": in_each(asked.languages, lambda: _("read on")),
        "nothing_cited": in_each(asked.languages, lambda: _("No source is cited.")),
    }
    if asked.is_file:
        return _as_file(render(request, "brief/file.html", {**context, "styles": styles_of_a_file()}), asked)
    return render(request, "brief/detail.html", context)


def in_each(languages: list[str], say: Callable[[], Any]) -> list[tuple[str, Any]]:
    """What something says in each of these languages, with the language."""
    said = []
    for language in languages:
        with override(language):
            said.append((language, say()))
    return said


def _preface(briefing: Briefing, languages: list[str]) -> list[tuple[str, list[Markup]]]:
    return in_each(languages, lambda: _cells(briefing.preface))


def _cells(facts: list[Fact]) -> list[Markup]:
    """The facts in the active language."""
    cell = macros("brief/facts.html").cell
    return [cell(fact) for fact in facts]


def _tables(briefing: Briefing, languages: list[str]) -> list[Table]:
    """Each fact rendered in each language; a language's column comes as a whole, so that it is chosen only once."""
    groups = [group for section in briefing.sections for group in section.groups]
    facts = list(chain.from_iterable(groups))
    columns = in_each(languages, lambda: _cells(facts))
    titles = in_each(languages, lambda: [str(section.title) for section in briefing.sections])
    rendered = zip(*([(language, cell) for cell in cells] for language, cells in columns), strict=True)
    tables = []
    for place, section in enumerate(briefing.sections):
        numbers = iter(range(1, 1 + sum(map(len, section.groups))))
        rows = [
            [Row(f"{section.number}.{next(numbers)}", fact.is_head, list(next(rendered))) for fact in group]
            for group in section.groups
        ]
        named = [(language, of_sections[place]) for language, of_sections in titles]
        tables.append(Table(section.number, section.key, named, rows))
    return tables


@cache
def styles_of_a_file() -> Markup:
    """The stylesheets that a saved briefing carries in itself, so that it fetches nothing; a file has no policy."""
    styles = (STYLES / f"{name}.css" for name in STYLES_OF_A_FILE)
    return Markup("\n".join(style.read_text(encoding="utf-8") for style in styles))  # noqa: S704 (our own files)


def _as_file(response: HttpResponse, asked: BriefingRequest) -> HttpResponse:
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.file_name}"'
    return response
