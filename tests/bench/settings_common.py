"""The project's own settings, for a database of invented records: the real ones are never loaded beside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.settings import *  # noqa: F403

FIXTURES_PACKAGE = Path(os.environ["BENCH_PLACES"])  # the data package without its partnerships

# A server has neither of these. Where a developer has them, Django REST framework and httpx load them for nothing.
for _name in ("requests", "rich"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
