"""Suggestions from the public: the two forms, and the page that tells a sender what became of theirs.

The forms are pages like any other. What is sent needs no account and no token; a browser that says that another site's
page sends it is refused, and what was typed is there to be sent again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from partnerships import queries
from partnerships.http import public_page
from partnerships.http.rate_limit import digest_of_client
from partnerships.http.same_site import is_from_elsewhere
from partnerships.models import Actor, Partnership, Publication, Suggestion, SuggestionStep, Theme
from partnerships.services import suggestions

from .suggestion_forms import AnswerForm, SuggestionForm

State = Suggestion.State
METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Subject:
    """What a suggestion is about: a published record, or whatever somebody begins from."""

    record: Partnership | None = None
    actor: Actor | None = None
    theme: Theme | None = None

    @property
    def address(self) -> str:
        """The form's own address, in the active language."""
        if self.record:
            return reverse("partnership-suggest", args=[self.record.slug])
        return reverse("suggest") + self.query

    @property
    def query(self) -> str:
        begun_from = {"actor": self.actor, "theme": self.theme}
        query = urlencode({name: record.slug for name, record in begun_from.items() if record})
        return f"?{query}" if query else ""


@csrf_exempt
@require_http_methods(METHODS)
def suggest(request: HttpRequest) -> HttpResponseBase:
    """A record that the directory does not have, or anything else; begun from a place or a theme where one is given."""
    return _send(request, _begun_from(request)) if request.method == "POST" else _new_record_form(request)


@csrf_exempt
@require_http_methods(METHODS)
def suggest_correction(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Something that is missing or wrong in a published record."""
    if request.method != "POST":
        return _correction_form(request, slug)
    # Who began to write before the record got another address has not written for nothing.
    record = _published(slug) or _published(queries.former_slug(Partnership, slug) or "")
    if record is None:
        raise Http404
    return _send(request, Subject(record=record))


@public_page
def _new_record_form(request: HttpRequest) -> HttpResponse:
    return _form(request, SuggestionForm(), _begun_from(request))


@public_page
def _correction_form(request: HttpRequest, slug: str) -> HttpResponse:
    if record := _published(slug):
        return _form(request, SuggestionForm(), Subject(record=record))
    if present := queries.former_slug(Partnership, slug):
        return redirect("partnership-suggest", present, permanent=True)
    raise Http404


def _published(slug: str) -> Partnership | None:
    return queries.with_names(queries.partnerships()).filter(slug=slug).first()


def _begun_from(request: HttpRequest) -> Subject:
    """The published place and the theme that the address names; what does not exist is left out."""
    slugs = {name: request.GET.get(name, "").replace("\0", "") for name in ("actor", "theme")}
    return Subject(
        actor=queries.actors().filter(slug=slugs["actor"]).first() if slugs["actor"] else None,
        theme=Theme.objects.filter(slug=slugs["theme"]).first() if slugs["theme"] else None,
    )


def _form(
    request: HttpRequest, form: SuggestionForm, subject: Subject, *, problem: str = "", status: int = 200
) -> HttpResponse:
    return render(request, "suggest/form.html", {"form": form, "subject": subject, "problem": problem}, status=status)


def _send(request: HttpRequest, subject: Subject) -> HttpResponse:
    form = SuggestionForm(request.POST)
    response = _received(request, form, subject)
    response.headers["Cache-Control"] = "no-store"
    return response


def _received(request: HttpRequest, form: SuggestionForm, subject: Subject) -> HttpResponse:
    if is_from_elsewhere(request):
        problem = _("This did not come from a page of this directory, so it was not taken. Please send it from here.")
        return _form(request, form, subject, problem=problem, status=403)
    if not form.is_valid():
        return _form(request, form, subject)
    written = form.cleaned_data
    try:
        receipt = suggestions.receive(
            text=written["text"],
            evidence_url=written["evidence_url"],
            sender_name=written["sender_name"],
            sender_email=written["sender_email"],
            language=get_language() or "en",
            client=digest_of_client(request),
            partnership=subject.record,
            actor=subject.actor,
            theme=subject.theme,
            is_trapped=bool(written["homepage"]),
        )
    except suggestions.TooManyError as error:
        response = _form(request, form, subject, problem=_wait(error.seconds), status=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    return _to_status(receipt.suggestion)


def _wait(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext(
        "Many suggestions came from your address within the last hour. Please send this one in %(minutes)d minute.",
        "Many suggestions came from your address within the last hour. Please send this one in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


def _to_status(suggestion: Suggestion) -> HttpResponse:
    return HttpResponseRedirect(reverse("suggestion-status", args=[suggestion.reference]), status=303)


@csrf_exempt
@require_http_methods(METHODS)
def suggestion_status(request: HttpRequest, reference: str) -> HttpResponse:
    """Thanks, and whatever becomes of a suggestion: for whoever knows its reference, which nobody can guess."""
    suggestion = Suggestion.objects.select_related("partnership", "draft").filter(reference=reference.upper()).first()
    if suggestion is None:
        raise Http404
    response = _answer(request, suggestion) if request.method == "POST" else _status(request, suggestion, AnswerForm())
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, suggestion: Suggestion) -> HttpResponse:
    form = AnswerForm(request.POST)
    if is_from_elsewhere(request):
        problem = _("This did not come from a page of this directory, so it was not taken. Please send it from here.")
        return _status(request, suggestion, form, problem=problem, status=403)
    if not form.is_valid():
        return _status(request, suggestion, form)
    with contextlib.suppress(suggestions.NotPossibleError):  # answered already, or decided meanwhile: the page says so
        suggestions.answer(suggestion=suggestion, text=form.cleaned_data["text"])
    return _to_status(suggestion)


def _status(
    request: HttpRequest, suggestion: Suggestion, form: AnswerForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    record = suggestion.partnership or suggestion.draft
    context = {
        "suggestion": suggestion,
        # A record that is not public, or not any more, is named nowhere.
        "record": record if record and record.publication == Publication.PUBLISHED else None,
        "was_answered": suggestion.steps.filter(action=SuggestionStep.Action.ANSWERED).exists(),
        "form": form,
        "problem": problem,
    }
    return render(request, "suggest/status.html", context, status=status)
