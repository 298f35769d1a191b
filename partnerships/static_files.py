"""Static files as production serves them: compressed, named by their content, a stylesheet in one piece."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Our own stylesheets are imported beside the one that imports them, each into a layer.
_IMPORT = re.compile(r'@import "(?P<name>[\w-]+\.css)" layer\((?P<layer>[\w-]+)\);')


class OnePieceStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Writes what a stylesheet imports into a layer in its place: so a browser waits for one file only.

    The parts are read from their sources every time: an unchanged copy of the whole says nothing about its parts.
    """

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            paths = {path: self._joined(path, *place) for path, place in paths.items()}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[Any]:
        """What pages ask for, which name files by their content; browsers ask for source maps only to debug."""
        asked_for = {name for name in self.hashed_files.values() if not name.endswith(".map")}
        yield from super().compress_files(asked_for.intersection(paths))

    def _joined(self, path: str, source: StaticFilesStorage, name: str) -> tuple[StaticFilesStorage, str]:
        """Where to read a file from: its source, or the copy here that was just put together."""
        text = _read(source, name) if path.endswith(".css") else ""
        if not _IMPORT.search(text):
            return source, name

        def part(match: re.Match[str]) -> str:
            contents = _read(source, posixpath.join(posixpath.dirname(name), match["name"]))
            return f"@layer {match['layer']} {{\n{contents}}}\n"

        self.delete(path)
        self._save(path, ContentFile(_IMPORT.sub(part, text).encode()))
        return self, path


def _read(source: StaticFilesStorage, name: str) -> str:
    with source.open(name) as file:
        return str(file.read().decode())
