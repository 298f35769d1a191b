"""Records whose texts try to be more than texts: at every public address they stay texts, in whatever format it is."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.db import models
from django.http import HttpResponse
from icalendar import Calendar

from partnerships import search
from partnerships.exports import workbooks
from partnerships.models import (
    Actor,
    ActorName,
    Adoption,
    CoverageCheck,
    Milestone,
    Outcome,
    PartialDateField,
    Partnership,
    Source,
    Theme,
)
from partnerships.package.tables import TABLES

from .factories import join, make_actor, make_prefecture, published_partnership
from .markup import Page
from .test_drafts import every_address, get_all, public_directory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Ends elements, attributes, comments, lines and fields; means something to templates, LaTeX and spreadsheets.
HOSTILE = "=</script></title>--><u onclick=\"x\" title='y'>&amp;{{ 7 }}%(a)s$&\\}\r\nEND:VEVENT\x01\x0b\u2028\u202e神"


def hostile(record: models.Model) -> None:
    """Put the hostile text into every text of a record, and into its addresses as far as they allow it."""
    for field in record._meta.concrete_fields:
        match field:
            case models.SlugField() | models.EmailField() | PartialDateField():
                continue
            case models.URLField():
                setattr(record, field.name, "https://example.org/?a=1&b=</script>\"'><u>{{ 7 }}")
            case models.CharField() | models.TextField() if field.editable and not field.choices:
                if field.name not in {"code", "wikidata_id"}:
                    setattr(record, field.name, HOSTILE[: field.max_length])
    record.save()


def make_directory() -> None:
    public = public_directory()
    record = public["record"]
    town = make_actor("old-town", country="JP", parent=public["hyogo"], successor=public["kobe"])
    join(record, town)
    ActorName.objects.create(actor=public["kobe"], name="Another", language="ja")
    Outcome.objects.create(partnership=record, statement="Visits", value=1703, year=1999, source=public["source"])
    Milestone.objects.create(partnership=record, kind="signed", on="1990", source=public["source"])
    Adoption.objects.create(partnership=record, adopted_from=Partnership.objects.get(slug="other"))
    CoverageCheck.objects.create(place=make_prefecture("osaka", "JP-27"), checked_on="2026", method="Asked")
    published_partnership("with-a-term", us=public["seattle"], jp=town, started="2016", term_ends="2027-03")
    for model in (Actor, ActorName, CoverageCheck, Outcome, Milestone, Partnership, Source, Theme):
        for each in model._default_manager.all():
            hostile(each)
    search.reindex()


def is_well_formed_xml(response: HttpResponse) -> None:
    for element in ET.fromstring(response.content).iter():  # noqa: S314 (our own)
        assert not element.tag.endswith("}u")


def is_a_calendar(response: HttpResponse) -> None:
    text = response.content.decode()
    calendar = Calendar.from_ical(text)
    assert len(calendar.events) == text.count("\r\nBEGIN:VEVENT\r\n") == text.count("\r\nEND:VEVENT\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def is_one_reference(response: HttpResponse) -> None:
    text = response.content.decode()
    is_ris = text.startswith("TY")
    lines = text.rstrip("\r\n").split("\r\n" if is_ris else "\n")
    assert all(line[2:6] == "  - " for line in lines) if is_ris else (lines[0][0], lines[-1]) == ("@", "}")


def is_a_table_without_formulas(response: HttpResponse) -> None:
    head, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
    assert all(len(row) == len(head) for row in rows)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def is_a_page(response: HttpResponse) -> None:
    page = Page(response)
    assert not page.all("u")
    assert page.has_only_our_scripts()
    for block in page.all("script", type="application/ld+json"):
        json.loads("".join(block.pieces))
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            assert urlsplit(element.attributes.get(name, "")).scheme in {"", "http", "https", "mailto"}
        if element.attributes.get("href", "").startswith("https://example.org/"):
            assert "noopener" in element.attributes["rel"]
    identities = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert sorted(set(identities)) == sorted(identities)


def is_a_workbook_of_texts(response: HttpResponse) -> None:
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        tree = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (our own)
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert "row" in names and not names & {"f", "u", "hyperlink"}


def is_a_data_package(response: HttpResponse) -> None:
    """Its cells hold the texts as they are, because they are to be loaded again, not to be looked at."""
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        for table in TABLES:
            head, *rows = csv.reader(io.StringIO(archive.read(table.file_name).decode(), newline=""))
            assert tuple(head) == table.column_names and rows
            assert all(len(row) == len(head) for row in rows)
            for name in {"title", "name", "statement"}.intersection(head):
                assert all(HOSTILE.startswith(row[head.index(name)]) for row in rows)


READERS: dict[str, Callable[[HttpResponse], None]] = {
    "text/html": is_a_page,
    "text/csv": is_a_table_without_formulas,
    "text/calendar": is_a_calendar,
    "text/plain": lambda response: None,
    "application/zip": is_a_data_package,
    "application/json": lambda response: json.loads(response.content),
    "application/geo+json": lambda response: json.loads(response.content),
    workbooks.CONTENT_TYPE: is_a_workbook_of_texts,
    "application/xml": is_well_formed_xml,
    "application/atom+xml": is_well_formed_xml,
    "application/opensearchdescription+xml": is_well_formed_xml,
    "application/x-bibtex": is_one_reference,
    "application/x-research-info-systems": is_one_reference,
}


WITHOUT_CHARSET = {"application/json", "application/geo+json", "application/zip", workbooks.CONTENT_TYPE}


def test_hostile_texts_stay_texts_at_every_public_address() -> None:
    make_directory()
    broken: list[Any] = []
    for address, response in get_all(every_address()).items():
        assert response.status_code == 200, address
        kind, _semicolon, charset = response.headers["Content-Type"].partition("; charset=")
        assert charset == "utf-8" or kind in WITHOUT_CHARSET, address
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe-" not in policy and not response.cookies, address
        try:
            READERS[kind](response)
        except (AssertionError, ValueError, ET.ParseError) as error:
            broken.append((address, repr(error)[:300]))
    assert broken == []
