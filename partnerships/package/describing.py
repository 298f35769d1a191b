"""What a data package says of itself: its version and date, its description for programs, its licence for people.

All of it follows from the published rows, so that a package that was loaded and exported again is the same to the
last byte, on every engine and at any time. That is why it names no address of this site and nothing that the clock
says. ``created``, which Data Package knows, is left out: it must be a moment, and the rows know days only.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from partnerships.models import PartialDate

from .tables import TABLES, Table

NAME = "us-japan-partnerships"
TITLE = "U.S.–Japan Partnerships Directory"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
DIGITS = 8  # of the digest, in a version

# Whom the licences of what went into the tables ask to name: the credit line of fixtures/PROVENANCE.md.
CREDITED: list[dict[str, str]] = [
    {"title": "U.S. Census Bureau"},
    {"title": "GeoNames (CC BY 4.0)", "path": "https://www.geonames.org/"},
    {"title": "UScityURL, Cai, Huang & Decaminada 2023 (CC BY 4.0)"},
    {"title": "Natural Earth"},
    {"title": "Who's On First"},
    {"title": "総務省 全国地方公共団体コード"},
    {"title": "総務省統計局 国勢調査 (e-Stat)"},
    {"title": "code4fukui/localgovjp (CC0)"},
    {"title": "Geolonia 住所データ (CC BY 4.0)"},
    {"title": "国土地理院 地名集日本"},
]
_DESCRIPTION = (
    "Partnerships between states, prefectures, cities, ports and universities of the United States and Japan, "
    "each with its sources. Dates are partial (2014, 2014-11 or 2014-11-05); an empty cell means unknown."
)


@dataclass(frozen=True)
class Edition:
    """Which data a package holds: packages with the same tables, byte for byte, are of one edition.

    ``as_of`` is the newest day on which a source was read or a record was checked, as exact as the tables have it; None
    where they name no such day. ``digest`` is SHA-256, in hexadecimal digits, of the CSV files one after another in
    the order of ``TABLES``.
    """

    as_of: PartialDate | None
    digest: str

    @property
    def version(self) -> str:
        """Semantic versioning: “2026.11.23+3f9c1a2b”. A later day is a later version; what of it is not known is 0.

        What stands after the plus sign tells versions of one day apart, without an order among them.
        """
        day = self.as_of
        numbers = (day.year, day.month or 0, day.day or 0) if day else (0, 0, 0)
        return f"{'.'.join(map(str, numbers))}+{self.digest[:DIGITS]}"


@dataclass(frozen=True)
class Content:
    """What one file of a package holds. ``filled`` counts, by column, the rows in which something stands."""

    size: int  # bytes
    sha256: str
    rows: int
    filled: Mapping[str, int]


def credit_line() -> str:
    return "; ".join(source["title"] for source in CREDITED) + "."


def descriptor_text(edition: Edition, contents: Mapping[str, Content]) -> str:
    """``datapackage.json``: the Frictionless description of the tables, made from their definition.

    ``contents`` are those of each table by name. Data Package has no word for the day of the data; ``as_of`` is ours.
    """
    with translation.override("en"):
        descriptor = {
            "profile": "tabular-data-package",
            "name": NAME,
            "title": TITLE,
            "description": _DESCRIPTION,
            "version": edition.version,
            **({"as_of": str(edition.as_of)} if edition.as_of else {}),
            "licenses": [{"name": "CC-BY-4.0", "title": "Creative Commons Attribution 4.0", "path": LICENCE_URL}],
            "sources": [
                *CREDITED,
                {"title": "The pages and documents in sources.csv, for the facts of each partnership"},
            ],
            "resources": [_resource(table, contents[table.name]) for table in TABLES],
        }
    return json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"


def _resource(table: Table, content: Content) -> dict[str, Any]:
    fields = []
    foreign_keys = []
    for column in table.columns:
        constraints: dict[str, Any] = {"required": True} if column.required else {}
        if choices := table.choices(column):
            constraints["enum"] = choices
        if column.cell.pattern:
            constraints["pattern"] = column.cell.pattern
        if longest := table.max_length(column):
            constraints["maxLength"] = longest
        described: dict[str, Any] = {
            "name": column.name,
            "type": column.cell.name,
            "title": str(table.field(column).verbose_name),
        }
        fields.append({**described, "constraints": constraints} if constraints else described)
        if column.references:
            resource = "" if column.references == table.name else column.references
            foreign_keys.append(
                {"fields": [column.name], "reference": {"resource": resource, "fields": ["slug"]}},
            )
    schema: dict[str, Any] = {"fields": fields, "primaryKey": list(table.key), "missingValues": [""]}
    if foreign_keys:
        schema["foreignKeys"] = foreign_keys
    return {
        "profile": "tabular-data-resource",
        "name": table.name.replace("_", "-"),
        "path": table.file_name,
        "encoding": "utf-8",
        "bytes": content.size,
        "hash": f"sha256:{content.sha256}",
        "schema": schema,
    }


def licence_text(edition: Edition) -> str:
    """``LICENSE.txt``: what this is, what anybody may do with it, whom to name, how to cite it; in both languages."""
    return _LICENCE.format(
        version=edition.version,
        as_of=edition.as_of or "not known",
        as_of_ja=edition.as_of or "不明",
        licence=LICENCE_URL,
        credit=textwrap.fill(credit_line(), 110, break_long_words=False, break_on_hyphens=False),
        digits=DIGITS,
    )


_LICENCE = """\
U.S.–Japan Partnerships Directory: data package
日米自治体連携ディレクトリ：データパッケージ


