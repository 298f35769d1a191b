"""The queue of suggestions, and each of them beside the record as it is now, with what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partnerships.models import Citation, Partnership, Publication, Source, Suggestion, SuggestionStep
from partnerships.services import holding, suggestions

State, Action = Suggestion.State, SuggestionStep.Action


class WordsForm(forms.Form):
    """A step with words for the sender."""

    words = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))


class AcceptForm(forms.Form):
    """What accepting needs to be told: of a draft its title and kind, of a new source what it is."""

    title = forms.CharField(label=gettext_lazy("title of the draft"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("kind of the draft"), choices=[("", "—"), *Partnership.Kind.choices])
    source_title = forms.CharField(label=gettext_lazy("title of the source"), max_length=300)
    source_kind = forms.ChoiceField(label=gettext_lazy("kind of the source"), choices=[("", "—"), *Source.Kind.choices])
    source_language = forms.ChoiceField(
        label=gettext_lazy("language of the source"), choices=[("", "—"), *Source.Language.choices]
    )
    supports = forms.ChoiceField(label=gettext_lazy("it supports"), choices=Citation.Supports.choices)
    note = forms.CharField(
        label=gettext_lazy("a word to the sender"),
        help_text=gettext_lazy("Only if you like; they read it on their page and in the mail."),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, suggestion: Suggestion, source: Source | None, data: Any = None) -> None:
        begun = {
            "title": suggestions.first_words(suggestion),
            "supports": Citation.Supports.CONTENT if suggestion.is_correction else Citation.Supports.EXISTENCE,
            "source_language": suggestion.language,
        }
        super().__init__(data, prefix="accept", initial=begun)
        unneeded = ["title", "kind"] if suggestion.is_correction else []
        unneeded += ["source_title", "source_kind", "source_language"] if source else []
        for name in unneeded:
            del self.fields[name]


class WhatFilter(admin.SimpleListFilter):
    title = gettext_lazy("what it is about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("new", gettext_lazy("a new record")), ("correction", gettext_lazy("a correction"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"new", "correction"}:
            return queryset
        new = {"partnership": None, "record_title": ""}
        return queryset.filter(**new) if self.value() == "new" else queryset.exclude(**new)


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    """What the sender wrote stays as it was written; curators take steps with it, each in the log."""

    list_display = ["reference", "what", "about", "state", "age", "can_be_told"]
    list_filter = ["state", WhatFilter, "language"]
    list_select_related = ["partnership"]
    list_per_page = 50
    ordering = ["created_at", "pk"]  # who has waited longest comes first
    search_fields = ["reference", "text", "partnership__title", "partnership__title_ja", "sender_name"]
    search_help_text = gettext_lazy("Reference, text, sender or the title of the record")
    show_facets = admin.ShowFacets.ALWAYS
    change_form_template = "admin/partnerships/suggestion/change_form.html"

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """In the list of those that are held, the reasons stand beside them."""
        columns = [*self.list_display]
        return [*columns[:4], "held", *columns[5:]] if request.GET.get("state__exact") == State.HELD else columns

    @admin.display(description=gettext_lazy("suggestion"))
    def what(self, suggestion: Suggestion) -> str:
        return Truncator(suggestion.text).chars(80)

    @admin.display(description=gettext_lazy("about"), ordering="partnership__title")
    def about(self, suggestion: Suggestion) -> str:
        return str(suggestion.partnership or suggestion.record_title or _("new record"))

    @admin.display(description=gettext_lazy("age"), ordering="-created_at")
    def age(self, suggestion: Suggestion) -> str:
        return timesince(suggestion.created_at, timezone.now(), depth=1)

    @admin.display(description=gettext_lazy("why it is held"))
    def held(self, suggestion: Suggestion) -> str:
        return " ".join(holding.sentences(suggestion.held_because)) if suggestion.state == State.HELD else ""

    @admin.display(description=gettext_lazy("e-mail"), boolean=True)
    def can_be_told(self, suggestion: Suggestion) -> bool:
        return bool(suggestion.sender_email)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The log of a suggestion goes with it, for whoever may delete the suggestion."""
        gone, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return gone, counts, forbidden - {SuggestionStep._meta.verbose_name}, protected

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        suggestion = self.get_object(request, unquote(object_id))
        if suggestion is None:
            raise Http404
        if not self.has_view_permission(request, suggestion):
            raise PermissionDenied
        page = SuggestionPage(self, request, suggestion)
        if request.method == "POST":
            if not self.has_change_permission(request, suggestion):
                raise PermissionDenied
            taken = page.take_step()
            if taken is not None:
                return taken
        return page.response(extra_context or {})


