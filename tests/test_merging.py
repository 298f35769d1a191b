"""A duplicate goes into another record: all that is attached follows, the address leads there, and it can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from partnerships.models import Actor, ActorName, Adoption, Merge, Milestone, Outcome, Partnership, Publication, Source
from partnerships.services.merging import merge, undo
from partnerships.services.records import state_of

from . import factories as make

pytestmark = pytest.mark.django_db


def test_smoke():
    a = make.published_partnership("one", themes=(make.make_theme("t"),), started="1957")
    b = make.published_partnership("two", summary="S")
    Outcome.objects.create(partnership=b, statement="Twelve firms", position=1, grade="press")
    sa, sb = state_of(a), state_of(b)
    r = merge(duplicate=b, into=a, by=None)
    print(r)
    a.refresh_from_db()
    assert a.summary == "S"
    undo(merge=r.merge, by=None)
    assert state_of(a).digest() == sa.digest()
    assert state_of(b).digest() == sb.digest()
