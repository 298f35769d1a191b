"""Documentation that cannot drift: what exists is described."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from partnerships.filters import EmbedFormFilter

README = (settings.BASE_DIR / "README.md").read_text()


def test_the_readme_and_the_example_name_every_setting():
    source = (settings.BASE_DIR / "config" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\("([A-Z_]+)"', source))
    example = (settings.BASE_DIR / ".env.example").read_text()
    assert names >= {"SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL"}
    assert {name for name in names if f"`{name}`" not in README} == set()
    assert {name for name in names if f"#{name}=" not in example} == set()


def test_the_readme_names_every_command():
    folder = settings.BASE_DIR / "partnerships" / "management" / "commands"
    commands = {path.stem for path in Path(folder).glob("[a-z]*.py")}
    assert commands
    assert {name for name in commands if f"`{name}" not in README} == set()


def test_the_readme_names_every_filter_of_the_listing_and_of_embeds():
    assert {name for name in EmbedFormFilter.base_filters if f"`{name}`" not in README} == set()


def test_the_map_of_the_rooms_names_every_room():
    rooms = (settings.BASE_DIR / "partnerships" / "README.md").read_text()
    pyproject = (settings.BASE_DIR / "pyproject.toml").read_text()
    layers = re.search(r"layers = \[(.*?)\]", pyproject, re.DOTALL)
    assert layers
    named = re.findall(r"\w+", layers.group(1))
    assert {name for name in named if f"`{name}/`" not in rooms and f"`{name}.py`" not in rooms} == set()


def test_every_promise_of_the_security_policy_names_tests_that_there_are():
    policy = (settings.BASE_DIR / "SECURITY.md").read_text()
    promised = policy.partition("## What is promised")[2].partition("\n## ")[0]
    promises = promised.split("\n- ")[1:]
    named = [set(re.findall(r"`([a-z_/]+\.py)`", promise)) for promise in promises]
    assert len(promises) > 15 and all(named)
    assert {name for names in named for name in names if not (settings.BASE_DIR / "tests" / name).exists()} == set()
