from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from partnerships import catalogue, linked_data, queries, wording
from partnerships.filters import PartnershipFilter
from partnerships.http import curators, public_page
from partnerships.models import Citation, Partnership
from partnerships.templating import macro

from .listing import Listing, at_one_address
from .results import CatalogueResults


@require_safe
@public_page
@at_one_address
def partnership_list(request: HttpRequest) -> HttpResponse:
    filters = PartnershipFilter(request.GET, queries.partnerships())
    listing = Listing.build(request, filters, CatalogueResults(catalogue.current().selected(filters)))
    return render(request, "partnerships/list.html", {"listing": listing, "filters": filters})


@dataclass(frozen=True)
class RecordPage:
    """What is a record's own of its page, in one language."""

    title: str
    description: str
    linked_data: SafeString
    article: SafeString


@require_safe
@public_page
def partnership_detail(request: HttpRequest, slug: str) -> HttpResponse:
    page = catalogue.current().page(slug, _page)
    if page is not None:
        return render(request, "partnerships/detail.html", {"page": page, "preview_state": ""})
    # Only from here on is the visitor's session looked at, so that public pages stay the same for everyone.
    if curators.may(request, "partnerships.change_partnership"):
        record = queries.for_page(Partnership.objects.all()).filter(slug=slug).first()
        if record is not None:
            return _preview(request, record)
    if present := queries.former_slug(Partnership, slug):
        return redirect("partnership-detail", present, permanent=True)
    raise Http404


def _preview(request: HttpRequest, record: Partnership) -> HttpResponse:
    """An unpublished record, for those who may edit it; for everyone else it does not exist."""
    context = {"page": _page(record), "preview_state": record.get_publication_display()}
    response = render(request, "partnerships/detail.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(record: Partnership) -> RecordPage:
    sources = _numbered_sources(record)
    numbers = {source["source"].pk: source["number"] for source in sources}
    article = macro("includes/record.html", "article")(
        record,
        sources=sources,
        outcomes=[(outcome, numbers.get(outcome.source_id)) for outcome in record.outcomes.all()],
        milestones=[(milestone, numbers.get(milestone.source_id)) for milestone in record.milestones.all()],
        content_sources=_numbers_for(record, numbers, Citation.Supports.CONTENT),
        date_sources=_numbers_for(record, numbers, Citation.Supports.DATES),
    )
    title, summary = str(wording.local_text(record, "title")), str(wording.local_text(record, "summary"))
    description = summary or wording.composed_summary(record)
    data = linked_data.script(linked_data.partnership(record, title=title, description=description))
    return RecordPage(title, description, data, mark_safe(article))  # noqa: S308 (a template's)


def _numbered_sources(record: Partnership) -> list[dict[str, Any]]:
    """The cited sources once each, numbered as they are cited first, with all that each one supports."""
    sources: dict[int, dict[str, Any]] = {}
    for citation in record.citations.all():
        entry = sources.setdefault(
            citation.source_id,
            {"number": len(sources) + 1, "source": citation.source, "supports": [], "locators": []},
        )
        entry["supports"].append(citation.get_supports_display())
        if citation.locator and citation.locator not in entry["locators"]:
            entry["locators"].append(citation.locator)
    return list(sources.values())


def _numbers_for(record: Partnership, numbers: dict[int, int], supports: str) -> list[int]:
    return sorted({numbers[citation.source_id] for citation in record.citations.all() if citation.supports == supports})
