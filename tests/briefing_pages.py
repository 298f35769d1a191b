"""A briefing's page read as its readers compare it: row by row, what each language's cell holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse

from .markup import Element, Page


@dataclass(frozen=True)
class Cell:
    """What one language says in a row: its text, and what must be the same in the other one."""

    language: str
    text: str
    words: str  # the same without the numbers of sources
    dates: tuple[str, ...]
    figures: tuple[str, ...]
    links: tuple[str, ...]  # without the language
    sources: tuple[str, ...]

    @property
    def structure(self) -> tuple[tuple[str, ...], ...]:
        return self.dates, self.figures, self.links, self.sources


@dataclass(frozen=True)
class Line:
    section: str
    number: str
    cells: list[Cell]


def without_language(address: str) -> str:
    home = settings.SITE_URL
    return address.replace(f"{home}/ja/", f"{home}/", 1)


def lines_of(response: HttpResponse) -> list[Line]:
    """The rows of all sections in their order."""
    page = Page(response)
    inside: dict[int, list[Element]] = defaultdict(list)
    for element in page.elements:
        step = element.around
        while step is not None:
            if step.tag in {"td", "tr", "table"}:
                inside[id(step)].append(element)
            step = step.around
    lines = []
    for table in page.all("table", class_="brief-table"):
        for row in (element for element in inside[id(table)] if element.tag == "tr" and element.is_in("tbody")):
            number = next(element.text for element in inside[id(row)] if element.tag == "th")
            cells = [_cell(element, inside[id(element)]) for element in inside[id(row)] if element.tag == "td"]
            lines.append(Line(table.attributes["id"], number, cells))
    return lines


def _cell(cell: Element, parts: list[Element]) -> Cell:
    links = [part.attributes["href"] for part in parts if part.tag == "a"]
    return Cell(
        language=cell.attributes["lang"],
        text=cell.text,
        words=cell.text.removesuffix("".join(part.text for part in parts if part.tag == "sup")),
        dates=tuple(part.attributes["datetime"] for part in parts if part.tag == "time"),
        figures=tuple(part.attributes["value"] for part in parts if part.tag == "data"),
        links=tuple(without_language(link) for link in links if not link.startswith("#")),
        sources=tuple(link for link in links if link.startswith("#source-")),
    )


def said(lines: list[Line], section: str, language: str = "en") -> list[str]:
    """What a section says in one language."""
    return [cell.text for line in lines if line.section == section for cell in line.cells if cell.language == language]
