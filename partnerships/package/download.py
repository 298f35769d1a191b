"""The data package as it is downloaded: one file, made once for each version of the directory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from partnerships.models import version

from .describing import NAME, Content, Edition
from .writing import archive_of, package_files


@dataclass(frozen=True, eq=False)
class Download:
    """A package with what is told of it. ``contents`` are those of its tables by name."""

    number: int  # of the directory's version
    edition: Edition
    contents: Mapping[str, Content]
    archive: bytes

    @property
    def file_name(self) -> str:
        day = self.edition.as_of
        return f"{NAME}-{day}.zip" if day else f"{NAME}.zip"


_latest: Download | None = None
_making = threading.Lock()


def current() -> Download:
    """The download of the present version, made now where there is none yet.

    While one request makes it, others that need it wait, so that it is made and held in memory once.
    """
    global _latest
    number = version.current()
    latest = _latest
    if latest is not None and latest.number == number:
        return latest
    with _making:
        latest = _latest
        if latest is None or latest.number != number:
            with package_files() as files:
                archive = archive_of(files)
            latest = _latest = Download(number, files.edition, files.contents, archive)
    return latest
