"""Static files as ``collectstatic`` leaves them for production."""

from __future__ import annotations

import gzip
import re

import brotli
from django.core.management import call_command


def test_the_stylesheet_is_one_file_with_all_its_parts_in_their_layers(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, settings.BASE_DIR / "partnerships" / "static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "partnerships.static_files.OnePieceStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    (whole,) = (tmp_path / "static" / "partnerships" / "css").glob("site.????????????.css")
    assert brotli.decompress(whole.with_name(f"{whole.name}.br").read_bytes()) == whole.read_bytes()
    assert gzip.decompress(whole.with_name(f"{whole.name}.gz").read_bytes()) == whole.read_bytes()
    assert [path.name for path in whole.parent.glob("site.css*")] == ["site.css"], (
        "compressed although nobody asks for it"
    )
    text = whole.read_text()
    source = settings.BASE_DIR / "partnerships" / "static" / "partnerships" / "css"
    imported = re.findall(r'@import "([\w-]+\.css)" layer\((\w+)\);', (source / "site.css").read_text())
    assert len(imported) > 5
    assert "@import" not in text
    for name, layer in imported:
        assert f"@layer {layer} {{\n{(source / name).read_text()}}}" in text


def test_a_part_that_changed_changes_the_whole(settings, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "whole.css").write_text('@import "part.css" layer(base);\n')
    part = tmp_path / "source" / "part.css"
    part.write_text("p { margin: 0 }\n")
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "partnerships.static_files.OnePieceStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    part.write_text("p { margin: 1em }\n")
    call_command("collectstatic", interactive=False, verbosity=0)
    assert "margin: 1em" in (tmp_path / "static" / "whole.css").read_text()
