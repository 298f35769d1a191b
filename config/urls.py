"""Addresses: English at the root, Japanese under ``/ja/``, probes and ``robots.txt`` in no language."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import path

from partnerships.api import completion
from partnerships.views import actors, exports, pages, partnerships, sources, themes

urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("robots.txt", pages.robots, name="robots"),
    path("api/v1/suggest", completion.suggest, name="suggest"),
    *i18n_patterns(
        path("", pages.home, name="home"),
        path("partnerships/", partnerships.partnership_list, name="partnership-list"),
        path("partnerships.csv", exports.partnerships_csv, name="partnerships-csv"),
        path("partnerships/<slug:slug>/", partnerships.partnership_detail, name="partnership-detail"),
        path("partnerships/<slug:slug>/cite.bib", partnerships.partnership_bibtex, name="partnership-bibtex"),
        path("partnerships/<slug:slug>/cite.ris", partnerships.partnership_ris, name="partnership-ris"),
        path("actors/", actors.actor_list, name="actor-list"),
        path("actors/<slug:slug>/", actors.actor_detail, name="actor-detail"),
        path("themes/", themes.theme_list, name="theme-list"),
        path("themes/<slug:slug>/", themes.theme_detail, name="theme-detail"),
        path("sources/", sources.source_list, name="source-list"),
        path("sources/<slug:slug>/", sources.source_detail, name="source-detail"),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
]

handler404 = pages.not_found
handler500 = pages.server_error
