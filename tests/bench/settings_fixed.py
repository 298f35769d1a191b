"""Control 1: the project's settings and middleware around a page that costs nothing."""

from __future__ import annotations

from .settings_common import *  # noqa: F403

ROOT_URLCONF = "tests.bench.fixed"
