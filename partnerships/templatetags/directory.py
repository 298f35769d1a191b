"""What templates need beyond Django's own: bilingual texts, partial dates, the page in the other language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.http import escape_leading_slashes
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from partnerships import http, wording
from partnerships.filters import ListFilterSet
from partnerships.models import Actor, PartialDate, Participation, Partnership

register = template.Library()


@register.filter
def text(record: Model, field: str) -> str:
    """A bilingual field, marked with its language where that is not the page's."""
    return _marked(wording.local_text(record, field))


@register.filter
def plain_text(record: Model, field: str) -> str:
    """The same without markup, for titles and attributes."""
    return str(wording.local_text(record, field))


@register.filter
def other_text(record: Model, field: str) -> str:
    """The field in the other language, marked as such; empty where there is none or it is the one shown already."""
    other = wording.other_text(record, field)
    shown = wording.local_text(record, field)
    return "" if not other or other.text == shown.text else _marked(other)


def _marked(local: wording.LocalText) -> str:
    if local.is_foreign:
        return format_html('<span lang="{}">{}</span>', local.language, local.text)
    return local.text


@register.simple_tag
def cites(numbers: int | list[int] | None) -> str:
    """Links to the numbered sources that a statement rests on, close behind its last word."""
    if not numbers:
        return ""
    listed = [numbers] if isinstance(numbers, int) else numbers
    links = ((number, _("Source %(number)d") % {"number": number}, number) for number in listed)
    return format_html(
        '<sup class="cite">{}</sup>',
        format_html_join("", '<a href="#source-{}" aria-label="{}">{}</a>', links),
    )


@register.filter
def phrases(record: Model, field: str) -> list[str]:
    """A field of phrases joined by “; ”, as a list."""
    local = wording.local_text(record, field)
    return [_marked(wording.LocalText(phrase, local.language)) for phrase in local.text.split("; ") if phrase]


@register.filter
def full_name(actor: Actor) -> str:
    return wording.full_name(actor)


@register.filter
def composed_summary(partnership: Partnership) -> str:
    return wording.composed_summary(partnership)


@register.filter
def time_span(partnership: Partnership) -> str:
    return wording.time_span(partnership)


@register.filter
def partial(date: PartialDate | None) -> str:
    """“November 2014”, in a ``time`` element."""
    if date is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', str(date), date.localised())


@register.filter
def on_shore(partnership: Partnership, country: str) -> list[Participation]:
    """The participants from one shore, in their order; uses what was prefetched."""
    return [part for part in partnership.participations.all() if part.actor.country == country]


@register.simple_tag(takes_context=True)
def this_page_in(context: dict[str, Any], language: str) -> str:
    """The address of this page, with its filters, in another language."""
    request: HttpRequest = context["request"]
    # Without the escape, a path that begins with “//” would be the address of another site.
    return escape_leading_slashes(http.in_language(request.get_full_path(), language))


@register.simple_tag(takes_context=True)
def is_section(context: dict[str, Any], url: str) -> SafeString:
    """``aria-current`` for the section of the site that this page belongs to."""
    request: HttpRequest = context["request"]
    if request.path == url:
        return SafeString(' aria-current="page"')
    return SafeString(' aria-current="true"' if request.path.startswith(url) else "")


@register.filter
def length_beyond(parts: list[Any], shown: int) -> int:
    """How many of a list are not shown."""
    return len(parts) - shown


@register.filter
def kept_fields(filters: ListFilterSet, own: str) -> list[tuple[str, str]]:
    """The chosen filters that a form must carry along, without the parameters (space-separated) it sets itself."""
    return [(name, value) for name in filters.filters if name not in own.split() for value in filters.chosen(name)]


@register.filter
def address_with(filters: ListFilterSet, change: str) -> str:
    """The list's address with one parameter set: ``"show=all"``, or dropped: ``"show="``."""
    name, _equals, value = change.partition("=")
    return filters.address({name: [value] if value else []})


@register.filter
def figure(value: Decimal) -> str:
    """12,000 or 0.5: grouped, without empty decimal places."""
    whole = value == value.to_integral_value()
    return f"{value:,.0f}" if whole else f"{value.normalize():,f}"


@register.filter
def join_words(words: list[str]) -> str:
    return pgettext("between several names", ", ").join(words)


@register.filter
def day(moment: dt.datetime) -> str:
    return partial(PartialDate(moment.year, moment.month, moment.day))
