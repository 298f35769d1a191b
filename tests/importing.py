"""What tests of imports do again and again: a file made of lines, checked to the end, confirmed."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User

from partnerships.models import Import
from partnerships.services import importing

from . import factories as make
from . import packages


def member(*groups: str, name: str = "") -> User:
    user = User.objects.create_user(name or "-".join(groups).lower(), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def csv_file(*lines: dict[str, str]) -> bytes:
    """Lines whose columns are those of the first."""
    written = io.StringIO()
    writer = csv.DictWriter(written, list(lines[0]), restval="")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue().encode()


def checked(kind: str, content: bytes, by: Any, **options: Any) -> Import:
    """An import that waits for confirmation."""
    imported = importing.begin(kind=kind, file_name=f"{kind}.csv", content=content, by=by, **options)
    while imported.state == Import.State.CHECKING:
        imported = importing.advance(imported=imported, by=by)
    return imported


def imported(kind: str, content: bytes, by: Any, **options: Any) -> Import:
    waiting = checked(kind, content, by, **options)
    assert not waiting.wrong, problems_of(waiting)
    return importing.run(imported=waiting, by=by)


def problems_of(waiting: Import) -> list[tuple[int, str, str]]:
    """Row, column and reason of everything that is wrong."""
    wrong = waiting.lines.filter(outcome="wrong").values_list("number", "problems")
    return [(number, column, reason) for number, problems in wrong for column, reason in problems]


def two_shores() -> None:
    """Seattle and Kobe in their regions, a theme and a source."""
    washington = make.make_state(name="Washington", name_ja="ワシントン州")
    hyogo = make.make_prefecture(name="Hyogo Prefecture", name_ja="兵庫県")
    make.make_actor("seattle", name="Seattle", name_ja="シアトル市", parent=washington)
    make.make_actor("kobe", name="Kobe", name_ja="神戸市", country="JP", parent=hyogo)
    make.make_theme("culture", name="Culture", name_ja="文化")
    make.make_source("city-page", url="https://example.org/page")


TIE = {
    "slug": "",
    "title": "Seattle–Kobe tie",
    "title_ja": "シアトル・神戸",
    "kind": "姉妹都市",
    "status": "継続中",
    "started": "昭和32年10月",
    "us_participants": "Seattle, Washington",
    "jp_participants": "兵庫県神戸市",
    "themes": "文化",
    "sources": "https://example.org/page/",
}


def zipped(folder: Path, **more: bytes) -> bytes:
    """A package in a folder as one file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**packages.file_bytes(folder), **more}.items():
            archive.writestr(name, content)
    return written.getvalue()