class SuggestionPage:
    """One suggestion on its page, for whoever asks."""

    def __init__(self, model_admin: SuggestionAdmin, request: HttpRequest, suggestion: Suggestion) -> None:
        self.model_admin = model_admin
        self.request = request
        self.suggestion = suggestion
        self.record = suggestion.partnership
        self.source = suggestions.source_with(suggestion.evidence_url)
        posted = request.POST if request.method == "POST" else None
        verb = request.POST.get("verb", "") if posted else ""
        self.forms: dict[str, Any] = {
            "accept": AcceptForm(suggestion, self.source, posted if verb == "accept" else None),
            "ask": WordsForm(posted if verb == "ask" else None, prefix="ask"),
            "reject": WordsForm(posted if verb == "reject" else None, prefix="reject"),
        }
        self.verb = verb
        self.problem = ""

    def may(self, permission: str) -> bool:
        return self.request.user.has_perm(f"partnerships.{permission}")

    def may_accept(self) -> bool:
        """Whether this person may change what accepting changes; where not, an editor is asked to."""
        if self.suggestion.is_correction:
            records = self.model_admin.admin_site.get_model_admin(Partnership)
            return self.record is None or records.has_change_permission(self.request, self.record)
        return self.may("add_partnership")

    def offered(self) -> set[str]:
        """The verbs that can be taken now by this person."""
        if not self.model_admin.has_change_permission(self.request, self.suggestion):
            return set()
        state = self.suggestion.state
        accepting = Action.ACCEPTED if self.may_accept() else Action.FORWARDED
        actions = {
            "accept" if accepting == Action.ACCEPTED else "forward": accepting,
            "ask": Action.ASKED,
            "reject": Action.REJECTED,
            "release": Action.RELEASED,
        }
        return {verb for verb, action in actions.items() if state in suggestions.STEPS[action]}

    def take_step(self) -> HttpResponse | None:
        """The step whose button was pressed; None where the page is to be shown again, with what is wrong."""
        steps: dict[str, Callable[[dict[str, Any]], HttpResponse]] = {
            "accept": self._accept,
            "forward": self._forward,
            "ask": self._ask,
            "reject": self._reject,
            "release": self._release,
        }
        if self.verb in {"accept", "forward"} and self.verb not in self.offered() | {self._accepting()}:
            raise PermissionDenied
        if self.verb not in steps:
            self.problem = _("No step was chosen.")
            return None
        form = self.forms.get(self.verb)
        if form is not None and not form.is_valid():
            return None
        try:
            return steps[self.verb](form.cleaned_data if form is not None else {})
        except suggestions.NotPossibleError as error:
            self.problem = str(error)
            self.suggestion.refresh_from_db()
            return None

    def _accepting(self) -> str:
        return "accept" if self.may_accept() else "forward"

    def _accept(self, told: dict[str, Any]) -> HttpResponse:
        done = suggestions.accept(suggestion=self.suggestion, by=self.user, report_failure=self._report_no_mail, **told)
        if self.suggestion.is_correction:
            text = _("Accepted; the record cites the source. Now work in what was suggested, and save.")
        else:
            text = _("Accepted; this is the draft. Its source is cited, everything else is still to be entered.")
        messages.success(self.request, text)
        return HttpResponseRedirect(reverse("admin:partnerships_partnership_change", args=[done.record.pk]))

    def _forward(self, told: dict[str, Any]) -> HttpResponse:
        suggestions.forward(suggestion=self.suggestion, by=self.user)
        return self._done(_("Passed on to the editors, who alone may change this record."))

    def _ask(self, told: dict[str, Any]) -> HttpResponse:
        suggestions.ask(
            suggestion=self.suggestion, by=self.user, question=told["words"], report_failure=self._report_no_mail
        )
        return self._done(_("The question was asked."))

    def _reject(self, told: dict[str, Any]) -> HttpResponse:
        suggestions.reject(
            suggestion=self.suggestion, by=self.user, reason=told["words"], report_failure=self._report_no_mail
        )
        return self._done(_("Rejected; the reason stands on the sender's page."))

    def _release(self, told: dict[str, Any]) -> HttpResponse:
        suggestions.release(suggestion=self.suggestion, by=self.user)
        return self._done(_("Released; it waits with the others now."))

    @property
    def user(self) -> Any:
        return self.request.user

    def _done(self, text: str) -> HttpResponse:
        messages.success(self.request, text)
        return HttpResponseRedirect(self.request.path)

    def _report_no_mail(self) -> None:
        messages.warning(
            self.request, _("No mail could be sent. The sender finds the answer on the suggestion's own page only.")
        )

    def response(self, extra_context: dict[str, Any]) -> HttpResponse:
        suggestion, site = self.suggestion, self.model_admin.admin_site
        record = self.record or suggestion.draft
        context = {
            **site.each_context(self.request),
            "opts": self.model_admin.opts,
            "title": _("Suggestion %(reference)s") % {"reference": suggestion.reference},
            "suggestion": suggestion,
            "evidence_host": urlsplit(suggestion.evidence_url).hostname or "",
            "held_because": holding.sentences(suggestion.held_because),
            "is_held": suggestion.state == State.HELD,
            "steps": suggestion.steps.select_related("by"),
            "record": record,
            "parts": record.participations.select_related("actor__region") if record else [],
            "sources": Source.objects.filter(citations__partnership=record).distinct() if record else [],
            "themes": record.themes.all() if record else [],
            "is_public": record is not None and record.publication == Publication.PUBLISHED,
            "source": self.source,
            "cited_by": self._cited_by(),
            "offered": self.offered(),
            "forms": self.forms,
            "verb": self.verb,
            "problem": self.problem,
            "may_delete": self.model_admin.has_delete_permission(self.request, suggestion),
            **extra_context,
        }
        return TemplateResponse(self.request, self.model_admin.change_form_template or "", context)

    def _cited_by(self) -> QuerySet[Partnership]:
        """Records that rest on the same page already, one of which may be the one that is meant."""
        if self.source is None:
            return Partnership.objects.none()
        return Partnership.objects.filter(citations__source=self.source).distinct().order_by("title", "slug")[:10]
