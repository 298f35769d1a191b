"""Addresses: English at the root, Japanese under ``/ja/``; probes, the sitemap and the data package in no language."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from partnerships.api import docs, root
from partnerships.views import (
    accounts,
    actors,
    anniversaries,
    briefings,
    comparing,
    coverage,
    discovery,
    embedding,
    exports,
    feeds,
    figures,
    home,
    maps,
    networks,
    package,
    pages,
    partnerships,
    peers,
    probes,
    sources,
    styleguide,
    suggesting,
    themes,
    updates,
)

urlpatterns = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("robots.txt", pages.robots, name="robots"),
    path("sitemap.xml", discovery.sitemap, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", discovery.sitemap_part, name="sitemap-part"),
    path("api/v1/", include("partnerships.api.urls")),
    path("data/us-japan-partnerships.zip", package.data_package, name="data-package"),
    *i18n_patterns(
        path("", home.home, name="home"),
        path("partnerships/", partnerships.partnership_list, name="partnership-list"),
        path("partnerships.csv", exports.partnerships_csv, name="partnerships-csv"),
        path("partnerships.json", exports.partnerships_json, name="partnerships-json"),
        path("partnerships.geojson", exports.partnerships_geojson, name="partnerships-geojson"),
        path("partnerships.xlsx", exports.partnerships_xlsx, name="partnerships-xlsx"),
        path("partnerships.atom", feeds.partnerships_atom, name="partnerships-atom"),
        path("partnerships/<slug:slug>/", partnerships.partnership_detail, name="partnership-detail"),
        path("map/", maps.map_page, name="map"),
        path("map.json", maps.map_data, name="map-data"),
        path("partnerships/<slug:slug>/cite.bib", partnerships.partnership_bibtex, name="partnership-bibtex"),
        path("partnerships/<slug:slug>/cite.ris", partnerships.partnership_ris, name="partnership-ris"),
        path("actors/", actors.actor_list, name="actor-list"),
        path("actors/<slug:slug>/", actors.actor_detail, name="actor-detail"),
        path("themes/", themes.theme_list, name="theme-list"),
        path("themes/<slug:slug>/", themes.theme_detail, name="theme-detail"),
        path("brief/", briefings.brief, name="brief"),
        path("figures/", figures.directory_in_figures, name="figures"),
        path("networks/", networks.network, name="networks"),
        path("overlaps/", networks.overlaps_of_a_place, name="overlaps"),
        path("compare/", comparing.compare, name="compare"),
        path("coverage/", coverage.coverage_page, name="coverage"),
        path("coverage.csv", coverage.coverage_csv, name="coverage-csv"),
        path("embed/", embedding.embed, name="embed"),
        path("embed/partnerships/", embedding.embedded_partnerships, name="embedded-partnerships"),
        path("sources/", sources.source_list, name="source-list"),
        path("sources/<slug:slug>/", sources.source_detail, name="source-detail"),
        path("peers/", peers.peer_finder, name="peers"),
        path("suggest/", suggesting.suggest, name="suggest"),
        path("suggest/<slug:reference>/", suggesting.suggestion_status, name="suggestion-status"),
        path("partnerships/<slug:slug>/suggest/", suggesting.suggest_correction, name="partnership-suggest"),
        path("about/", pages.about, name="about"),
        path("api/v1/docs/", docs.api_docs, name="api-docs"),
        path("data/", pages.data, name="data"),
        path("data/cite.bib", package.data_bibtex, name="data-bibtex"),
        path("data/cite.ris", package.data_ris, name="data-ris"),
        path("accessibility/", pages.accessibility, name="accessibility"),
        path("opensearch.xml", discovery.opensearch, name="opensearch"),
        path("anniversaries/", anniversaries.anniversary_list, name="anniversary-list"),
        path("anniversaries.ics", anniversaries.anniversaries_ics, name="anniversaries-ics"),
        *([path("styleguide/", styleguide.styleguide, name="styleguide")] if settings.DEBUG else []),
        path("updates/", updates.update_list, name="update-list"),
        path("updates.atom", feeds.updates_atom, name="updates-atom"),
        path("admin/", admin.site.urls),
        path("accounts/", include("partnerships.views.account_urls")),
        prefix_default_language=False,
    ),
    re_path("^api/", root.nothing_here),
]

handler404 = pages.not_found
handler429 = accounts.too_many
handler500 = pages.server_error