ENGLISH

What this is
Partnerships between states, prefectures, cities, ports and universities of the United States and Japan, each with its
sources. The tables are CSV files in UTF-8; datapackage.json describes their columns (Frictionless Data Package).
Version: {version}
Date of the data: {as_of}

Licence
The data is offered under Creative Commons Attribution 4.0 International (CC BY 4.0):
{licence}
You may use it for any purpose, commercial ones included, and pass it on, changed or not, if you name the directory and
the sources below, give the address of the licence, and say what you changed. The facts themselves belong to nobody. The
documents that a record cites have rights of their own. The data is given as it is, without a warranty of any kind.

Sources to be named together with the directory
{credit}

How to cite
U.S.–Japan Partnerships Directory. Data set, version {version}. CC BY 4.0.
Add the address from which you have it. To cite a single fact, cite the source that its record names (citations.csv,
sources.csv).

What the version says
The date is the newest day on which a source was read or a record was checked. After the plus sign stand the first
{digits} digits of the SHA-256 digest of the CSV files, one after another in the order of datapackage.json, so that
other data bears another version, even of the same day.


日本語

このデータについて
日米の州、都道府県、市区町村、港湾、大学などの連携を、出典とともに収めたものです。表はUTF-8のCSVファイルで、列の説明は
datapackage.json（Frictionless Data Package）にあります。
版：{version}
データの基準日：{as_of_ja}

ライセンス
データはクリエイティブ・コモンズ 表示 4.0 国際（CC BY 4.0）のもとで提供します。
{licence}
本ディレクトリと下記の出典を表示し、ライセンスのアドレスを示し、変更した点を明らかにすれば、営利目的を含むあらゆる目的に
利用でき、変更の有無を問わず再配布できます。事実そのものには誰の権利も及びません。記録が引用する文書には、それぞれの権利が
あります。データは現状のまま提供し、いかなる保証もしません。

本ディレクトリとあわせて表示すべき出典
{credit}

引用の方法
日米自治体連携ディレクトリ、データセット、版 {version}、CC BY 4.0。
入手したアドレスを添えてください。個々の事実を引用する場合は、その記録が挙げる出典（citations.csv、sources.csv）を引用して
ください。

版の意味
日付は、出典の閲覧または記録の確認が行われた最も新しい日です。プラス記号の後は、CSVファイルをdatapackage.jsonの順につなげた
もののSHA-256ダイジェストの先頭{digits}桁です。日付が同じでも、データが違えば版も違います。
"""
