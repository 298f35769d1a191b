"""What a form was loaded from, and for whom: the form carries it, signed, so that saving can tell what changed.

The state is that of the form, not ``records.RecordState``: rows are named by their keys in the database, as the form's
own rows are, so that a row whose text was changed is the same row, and what somebody chose can be put back into it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Self

from django.core import signing
from django.db import models
from django.utils import timezone

from partnerships.package.cells import DECIMAL

FIELD = "loaded_form"  # the hidden field that carries it
SALT = "partnerships.loaded_form"
Texts = dict[str, str]


@dataclass(frozen=True)
class FormState:
    """The values of a record and of its rows, as the form shows them: ``rows`` by part and by key."""

    own: Texts = field(default_factory=dict)
    rows: dict[str, dict[str, Texts]] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A value that two people have changed, until one of them has chosen.

    ``part`` and ``row`` are empty for the record itself. An empty ``name`` asks whether the row stays: one removed it,
    the other changed it. ``before`` is what the form was loaded with.
    """

    part: str
    row: str
    name: str
    before: str

    @property
    def input_name(self) -> str:
        return "-".join(["choice", *filter(None, (self.part, self.row, self.name))])


@dataclass(frozen=True)
class LoadedForm:
    """A form as it was handed out; ``record`` is empty for a record that is being entered."""

    user: int
    model: str
    record: str
    at: dt.datetime
    state: FormState
    questions: tuple[Question, ...] = ()

    def signed(self) -> str:
        kept = {**asdict(self), "at": self.at.isoformat()}
        return signing.dumps(kept, salt=SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The form that was signed; None for anything else."""
        try:
            kept = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            return None
        kept["at"] = dt.datetime.fromisoformat(kept["at"])
        kept["state"] = FormState(**kept["state"])
        kept["questions"] = tuple(Question(**question) for question in kept["questions"])
        return cls(**kept)

    @classmethod
    def now(cls, *, user: int, record: models.Model | None, model: str, state: FormState) -> Self:
        return cls(user, model, str(record.pk) if record else "", timezone.now(), state)


def texts_of(record: models.Model, names: Iterable[str]) -> Texts:
    """The values of these fields as a form would show them."""
    fields = {name: record._meta.get_field(name) for name in names}
    return {name: as_text(field.value_from_object(record)) for name, field in fields.items()}  # type: ignore[union-attr]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return DECIMAL.render(value) if isinstance(value, Decimal) else str(value).replace("\r\n", "\n")
