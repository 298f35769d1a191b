"""Forms that were posted when nobody was signed in any more: kept for a day, given back to whom they were handed out.

Only a form that this site handed out to somebody who was signed in, within the last week, is kept: it carries a
signature (``loaded_forms``), so that strangers can store nothing. It only fills a form again and never saves.
"""

from __future__ import annotations

import datetime as dt
import secrets
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from partnerships.models import KeptForm

from .loaded_forms import FIELD, LoadedForm

PARAMETER = "kept"
KEPT_FOR = dt.timedelta(days=1)
HANDED_OUT_WITHIN = dt.timedelta(days=7)
MOST_OF_ONE = 10
MOST_CHARACTERS = 500_000
NOT_KEPT = ("csrfmiddlewaretoken", "_save", "_continue", "_addanother", "_step")


def keep(request: HttpRequest) -> str:
    """Keep what was posted; the address at which the form comes back filled, or an empty text."""
    loaded = LoadedForm.read(request.POST.get(FIELD, ""))
    now = timezone.now()
    if loaded is None or now - loaded.at > HANDED_OUT_WITHIN:
        return ""
    posted = request.POST.copy()
    for name in NOT_KEPT:
        posted.pop(name, None)
    data = posted.urlencode()
    if len(data) > MOST_CHARACTERS:
        return ""
    key = secrets.token_urlsafe(24)
    KeptForm.objects.filter(kept_at__lt=now - KEPT_FOR).delete()
    KeptForm.objects.create(key=key, user_id=loaded.user, path=request.path, data=data)
    newest = KeptForm.objects.filter(user=loaded.user).order_by("-kept_at").values("pk")[:MOST_OF_ONE]
    KeptForm.objects.filter(user=loaded.user).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    parameters = {**request.GET.dict(), PARAMETER: key}
    return f"{request.path}?{urlencode(parameters)}"


def of(request: HttpRequest) -> QueryDict | None:
    """The form that this address gives back to this user; None where there is none."""
    found = _kept(request)
    if found is None:
        return None
    return QueryDict(found.data, mutable=True)


def forget(request: HttpRequest) -> None:
    """The form that came back at this address was saved."""
    if found := _kept(request):
        found.delete()


def _kept(request: HttpRequest) -> KeptForm | None:
    key = request.GET.get(PARAMETER, "")
    if not key or not request.user.is_authenticated:
        return None
    return KeptForm.objects.filter(
        key=key, user=request.user, path=request.path, kept_at__gte=timezone.now() - KEPT_FOR
    ).first()
