"""The API's addresses below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from .actors import ActorList, ActorOne
from .completion import Suggest
from .partnerships import PartnershipList, PartnershipOne
from .peers import PeerFinder
from .root import RootEndpoint, Schema
from .sources import SourceList, SourceOne
from .themes import ThemeList, ThemeOne

urlpatterns = [
    path("", RootEndpoint.as_view(), name="api-root"),
    path("partnerships/", PartnershipList.as_view(), name="api-partnerships"),
    path("partnerships/<slug:slug>/", PartnershipOne.as_view(), name="api-partnership"),
    path("actors/", ActorList.as_view(), name="api-actors"),
    path("actors/<slug:slug>/", ActorOne.as_view(), name="api-actor"),
    path("themes/", ThemeList.as_view(), name="api-themes"),
    path("themes/<slug:slug>/", ThemeOne.as_view(), name="api-theme"),
    path("sources/", SourceList.as_view(), name="api-sources"),
    path("sources/<slug:slug>/", SourceOne.as_view(), name="api-source"),
    path("peers/", PeerFinder.as_view(), name="api-peers"),
    path("suggest", Suggest.as_view(), name="api-suggest"),
    path("schema/", Schema.as_view(), name="api-schema"),
]
