"""What others put into pages of their own: a small list or map in a frame, and the page on which its code is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csp.constants import NONE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe
from markupsafe import Markup

from partnerships import catalogue, maps, queries, vocabulary
from partnerships.catalogue import Selection
from partnerships.facets import partnership_facets
from partnerships.filters import EmbedFilter, EmbedFormFilter
from partnerships.http import in_language, public_page
from partnerships.linked_data import absolute
from partnerships.models import Country, Partnership
from partnerships.templating import as_written

from .advice import Advice
from .listing import Narrowing, at_one_address, check_address
from .results import CatalogueResults

MOST_WORDS = 4  # chosen values named in the heading
MOST_PLACES = 5  # named for each shore beside a map
SHORES = (Country.JP, Country.US)  # as they lie on the map

# Any site may frame it, also a page that somebody tries on their own disk; “*” alone stands for sites only.
ANYWHERE = ["*", "file:"]


@require_safe
@public_page
@at_one_address  # outside of what may be framed: a redirect is what every other redirect is
@xframe_options_exempt
@csp_replace({"frame-ancestors": ANYWHERE, "script-src": [NONE], "form-action": [NONE]})
def embedded_partnerships(request: HttpRequest) -> HttpResponse:
    """A few partnerships or their map, for the frame of another site: without a script, a form or a cookie."""
    filters = EmbedFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    context = {
        "filters": filters,
        "heading": _heading(filters),
        "count": selection.count,
        "records": _first(selection, filters.most),
        "ties": maps.current().ties(selection.keys(0, selection.count)) if filters.shows_map else None,
        "shores": [_shore(selection, country) for country in SHORES] if filters.shows_map else [],
    }
    return render(request, "embed/partnerships.html", context)


@require_safe
@public_page
@at_one_address
def embed(request: HttpRequest) -> HttpResponse:
    """The code of an embed, with a preview and what can be chosen."""
    filters = EmbedFormFilter(request.GET, queries.partnerships())
    check_address(request, filters)
    selection = catalogue.current().selected(filters)
    context = {
        "filters": filters,
        "listing": Narrowing(filters, selection.facets(partnership_facets), selection.count),
        "advice": None if selection.count else Advice.build(filters, CatalogueResults(selection)),
        "fields": [_field(filters, name) for name in ("view", "rows", "look", "language")],
        "frame": _frame(filters, selection.count),
    }
    return render(request, "embed/builder.html", context)


# --- What is in the frame --------------------------------------------------------------------------------------------


def _heading(filters: EmbedFilter) -> Markup:
    """What is shown, in words: “Partnerships: Climate, Washington”; what is in another language says so."""
    narrowing = filters.narrowing
    chosen = [as_written(filters.description(name, value)) for name, value in narrowing[:MOST_WORDS]]
    if not chosen:
        return Markup(_("U.S.–Japan partnerships"))  # noqa: S704 (here and below: our own texts)
    if [name for name, _value in narrowing] == ["actor"]:
        return Markup(_("Partnerships of %(place)s")) % {"place": chosen[0]}  # noqa: S704
    words = Markup(pgettext("between several names", ", ")).join(chosen)  # noqa: S704
    if more := len(narrowing) - len(chosen):
        text = ngettext("%(words)s and %(number)d more", "%(words)s and %(number)d more", more)
        words = Markup(text) % {"words": words, "number": more}  # noqa: S704
    return Markup(_("Partnerships: %(chosen)s")) % {"chosen": words}  # noqa: S704


def _first(selection: Selection, most: int) -> list[Partnership]:
    """The first partnerships of the list, with all that a line about one needs."""
    keys = selection.keys(0, most) if most else []
    found = queries.with_names(queries.partnerships()).in_bulk(keys) if keys else {}
    return [found[key] for key in keys if key in found]


@dataclass(frozen=True)
class Shore:
    """The states or the prefectures with most of the partnerships, the words beside a map."""

    label: str
    places: list[tuple[str, int]]  # name and number of partnerships
    more: str  # how many are not named, in words; empty if all are


def _shore(selection: Selection, country: str) -> Shore:
    parameter = "state" if country == Country.US else "prefecture"
    labels = vocabulary.current().labels(parameter)
    counts = selection.catalogue.counts(parameter, selection.bitmap)
    ranked = sorted((code for code in counts if code in labels), key=lambda code: (-counts[code], code))
    named = [(labels[code], counts[code]) for code in ranked[:MOST_PLACES]]
    rest = len(ranked) - len(named)
    if parameter == "state":
        more = ngettext("and %(number)d other state", "and %(number)d other states", rest)
    else:
        more = ngettext("and %(number)d other prefecture", "and %(number)d other prefectures", rest)
    return Shore(str(Country(country).label), named, more % {"number": rest} if rest else "")


# --- How it is put together ------------------------------------------------------------------------------------------

# Pixels, as measured in a frame of 600 across; what is higher, or longer in a narrower one, is scrolled in the frame.
HEAD_AND_FOOT, MAP, ROW, HIGHEST = 150, 470, 95, 1_100


# Its width in per cent is not in the standard, but in every browser, and it stays where an editor takes styles out.
CODE = """\
<iframe src="{}"
  title="{}" lang="{}"
  width="100%" height="{}" style="border: 1px solid #d9d5cc"
  loading="lazy" referrerpolicy="no-referrer"
  sandbox="{}"></iframe>"""
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # its links open as pages that are in no sandbox


@dataclass(frozen=True)
class Frame:
    """An embed as somebody's page has it."""

    address: str  # without the host
    title: str
    language: str
    height: int  # pixels
    sandbox = SANDBOX

    @property
    def code(self) -> str:
        """The HTML to be copied, as a text: a page that shows it escapes it again."""
        code = format_html(CODE, absolute(self.address), self.title, self.language, self.height, self.sandbox)
        return code + ""


def _frame(filters: EmbedFormFilter, count: int) -> Frame:
    embedded, language = filters.embed, filters.its_language
    address = in_language(reverse("embedded-partnerships"), language) + embedded.address().removesuffix("?")
    with translation.override(language):
        title = _("%(heading)s – U.S.–Japan Partnerships Directory") % {"heading": _heading(embedded).striptags()}
    height = HEAD_AND_FOOT + (MAP if embedded.shows_map and count else 0) + ROW * min(embedded.most, count)
    return Frame(address, title, language, min(height, HIGHEST))


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """A drop-down list."""

    name: str
    label: str
    choices: list[Choice]


def _field(filters: EmbedFormFilter, name: str) -> Field:
    declared: Any = filters.base_filters[name]
    defaults = {"language": get_language() or "en"}
    choices = [(str(value), str(label)) for value, label in declared.extra["choices"]]
    chosen = (filters.chosen(name) or [defaults.get(name) or choices[0][0]])[-1]
    return Field(name, str(declared.label), [Choice(value, label, value == chosen) for value, label in choices])
