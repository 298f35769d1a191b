#!/usr/bin/env python
"""Django's command line, for this project."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        # Imported here, so that Ctrl-C in the first moment ends as quietly as later.
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        try:
            execute_from_command_line(sys.argv)
        except ImproperlyConfigured as error:
            # A wrong setting is the operator's to mend: one sentence serves better than a traceback.
            sys.exit(f"Cannot start: {error}")
        except Exception as error:
            # So is a full disk, or a database that is away.
            if sentence := outage_in_words(error):
                sys.exit(sentence)
            raise
    except KeyboardInterrupt:
        sys.exit(130)


def outage_in_words(error: Exception) -> str:
    """What an outage of the disk or the database is to whoever ran a command; nothing for any other error."""
    from django.conf import settings

    if not settings.configured:
        return ""
    from partnerships.databases import Outage, outage_behind

    return {
        Outage.FULL: "There is no room left on the disk; what was under way was taken back. Make room, run it again.",
        Outage.BUSY: "The database is too busy; what was under way was taken back. Run it again later.",
        Outage.AWAY: "The database does not answer. Look whether it runs, then run this again.",
        None: "",
    }[outage_behind(error)]


if __name__ == "__main__":
    main()
