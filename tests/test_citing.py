"""How a record is cited: plain, BibTeX and RIS, on its page and as files, in both languages."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from partnerships.citing import DataReference, Reference, in_each_language, plain_in_each_language
from partnerships.models import PartialDate, Partnership, Publication
from partnerships.package.describing import Edition

from .factories import make_partnership, published_partnership
from .markup import Page

pytestmark = pytest.mark.django_db

CHANGED = dt.datetime(2026, 11, 5, 23, 30, tzinfo=dt.UTC)
ADDRESS = f"{settings.SITE_URL}/partnerships/kobe-seattle/"
JAPANESE_ADDRESS = f"{settings.SITE_URL}/ja/partnerships/kobe-seattle/"


def record_of(title: str = "Kobe and Seattle", **fields: str) -> Partnership:
    record = published_partnership("kobe-seattle", title=title, **fields)
    Partnership.objects.filter(pk=record.pk).update(updated_at=CHANGED)
    record.refresh_from_db()
    return record


def fields_of_ris(text: str) -> dict[str, str]:
    return dict(line.split("  - ", 1) for line in text.removesuffix("\r\n").split("\r\n"))


def fields_of_bibtex(text: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\w+) = \{(.*)\},?$", text, re.MULTILINE))


# --- Plain ---------------------------------------------------------------------------------------------------------


def test_a_plain_citation_follows_the_style_of_its_language() -> None:
    citations = plain_in_each_language(record_of(title_ja="神戸とシアトル"))
    assert citations == {
        "en": "“Kobe and Seattle.” U.S.–Japan Partnerships Directory. Last changed 5 November 2026. " + ADDRESS,
        "ja": f"「神戸とシアトル」日米自治体連携ディレクトリ、2026年11月5日更新、{JAPANESE_ADDRESS}",
    }


def test_the_language_of_the_page_comes_first() -> None:
    with translation.override("ja"):
        assert list(plain_in_each_language(record_of())) == ["ja", "en"]


# --- BibTeX --------------------------------------------------------------------------------------------------------


def test_bibtex_has_one_entry_with_a_key_that_stays() -> None:
    record = record_of()
    before = Reference.of(record).bibtex()
    record.title = "Renamed"
    assert Reference.of(record).bibtex().splitlines()[0] == before.splitlines()[0] == "@misc{kobe-seattle,"
    assert before.endswith("\n}\n")


def test_bibtex_says_what_where_and_when() -> None:
    assert fields_of_bibtex(Reference.of(record_of()).bibtex()) == {
        "title": "{Kobe and Seattle}",
        "howpublished": "U.S.–Japan Partnerships Directory",
        "publisher": "U.S.–Japan Partnerships Directory",
        "year": "2026",
        "note": "Last changed 5 November 2026",
        "url": ADDRESS,
        "urldate": timezone.now().date().isoformat(),
        "langid": "english",
    }


def test_what_latex_reserves_is_escaped_in_bibtex() -> None:
    title = fields_of_bibtex(Reference.of(record_of(r"50% of R&D_{x} #1 \input $5 ~ ^")).bibtex())["title"]
    assert title == (r"{50\% of R\&D\_\{x\} \#1 \textbackslash{}input \$5 \textasciitilde{} \textasciicircum{}}")


def test_braces_balance_in_bibtex_whatever_the_title() -> None:
    text = re.sub(r"\\[{}]", "", Reference.of(record_of("}{}}{{ \\")).bibtex())
    assert text.count("{") == text.count("}")


# --- RIS -----------------------------------------------------------------------------------------------------------


def test_ris_says_what_where_and_when() -> None:
    today = timezone.now().strftime("%Y/%m/%d")
    text = Reference.of(record_of()).ris()
    assert text.startswith("TY  - ELEC\r\n") and text.endswith("\r\nER  - \r\n")
    assert fields_of_ris(text) == {
        "TY": "ELEC",
        "ID": "kobe-seattle",
        "TI": "Kobe and Seattle",
        "PB": "U.S.–Japan Partnerships Directory",
        "PY": "2026",
        "DA": "2026/11/05",
        "Y2": today,
        "UR": ADDRESS,
        "LA": "en",
        "ER": "",
    }


def test_a_title_of_several_lines_cannot_add_a_field() -> None:
    reference = Reference.of(record_of("Kobe\r\nUR  - https://example.org/\nER  - "))
    assert fields_of_ris(reference.ris())["UR"] == ADDRESS
    assert reference.ris().count("\r\nER  - ") == 1
    assert "\n" not in reference.title


# --- The data as a whole ---------------------------------------------------------------------------------------------

EDITION = Edition(PartialDate(2026, 11, 5), "0123abcdef")


def test_a_plain_citation_of_the_data_names_version_date_and_licence() -> None:
    assert in_each_language(lambda: DataReference.of(EDITION).plain()) == {
        "en": "U.S.–Japan Partnerships Directory. Data set, version 2026.11.5+0123abcd, as of 5 November 2026. "
        f"CC BY 4.0. {settings.SITE_URL}/data/",
        "ja": "日米自治体連携ディレクトリ、データセット、版 2026.11.5+0123abcd（2026年11月5日現在）、CC BY 4.0、"
        f"{settings.SITE_URL}/ja/data/",
    }


def test_data_without_a_date_is_cited_without_one() -> None:
    reference = DataReference.of(Edition(None, "0123abcdef"))
    assert reference.plain().startswith(
        "U.S.–Japan Partnerships Directory. Data set, version 0.0.0+0123abcd. CC BY 4.0"
    )
    assert not {"PY", "DA"} & fields_of_ris(reference.ris()).keys()
    assert "year" not in fields_of_bibtex(reference.bibtex())


def test_the_data_is_cited_as_a_data_set() -> None:
    today = timezone.now().date()
    reference = DataReference.of(EDITION)
    assert reference.bibtex().startswith("@dataset{us-japan-partnerships,\n")
    assert fields_of_bibtex(reference.bibtex()) == {
        "title": "{U.S.–Japan Partnerships Directory}",
        "publisher": "U.S.–Japan Partnerships Directory",
        "howpublished": "Data set, version 2026.11.5+0123abcd",
        "version": "2026.11.5+0123abcd",
        "year": "2026",
        "note": "CC BY 4.0",
        "url": f"{settings.SITE_URL}/data/",
        "urldate": today.isoformat(),
        "langid": "english",
    }
    assert fields_of_ris(reference.ris()) == {
        "TY": "DATA",
        "ID": "us-japan-partnerships",
        "TI": "U.S.–Japan Partnerships Directory",
        "PB": "U.S.–Japan Partnerships Directory",
        "ET": "2026.11.5+0123abcd",
        "PY": "2026",
        "DA": "2026/11/05",
        "Y2": today.strftime("%Y/%m/%d"),
        "UR": f"{settings.SITE_URL}/data/",
        "LA": "en",
        "ER": "",
    }


# --- Files ---------------------------------------------------------------------------------------------------------

FILES = [
    ("cite.bib", "application/x-bibtex; charset=utf-8", "kobe-seattle.bib"),
    ("cite.ris", "application/x-research-info-systems; charset=utf-8", "kobe-seattle.ris"),
]


@pytest.mark.parametrize(("file", "content_type", "name"), FILES)
def test_a_file_says_what_it_is_and_how_it_is_called(client: Client, file: str, content_type: str, name: str) -> None:
    record_of()
    response = client.get(f"/partnerships/kobe-seattle/{file}")
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("file", ["cite.bib", "cite.ris"])
def test_the_japanese_file_bears_the_japanese_title_and_address(client: Client, file: str) -> None:
    record_of(title_ja="神戸とシアトル")
    text = client.get(f"/ja/partnerships/kobe-seattle/{file}").content.decode()
    assert "神戸とシアトル" in text and JAPANESE_ADDRESS in text


@pytest.mark.parametrize("file", ["cite.bib", "cite.ris"])
@pytest.mark.parametrize("publication", [Publication.DRAFT, Publication.IN_REVIEW, Publication.ARCHIVED])
def test_an_unpublished_record_cannot_be_cited(client: Client, file: str, publication: str) -> None:
    make_partnership("hidden", publication=publication)
    assert client.get(f"/partnerships/hidden/{file}").status_code == 404


@pytest.mark.parametrize("file", ["cite.bib", "cite.ris"])
@pytest.mark.parametrize("prefix", ["", "/ja"])
def test_the_file_at_an_old_address_has_moved_for_good(client: Client, file: str, prefix: str) -> None:
    record = published_partnership("before")
    record.slug = "after"
    record.save()
    response = client.get(f"{prefix}/partnerships/before/{file}")
    assert (response.status_code, response.headers["Location"]) == (301, f"{prefix}/partnerships/after/{file}")


# --- On the page ---------------------------------------------------------------------------------------------------


def test_the_page_holds_what_the_files_hold(client: Client) -> None:
    record_of("Kobe & “Seattle”")
    page = Page(client.get("/partnerships/kobe-seattle/"))
    files = [client.get(f"/partnerships/kobe-seattle/{file}").content.decode() for file in ("cite.bib", "cite.ris")]
    assert ["".join(element.pieces) for element in page.all("code")] == files


def test_the_page_leads_to_the_files(client: Client) -> None:
    record_of()
    links = Page(client.get("/partnerships/kobe-seattle/")).links()
    assert {"#cite", "/partnerships/kobe-seattle/cite.bib", "/partnerships/kobe-seattle/cite.ris"} <= links.keys()


def test_each_plain_citation_is_marked_with_its_language(client: Client) -> None:
    record_of(title_ja="神戸とシアトル")
    page = Page(client.get("/partnerships/kobe-seattle/"))
    assert page.languages_of("日米自治体連携ディレクトリ、") == {"ja"}
    assert page.languages_of("Last changed 5 November 2026") >= {"en"}
