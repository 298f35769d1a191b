"""What crawlers and browsers look for by themselves: the sitemap and the description of the search."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from django.http import Http404, HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partnerships import sitemaps
from partnerships.http import public_page
from partnerships.linked_data import absolute

XML = "application/xml; charset=utf-8"


@require_safe
@public_page
def sitemap(request: HttpRequest) -> HttpResponse:
    return HttpResponse(sitemaps.index(), content_type=XML)


@require_safe
@public_page
def sitemap_part(request: HttpRequest, section: str, number: int) -> HttpResponse:
    part = sitemaps.part(section, number)
    if part is None:
        raise Http404
    return HttpResponse(part, content_type=XML)


@require_safe
@public_page
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser offers the directory's search (OpenSearch 1.1). Short names have at most 16 characters."""
    root = ET.Element("OpenSearchDescription", {"xmlns": "http://a9.com/-/spec/opensearch/1.1/"})
    for name, text in (
        ("ShortName", _("U.S.–Japan ties")),
        ("LongName", _("U.S.–Japan Partnerships Directory")),
        ("Description", _("Search the partnerships")),
        ("Language", get_language()),
        ("InputEncoding", "UTF-8"),
    ):
        ET.SubElement(root, name).text = text
    icon = {"width": "16", "height": "16", "type": "image/svg+xml"}
    ET.SubElement(root, "Image", icon).text = absolute(static("partnerships/img/favicon.svg"))
    template = f"{absolute(reverse('partnership-list'))}?q={{searchTerms}}"
    ET.SubElement(root, "Url", {"type": "text/html", "method": "get", "template": template})
    body = sitemaps.DECLARATION + ET.tostring(root, encoding="utf-8")
    return HttpResponse(body, content_type="application/opensearchdescription+xml; charset=utf-8")
