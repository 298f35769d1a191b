"""The Japanese catalogue beside the sources: ``python tests/translations.py update|check``.

``update`` brings the .po in line with the texts in the sources and compiles the .mo; ``check`` says where they are
not in line. Babel does what makemessages and compilemessages would need GNU gettext for.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    "config/*.py",
    "partnerships/**/*.py",
    "partnerships/templates/**/*.html",
    "partnerships/templates/**/*.txt",
    "templates/**/*.html",
]
PO = Path("partnerships/locale/ja/LC_MESSAGES/django.po")

# Which arguments are texts, counted from 1; “c” marks a context.
ARGUMENTS: dict[str, Any] = {
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# How the pages' environment reads a template (partnerships/templating.py), as far as it shapes texts.
PAGES = {"newstyle_gettext": "true", "trimmed": "true", "lstrip_blocks": "true", "silent": "false"}
# %(name)s, %d, %%, and a lone % that formatting would trip over.
PLACEHOLDER = re.compile(r"%(?:%|\(\w+\)[a-z]|[a-z]|)")

Found = tuple[Any, str | None, list[str]]  # a text or a pair with its plural, its context, comments for translators


class Catalogue(Catalog):
    """A catalogue whose header holds nothing that changes by itself: no date, no version of a tool."""

    def __init__(self) -> None:
        super().__init__("ja", header_comment="# The directory in Japanese.", fuzzy=False)

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", "ja"),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


@dataclass(frozen=True)
class Text:
    """A text as the code looks it up; ``plural`` and ``context`` are empty where there is none."""

    singular: str
    plural: str = ""
    context: str = ""

    @classmethod
    def of(cls, message: Message) -> Text:
        singular, plural = (message.id, "") if isinstance(message.id, str) else message.id
        return cls(singular, plural, message.context or "")

    def __str__(self) -> str:
        return f"“{self.singular}”" + (f" ({self.context})" if self.context else "")


def extracted(root: Path) -> Catalogue:
    """Every text in the sources below ``root``, untranslated, each with the files it stands in."""
    catalogue = Catalogue()
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(root).as_posix()
        if path.suffix == ".py":
            texts = _in_python(source)
        else:
            texts = _in_page(source) if name.startswith("templates/") else _in_admin_template(source, name)
        for text, context, comments in texts:
            catalogue.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalogue


def _in_python(source: str) -> Iterator[Found]:
    tree = ast.parse(source)
    keywords = {"_": (1,), **ARGUMENTS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            known = [name for name in node.names if name.name in ARGUMENTS]
            keywords |= {name.asname or name.name: ARGUMENTS[name.name] for name in known}
    yield from _calls(source, keywords)
    # Whether the tokens within f-strings can be seen depends on the version of Python.
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            yield from _calls(ast.unparse(node.value), keywords)


def _in_page(source: str) -> Iterator[Found]:
    yield from _calls(source, {"_": (1,), **ARGUMENTS}, babel_extract, PAGES)


def _in_admin_template(source: str, name: str) -> Iterator[Found]:
    # Without indentation, which in a template means nothing and in Python would be an error.
    code = "\n".join(line.lstrip() for line in templatize(source, origin=name).split("\n"))
    yield from _calls(code, ARGUMENTS)
    # Constants, {{ _("…") }}: Django doubles their percent signs before it looks them up, templatize does not.
    for text, context, comments in _calls(code, {"_": (1,)}):
        yield text.replace("%", "%%"), context, comments


def _calls(code: str, keywords: dict[str, Any], method: Any = "python", options: Any = None) -> Iterator[Found]:
    for _line, text, comments, context in extract(method, BytesIO(code.encode()), keywords, ["Translators"], options):
        yield text, context, comments


def read(root: Path) -> Catalog:
    """The catalogue as it stands below ``root``; empty where there is none."""
    path = root / PO
    return read_po(BytesIO(path.read_bytes()), abort_invalid=True) if path.exists() else Catalogue()


def merged(wanted: Catalogue, held: Catalog) -> Catalogue:
    """The wanted texts with the translations already held; what is no longer wanted is dropped."""
    for message in messages(wanted):
        known = held.get(message.id, message.context)
        if known and Text.of(known) == Text.of(message):
            message.string = known.string
            message.flags |= known.flags & {"fuzzy"}
            message.user_comments = known.user_comments
    return wanted


def messages(catalogue: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalogue if message.id]


def _forms(message: Message) -> list[str]:
    """The translation, in each of its plural forms where it has them."""
    return [message.string or ""] if isinstance(message.string, str | None) else list(message.string)


def compiled(catalogue: Catalog) -> bytes:
    """The .mo of what is translated; Django shows everything else in English."""
    ready = Catalogue()
    for message in messages(catalogue):
        if all(_forms(message)) and not message.fuzzy:
            ready.add(message.id, message.string, context=message.context)
    file = BytesIO()
    write_mo(file, ready)
    return file.getvalue()


def write(root: Path, catalogue: Catalogue) -> None:
    """The .po and the .mo, in bytes that depend on nothing but the catalogue."""
    file = BytesIO()
    write_po(file, catalogue, width=0, sort_output=True, include_lineno=False)
    path = root / PO
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue().rstrip(b"\n") + b"\n")
    path.with_suffix(".mo").write_bytes(compiled(catalogue))


def update(root: Path) -> Catalogue:
    """Bring the catalogue in line with the sources, as far as that is possible without translating."""
    catalogue = merged(extracted(root), read(root))
    write(root, catalogue)
    return catalogue


def problems(root: Path) -> list[str]:
    """Everything in which the catalogue is not in line with the sources, or with itself; empty where all is well."""
    held = read(root)
    wanted = {Text.of(message): message for message in messages(extracted(root))}
    present = {Text.of(message): message for message in messages(held)}
    found = [
        f"missing: {text}, in {', '.join(sorted({name for name, _line in message.locations}))}"
        for text, message in wanted.items()
        if text not in present
    ]
    found += [f"obsolete: {text}" for text in present if text not in wanted]
    found += [f"obsolete: {Text.of(message)}" for message in held.obsolete.values()]
    for text, message in present.items():
        if not all(_forms(message)):
            found.append(f"untranslated: {text}")
        elif message.fuzzy:
            found.append(f"fuzzy: {text}")
        elif different := _misplaced(text, message):
            found.append(f"placeholders differ ({' '.join(different)}): {text}")
    mo = (root / PO).with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(held):
        found.append(f"{mo.relative_to(root)} is not what {PO.name} compiles to")
    return found


def _misplaced(text: Text, message: Message) -> list[str]:
    """The placeholders that stand only in the text or only in its translation."""
    expected = _placeholders(text.plural or text.singular)
    return sorted(set[str]().union(*(expected ^ _placeholders(form) for form in _forms(message))))


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text)) - {"%%"}


def main(arguments: list[str], root: Path = ROOT) -> str | None:
    """What to say on failure; None is success."""
    match arguments:
        case ["update"]:
            catalogue = messages(update(root))
            waiting = sum(not all(_forms(message)) for message in catalogue)
            sys.stdout.write(f"{len(catalogue)} texts, {waiting} to translate.\n")
            return None
        case ["check"]:
            if found := problems(root):
                return "\n".join(found)
            sys.stdout.write(f"OK: {len(read(root))} texts, all in Japanese.\n")
            return None
    return "usage: translations.py update|check"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
