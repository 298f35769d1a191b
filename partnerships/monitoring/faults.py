"""What is told of an exception: what went wrong and where, never what somebody typed or what a row says.

A message may repeat either: “invalid literal for int(): 'my name'”, “Key (email)=(…) already exists”. So only messages
of errors that speak of the program, the system or the tables are told, the last without what stands in quotes and is no
name of a table, a column or a rule. Of all others the type and the lines of the program have to do.
"""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Iterator

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as WrappedDatabaseError
from django.db.models import Index
from django.db.models.constraints import BaseConstraint

FRAMES = 50  # of one exception, the innermost
LONGEST = 300  # characters of a message

# As Python says it.
_CAUSED = "The above exception was the direct cause of the following exception:\n\n"
_DURING = "During handling of the above exception, another exception occurred:\n\n"

_OF_THE_PROGRAM = (AttributeError, NameError, ImportError, ImproperlyConfigured, RecursionError, MemoryError)
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'|“[^”]*”|„[^“]*“|«[^»]*»|»[^«]*«|`[^`]*`")
_UNFINISHED = re.compile("[\"'“„«»`].*")
_ADDRESS = re.compile(
    r"[^\s@]+@[^\s@]+|\b\d{1,3}(?:\.\d{1,3}){3}\b|[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*|(?:[0-9A-Fa-f]{1,4}:){4,}[0-9A-Fa-f:.]+"
)


def summary(error: BaseException) -> str:
    """``ProgrammingError: relation "partnerships_theme" does not exist``, in one line."""
    message = _message(error)
    return f"{name_of(error)}: {message}" if message else name_of(error)


def account(error: BaseException) -> str:
    """The whole traceback with all that led to it, the first cause first, in the form Python gives it."""
    told = []
    for each, connecting in _chain(error):
        if each.__traceback__:
            told += ["Traceback (most recent call last):\n", *traceback.format_tb(each.__traceback__, limit=-FRAMES)]
        told.append(f"{summary(each)}\n{connecting}")
    return "".join(told).rstrip("\n")


def chain(error: BaseException) -> list[BaseException]:
    """The exception and those that led to it, the first cause first."""
    return [each for each, _connecting in _chain(error)]


def place_of(error: BaseException) -> str:
    """File and line where it was raised."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    return f"{frames[0].filename}:{frames[0].lineno}" if frames else ""


def name_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def without_quotations(text: str) -> str:
    """The first line of a text, with ``?`` for what it quotes and for addresses, of people and of machines."""
    line = text.partition("\n")[0]
    parts = []
    end = 0
    for found in _QUOTED.finditer(line):  # what no quotation is left open in between
        parts += [_UNFINISHED.sub("?", line[end : found.start()]), _told(found[0])]
        end = found.end()
    parts.append(_UNFINISHED.sub("?", line[end:]))
    return _ADDRESS.sub("?", "".join(parts))[:LONGEST]


def _told(quotation: str) -> str:
    """A quotation where it is a name of the database's; databases name rules and indexes after their tables."""
    names, tables = _names() if apps.ready else (frozenset[str](), ())
    name = quotation[1:-1]
    is_known = name in names or (re.fullmatch(r"\w+", name, re.ASCII) and name.startswith(tables))
    return quotation if is_known else "?"


def _message(error: BaseException) -> str:
    if isinstance(error, _OF_THE_PROGRAM):
        return str(error).partition("\n")[0][:LONGEST]
    if isinstance(error, OSError):  # of files, connections and mail servers
        return error.strerror or ""
    if isinstance(error, WrappedDatabaseError) or _is_of_a_driver(error):
        return without_quotations(str(error))
    return ""


def _is_of_a_driver(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in {"psycopg", "psycopg_pool", "sqlite3"}


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Each exception with the words that lead to the next."""
    found: list[tuple[BaseException, str]] = []
    connecting = ""
    each: BaseException | None = error
    while each is not None and all(each is not other for other, _connecting in found):
        found.append((each, connecting))
        if each.__cause__ is not None:
            each, connecting = each.__cause__, f"\n{_CAUSED}"
        elif each.__suppress_context__:
            each = None
        else:
            each, connecting = each.__context__, f"\n{_DURING}"
    return reversed(found)


@functools.cache
def _names() -> tuple[frozenset[str], tuple[str, ...]]:
    """Names of tables, columns, rules and indexes; and how the names begin that databases make of a table's."""
    names: set[str] = set()
    tables = set()
    for model in apps.get_models(include_auto_created=True):
        rules: list[BaseConstraint | Index] = [*model._meta.constraints, *model._meta.indexes]
        names |= {model._meta.db_table, *(rule.name for rule in rules if rule.name)}
        names |= {field.column for field in model._meta.local_fields if field.column}
        tables.add(f"{model._meta.db_table}_")
    return frozenset(names), ("partnerships_", *tables)
