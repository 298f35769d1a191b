"""The directory's real data, loaded once for all tests of this folder and for them only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="package", autouse=True)
def real_directory(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from django.conf import settings
    from django.db import transaction

    from partnerships.services.loading import load

    with django_db_blocker.unblock(), transaction.atomic():
        load(path=settings.FIXTURES_PACKAGE)
        yield
        transaction.set_rollback(True)
