"""A page read as a browser reads it: its elements, their attributes and texts, the language each text is in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.utils.html import VOID_ELEMENTS

from partnerships import after_paint


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    around: Element | None
    pieces: list[str] = field(default_factory=list)
    own_pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    @property
    def language(self) -> str:
        """The ``lang`` of the element itself or of the nearest one around it that says so."""
        step: Element | None = self
        while step is not None:
            if "lang" in step.attributes:
                return step.attributes["lang"]
            step = step.around
        return ""

    def is_in(self, tag: str) -> bool:
        step = self.around
        while step is not None and step.tag != tag:
            step = step.around
        return step is not None


class Page(HTMLParser):
    """The elements of a response in document order; an element that is closed wrongly is an error."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(response.content.decode())
        self.close()
        assert not self._open, f"never closed: {self._open[-1].tag}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attributes]
        assert len(names) == len(set(names)), f"an attribute given twice on {tag}: {names}"
        given = {name: value or "" for name, value in attributes}
        element = Element(tag, given, self._open[-1] if self._open else None)
        self.elements.append(element)
        if tag not in VOID_ELEMENTS:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        opened = self._open.pop().tag if self._open else "nothing"
        assert opened == tag, f"</{tag}> closes {opened}"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag == "script":  # no text of the page
            self._open[-1].pieces.append(data)
            return
        for element in self._open:
            element.pieces.append(data)
        if self._open:
            self._open[-1].own_pieces.append(data)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements with this tag and these attributes; ``class_`` stands for ``class`` and matches one of several."""
        kind = attributes.pop("class_", "")
        return [
            element
            for element in self.elements
            if element.tag == tag
            and attributes.items() <= element.attributes.items()
            and (not kind or kind in element.attributes.get("class", "").split())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × {tag} {attributes}"
        return found[0]

    def texts(self, tag: str, **attributes: str) -> list[str]:
        return [element.text for element in self.all(tag, **attributes)]

    def links(self) -> dict[str, str]:
        """The addresses that the page links to, with the text of the first link to each."""
        addresses: dict[str, str] = {}
        for link in self.all("a"):
            addresses.setdefault(link.attributes.get("href", ""), link.text)
        return addresses

    def has_only_our_scripts(self) -> bool:
        """Whether the page asks browsers to execute our own files and nothing else; data blocks are not executed."""
        scripts = [script for script in self.all("script") if script.attributes.get("type") != "application/ld+json"]
        names = " ".join(script.attributes["data-scripts"] for script in scripts if "data-scripts" in script.attributes)
        return all("".join(script.pieces) == after_paint.SCRIPT for script in scripts) and all(
            name.startswith("/static/") for name in names.split()
        )

    def linked_data(self, kind: str) -> dict[str, Any]:
        """What the page tells machines of this type of schema.org; exactly one of it."""
        blocks = [json.loads("".join(block.pieces)) for block in self.all("script", type="application/ld+json")]
        found = [block for block in blocks if block["@type"] == kind]
        assert len(found) == 1, f"{len(found)} × {kind}, of {[block['@type'] for block in blocks]}"
        return found[0]

    def languages_of(self, text: str) -> set[str]:
        """The languages in which a text stands on the page, as its markup says."""
        return {element.language for element in self.elements if text in "".join(element.own_pieces)}

    @property
    def text(self) -> str:
        return self.elements[0].text
