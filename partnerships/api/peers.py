"""The peer finder's answers for one place."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from partnerships import queries
from partnerships.filters import PlaceFilter
from partnerships.models import Partnership
from partnerships.peers import words, world
from partnerships.peers.finding import Connected, Peers
from partnerships.peers.world import Place, World

from . import shapes
from .endpoints import Endpoint
from .parameters import BadParametersError


class PeerFinder(Endpoint):
    summary = gettext_lazy("Peers of a place")
    description = gettext_lazy(
        "Who on the same shore has done it, who across the Pacific could fit, who near is connected; each with reasons."
    )
    filters = PlaceFilter
    required = frozenset({"actor"})
    answer = shapes.Peers
    example = "peers/?actor=kobe-hyogo&theme=climate"

    def get(self, request: Request) -> Response:
        filters = PlaceFilter(request.GET, queries.partnerships())
        self.given(filters)
        present = world.current()
        asking = filters.place
        place = present.gazetteer.places.get(present.gazetteer.present(asking.pk)) if asking else None
        if place is None:
            raise BadParametersError([("actor", _("Say which place or organisation asks."))])
        peers = Peers(place, present, filters.chosen("theme"))
        with translation.override("ja"):
            in_japanese = Peers(place, present, filters.chosen("theme"))
            examples_ja = [example.reasons for example in in_japanese.examples]
            fits_ja = [fit.reasons for fit in in_japanese.fits]
        query = filters.address()
        return Response(
            {
                "actor": _place(place, present),
                "themes": sorted(filters.chosen("theme")),
                "examples": [
                    {
                        "partnership": _record(example.record),
                        "like": _place(example.like, present),
                        "reasons": example.reasons,
                        "reasons_ja": reasons_ja,
                    }
                    for example, reasons_ja in zip(peers.examples, examples_ja, strict=True)
                ],
                "candidates": [
                    {"actor": _place(fit.place, present), "reasons": fit.reasons, "reasons_ja": reasons_ja}
                    for fit, reasons_ja in zip(peers.fits, fits_ja, strict=True)
                ],
                "existing": [
                    {"actor": _place(known.place, present), "partnerships": known.record_count}
                    for known in peers.existing
                ],
                "neighbours": [_connected(near, present) for near in peers.neighbours],
                "url": f"{settings.SITE_URL}/peers/{query}",
                "url_ja": f"{settings.SITE_URL}/ja/peers/{query}",
            }
        )


def _place(place: Place, present: World) -> dict[str, Any]:
    with translation.override("ja"):
        name_ja = words.full_name(present, place)
    return {
        "slug": place.slug,
        "name": words.full_name(present, place),
        "name_ja": name_ja,
        "kind": place.kind,
        "country": place.country,
        "population": place.population,
        "url": f"{settings.SITE_URL}/actors/{place.slug}/",
    }


def _record(record: Partnership) -> dict[str, str]:
    return {
        "slug": record.slug,
        "title": record.title,
        "title_ja": record.title_ja,
        "url": f"{settings.SITE_URL}/partnerships/{record.slug}/",
    }


def _connected(near: Connected, present: World) -> dict[str, Any]:
    return {
        "actor": _place(near.place, present),
        "km": near.km,
        "partners": [partner.slug for partner, _name in near.partners],
        "partner_count": near.partner_count,
    }
