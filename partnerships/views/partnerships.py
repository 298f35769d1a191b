from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from partnerships import catalogue, changes, linked_data, queries, wording
from partnerships.catalogue import Catalogue, Facts
from partnerships.citing import Reference, plain_in_each_language
from partnerships.filters import PartnershipFilter
from partnerships.freshness import Freshness
from partnerships.http import curators, public_page
from partnerships.lineage import lineage_of
from partnerships.marks import Fragment
from partnerships.models import Participation, Partnership
from partnerships.similar import similar_to
from partnerships.templating import macros

from .cited import CitedSources
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

    pk: int
    slug: str
    title: str
    description: str
    linked_data: Fragment
    head: Fragment
    body: Fragment
    evidence: Fragment  # after which the lineage stands
    map: Fragment
    history: Fragment


@require_safe
@public_page
def partnership_detail(request: HttpRequest, slug: str) -> HttpResponse:
    published = catalogue.current()
    page = published.page(slug, _page)
    if page is not None:
        context = {"page": page, "beside": published.compared(page.pk, _beside), "preview_state": ""}
        return render(request, "partnerships/detail.html", context)
    # Only from here on is the visitor's session looked at, so that public pages stay the same for everyone.
    if curators.may(request, "partnerships.change_partnership"):
        record = queries.for_page(Partnership.objects.all()).filter(slug=slug).first()
        if record is not None and record.merged_into_id is None:
            return _preview(request, record)
    if present := queries.former_slug(Partnership, slug):
        return redirect("partnership-detail", present, permanent=True)
    raise Http404


@require_safe
@public_page
def partnership_bibtex(request: HttpRequest, slug: str) -> HttpResponse:
    return _citation(slug, "bibtex", "bib", "application/x-bibtex")


@require_safe
@public_page
def partnership_ris(request: HttpRequest, slug: str) -> HttpResponse:
    return _citation(slug, "ris", "ris", "application/x-research-info-systems")


def _citation(slug: str, form: str, ending: str, content_type: str) -> HttpResponse:
    """A record's citation as a file, in the active language."""
    record = queries.partnerships().filter(slug=slug).first()
    if record is None:
        if present := queries.former_slug(Partnership, slug):
            return redirect(f"partnership-{form}", present, permanent=True)
        raise Http404
    text = getattr(Reference.of(record), form)()
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{record.slug}.{ending}"'
    return response


@dataclass(frozen=True)
class Beside:
    """What stands on a record's page and depends on other records."""

    similar: Fragment
    lineage: Fragment


def _beside(pk: int, published: Catalogue) -> Beside:
    [record] = published.facts([pk])
    template = macros("includes/record.html")
    return Beside(
        Fragment(template.similar(similar_to(pk, published))),
        Fragment(macros("includes/lineage.html").lineage(lineage_of(record, published))),
    )


def _preview(request: HttpRequest, record: Partnership) -> HttpResponse:
    """An unpublished record, for those who may edit it; for everyone else it does not exist."""
    facts = Facts(
        record.pk,
        record.slug,
        record.title,
        record.title_ja,
        str(record.started or ""),
        record.updated_at,
        record.kind,
        record.status,
        str(record.ended or ""),
    )
    pairs = queries.adoptions_in_preview(record).values_list("partnership", "adopted_from")
    lineage = lineage_of(facts, catalogue.current(), pairs)
    beside = Beside(Fragment(""), Fragment(macros("includes/lineage.html").lineage(lineage)))
    context = {"page": _page(record), "beside": beside, "preview_state": record.get_publication_display()}
    response = render(request, "partnerships/detail.html", context)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(record: Partnership) -> RecordPage:
    template = macros("includes/record.html")
    cited = CitedSources(record)
    parts = record.participations.all()
    leads = [part.actor for part in parts if part.role == Participation.Role.LEAD]
    reference = Reference.of(record)
    body = template.body(
        record,
        cited=cited,
        outcomes=record.outcomes.all(),
        fresh=Freshness.of(record, cited.sources),
        offices=leads or [part.actor for part in parts],
    )
    evidence = template.evidence(
        record,
        cited=cited,
        milestones=record.milestones.all(),
        citations={"plain": plain_in_each_language(record), "bibtex": reference.bibtex(), "ris": reference.ris()},
    )
    title, summary = str(wording.local_text(record, "title")), str(wording.local_text(record, "summary"))
    description = summary or wording.composed_summary(record)
    data = linked_data.partnership(record, cited.sources, title=title, description=description)
    return RecordPage(
        pk=record.pk,
        slug=record.slug,
        title=title,
        description=description,
        linked_data=Fragment(linked_data.script(data)),
        head=Fragment(template.head(record)),
        body=Fragment(body),
        evidence=Fragment(evidence),
        map=Fragment(macros("includes/maps.html").small_map(record)),
        history=Fragment(macros("includes/changes.html").history(changes.of_partnership(record))),
    )
