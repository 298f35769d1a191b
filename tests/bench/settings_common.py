"""The project's own settings, for a database of invented records: the real ones are never loaded beside them."""

from __future__ import annotations

import os
from pathlib import Path

from config.settings import *  # noqa: F403

FIXTURES_PACKAGE = Path(os.environ["BENCH_PLACES"])  # the data package without its partnerships
