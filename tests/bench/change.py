"""Publish changes when told to: for each line “slug new title” of its input, one; it answers when that is committed.

A process of its own, as the admin of another worker or a management shell is.
"""

from __future__ import annotations

import sys

import django


def main() -> None:
    django.setup()
    from django.db import transaction

    from partnerships import search
    from partnerships.models import Partnership

    print("ready", flush=True)  # noqa: T201 (the other process reads it)
    for line in sys.stdin:
        slug, _space, title = line.strip().partition(" ")
        with transaction.atomic():
            record = Partnership.objects.get(slug=slug)
            record.title = title
            record.save()
            search.reindex()
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
