"""What the public pages' templates can say: addresses, bilingual texts, partial dates, numbers; all data is escaped."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import Field, Model
from django.http import HttpRequest
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language, gettext, ngettext, npgettext, override, pgettext
from django.utils.translation import gettext as _
from jinja2 import Environment, StrictUndefined, nodes, pass_environment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from . import freshness, http, linked_data, maps, wording
from .after_paint import scripts_after_paint
from .facets import Facets, FacetValue
from .filters import ListFilterSet
from .marks import Fragment
from .models import PartialDate, Participation, Partnership
from .text import Query


class Pages(Jinja2):
    """Django's Jinja2 with an environment for each language, in which templates are compiled."""

    _environments: dict[str, PageEnvironment]

    @property
    def env(self) -> Any:
        return self._environments[language()]

    @env.setter
    def env(self, made: Any) -> None:
        self._environments = {code: made.in_language(code) for code, _name in settings.LANGUAGES}


class PageEnvironment(Environment):
    """Jinja2 as the pages use it: a name that does not exist is an error, texts come from Django's catalogues.

    What depends on nothing but the language (texts, addresses of lists, names of static files) is worked out when a
    template is compiled: on a listing, that is most of the page around the rows.
    """

    language = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            extensions=["jinja2.ext.i18n"],
            undefined=StrictUndefined,
            autoescape=True,
            lstrip_blocks=True,
            auto_reload=options["auto_reload"],
            loader=options["loader"],
        )
        self.policies["ext.i18n.trimmed"] = True
        self.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
            gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
        )
        self.globals["_"] = translated  # for texts without variables, which most are
        self.globals |= {function.__name__: function for function in GLOBALS}
        self.filters |= {function.__name__: function for function in FILTERS}

    def in_language(self, code: str) -> PageEnvironment:
        made: Any = self.overlay()
        made.language = code
        return made

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # No template has globals of its own. A plain dictionary is compared ten times faster than Jinja2's chain of
        # two, and that is done for each template that a page imports from.
        return self.globals if d is None else super().make_globals(d)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = _Unindented().visit(super()._parse(source, name, filename))
        with override(self.language):
            return _Constants().visit(template)


class _Unindented(NodeTransformer):
    """What indents a template stays in it: the spaces before lines are a seventh of a listing, and nobody's to read."""

    def visit_TemplateData(self, data: nodes.TemplateData) -> nodes.TemplateData:
        return nodes.TemplateData(re.sub(r"\s*\n\s*", "\n", data.data), lineno=data.lineno)


class _Constants(NodeTransformer):
    """Calls with nothing but constants become what they give in the active language.

    Of functions in ``CONSTANT``, that is. Of a translated text with variables, the text does: ``Markup("…") % {…}``;
    of one with a plural, both texts do, or the one that Japanese has.
    """

    def visit_Call(self, call: nodes.Call) -> nodes.Expr:
        self.generic_visit(call)
        if not isinstance(call.node, nodes.Name) or call.dyn_args or call.dyn_kwargs:
            return call
        name, values = call.node.name, [argument.value for argument in call.args if isinstance(argument, nodes.Const)]
        if name == "ngettext" and len(values) == len(call.args) - 1 == 2:
            singular, plural = values
            one, many = (nodes.Const(Markup(ngettext(singular, plural, n))) for n in (1, 2))  # noqa: S704 (as below)
            is_one = nodes.Compare(call.args[2], [nodes.Operand("eq", nodes.Const(1))])
            return self._filled(many if one.value == many.value else nodes.CondExpr(is_one, one, many), call)
        if len(values) < len(call.args):
            return call
        if name in CONSTANT and not call.kwargs:
            return nodes.Const(CONSTANT[name](*values), lineno=call.lineno)
        if name in TEXTS:
            text = Markup(TEXTS[name](*values))  # noqa: S704 (a translator's words)
            return self._filled(nodes.Const(text), call) if call.kwargs else nodes.Const(text % {}, lineno=call.lineno)
        return call

    def _filled(self, text: nodes.Expr, call: nodes.Call) -> nodes.Expr:
        variables = [nodes.Pair(nodes.Const(given.key), given.value) for given in call.kwargs]
        return nodes.Mod(text, nodes.Dict(variables), lineno=call.lineno)


def macros(template: str) -> Any:
    """The macros of a template, to be called in the active language."""
    return engines["jinja2"].env.get_template(template).module  # type: ignore[attr-defined]


def translated(text: str) -> str:
    """A text of the interface in the active language."""
    return gettext(text) % {}  # a percent sign is written twice, as in texts with variables


# --- Functions -----------------------------------------------------------------------------------------------------


def url(name: str, slug: str = "") -> str:
    """The address of a page in the active language; of a record's page where a slug is given."""
    before, after = _around_slug(name, language(), is_record=bool(slug))
    return f"{before}{slug}{after}"


@functools.cache
def _around_slug(name: str, language: str, *, is_record: bool) -> tuple[str, str]:
    """An address cut where its slug stands; kept, because ``reverse`` takes 11 µs and a listing has 170 addresses."""
    before, _slug, after = reverse(name, args=["slug"]).rpartition("slug") if is_record else (reverse(name), "", "")
    return before, after


def language() -> str:
    """The language that the page is in."""
    return get_language() or "en"


def this_page_in(request: HttpRequest, language: str) -> str:
    """The address of this page, with its filters, in another language."""
    # Without the escape, a path that begins with “//” would be the address of another site.
    return escape_leading_slashes(http.in_language(request.get_full_path(), language))


def absolute(path: str, language: str = "") -> str:
    """An address of this site as others must write it; of the page in another language where one is given."""
    return linked_data.absolute(http.in_language(path, language) if language else path)


SECTIONS = ("partnership-list", "actor-list", "theme-list", "peers", "map", "coverage", "source-list")


def section(request: HttpRequest) -> tuple[str, str]:
    """The section of the site that this page belongs to, and what ``aria-current`` says of its link."""
    for name in SECTIONS:
        address = url(name)
        if request.path.startswith(address):
            return name, "page" if request.path == address else "true"
    return "", ""


@pass_environment
def kept(environment: Environment, template: str, macro: str, *values: str) -> Markup:
    """What a macro makes of these values in the active language; each made once."""
    return _kept(environment, template, macro, values)


@functools.lru_cache(maxsize=200)
def _kept(environment: Environment, template: str, macro: str, values: tuple[str, ...]) -> Markup:
    module: Any = environment.get_template(template).module
    return getattr(module, macro)(*values)


def cites(numbers: int | list[int] | None, page: str = "") -> str:
    """Links to the numbered sources that a statement rests on, close behind its last word.

    They stand on this page, or on another one where its address is given.
    """
    if not numbers:
        return ""
    listed = [numbers] if isinstance(numbers, int) else numbers
    links = ((page, number, _("Source %(number)d") % {"number": number}, number) for number in listed)
    return format_html(
        '<sup class="cite">{}</sup>',
        format_html_join("", '<a href="{}#source-{}" aria-label="{}">{}</a>', links),
    )


def back_links(facts: Sequence[tuple[str, str]]) -> str:
    """What a source supports, each a word that leads to its place on the page where it has one."""
    links = [
        format_html('<a class="back" href="#{}">{}</a>', place, word) if place else escape(word)
        for word, place in facts
    ]
    return format_html_join(pgettext("between several names", ", "), "{}", ((link,) for link in links))


ADDRESS, COUNT = "\x01", "\x02"  # where a facet's pattern is filled

GLOBALS = [url, static, scripts_after_paint, language, this_page_in, absolute, section, kept, cites, back_links]
CONSTANT: dict[str, Any] = {"_": translated} | {
    function.__name__: function for function in (url, static, scripts_after_paint, language, absolute)
}
TEXTS: dict[str, Any] = {"gettext": gettext, "pgettext": pgettext}


# --- Filters -------------------------------------------------------------------------------------------------------


def text(record: Model, field: str) -> str:
    """A bilingual field, marked with its language where that is not the page's."""
    return in_its_language(wording.local_text(record, field))


def plain_text(record: Model, field: str) -> str:
    """The same without markup, for titles and attributes."""
    return str(wording.local_text(record, field))


def other_text(record: Model, field: str) -> str:
    """The field in the other language, marked as such; empty where there is none or it is the one shown already."""
    other = wording.other_text(record, field)
    shown = wording.local_text(record, field)
    return "" if not other or other.text == shown.text else in_its_language(other)


def in_its_language(local: wording.LocalText) -> str:
    """A text, marked with its language where that is not the page's."""
    if local.is_foreign:
        return format_html('<span lang="{}">{}</span>', local.language, local.text)
    return local.text


def as_written(text: str) -> str:
    """A text that exists in one language only, marked with it where that is not the page's."""
    written_in = wording.language_of(text)
    return in_its_language(wording.LocalText(text, written_in, is_foreign=written_in != language()))


def bracketed(text: str | int) -> str:
    """What follows a word in brackets, in those of the active language."""
    return _(" (%(text)s)") % {"text": text}


def phrases(record: Model, field: str) -> list[str]:
    """A field of phrases joined by “; ”, as a list."""
    local = wording.local_text(record, field)
    return [in_its_language(replace(local, text=phrase)) for phrase in local.text.split("; ") if phrase]


def choice(record: Model, field: str) -> str:
    """The label of the value that a field has among its choices."""
    value = getattr(record, field)
    return str(_labels(type(record), field).get(value, value))


@functools.cache
def _labels(model: type[Model], name: str) -> dict[Any, Any]:
    """The lazy labels by value; kept, because Django's own ``get_…_display`` makes this anew at every call (34 µs)."""
    field = model._meta.get_field(name)
    return dict(field.flatchoices) if isinstance(field, Field) else {}


def partial(date: PartialDate | None) -> str:
    """“November 2014”, in a ``time`` element."""
    if date is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', str(date), date.localised())


def day(moment: dt.date) -> str:
    """A day, or that of a moment, in a ``time`` element."""
    return partial(PartialDate(moment.year, moment.month, moment.day))


def on_shore(partnership: Partnership, country: str) -> list[Participation]:
    """The participants from one shore, in their order; uses what was prefetched."""
    return [part for part in partnership.participations.all() if part.actor.country == country]


def length_beyond(parts: Sequence[Any], shown: int) -> int:
    """How many of a list are not shown."""
    return len(parts) - shown


def kept_fields(filters: ListFilterSet, *own: str) -> list[tuple[str, str]]:
    """The chosen filters that a form must carry along, without the parameters it sets itself."""
    return filters.chosen_but(own)


def address_with(filters: ListFilterSet, **changes: str) -> str:
    """The list's address with some parameters set, or dropped where they are empty."""
    return filters.address({name: [value] if value else [] for name, value in changes.items()})


def intcomma(number: int) -> str:
    """12,345: grouped by thousands, as both languages do."""
    return f"{number:,}"


def per_cent(share: float) -> str:
    """15.3%: of a share from 0 to 1."""
    return f"{share:.1%}"


def weight(number: float) -> str:
    """0.75: as exactly as a weight is meant."""
    return f"{number:.2f}"


def join_words(words: list[str]) -> str:
    """Several words in one line, as the active language joins them."""
    return pgettext("between several names", ", ").join(words)


def marked(text: str, query: Query) -> Markup:
    """A text, or finished HTML, with the places marked that a search found."""
    return Markup(Fragment(escape(text)).marked(query))  # noqa: S704 (escaped)


@pass_environment
def facet_lists(environment: Environment, facets: Facets) -> Markup:
    """All facets of a list; the pages of one list have them in common."""
    if not facets.html:
        macro: Any = environment.get_template("includes/facets.html").module.facets  # type: ignore[attr-defined]
        facets.html = macro(facets)
    return facets.html


@pass_environment
def facet_items(environment: Environment, values: list[FacetValue]) -> Markup:
    """The items of a facet's list. What is the same in each is rendered once for each label and then only filled."""
    pieces: list[str] = []
    for value in values:
        before, between, after = _facet_pattern(environment, value.label, value.selected)
        # Of what HTML reserves, an encoded address holds nothing but “&”.
        pieces += (before, value.toggle_url.replace("&", "&amp;"), between, f"{value.count:,}", after)
    return Markup("".join(pieces))  # noqa: S704 (the template's own output; address escaped, count a number)


@functools.lru_cache(maxsize=2_000)
def _facet_pattern(environment: Environment, label: str, is_chosen: bool) -> tuple[str, str, str]:
    macro: Any = environment.get_template("includes/facets.html").module.facet_value  # type: ignore[attr-defined]
    # The label stands between the two, and whatever it holds ends neither.
    before, rest = str(macro(label, is_chosen, ADDRESS, COUNT)).split(ADDRESS, 1)
    between, after = rest.rsplit(COUNT, 1)
    return before, between, after


def breadcrumb_data(trail: list[tuple[str, str]]) -> str:
    """The way to a page as machines read it."""
    return linked_data.script(linked_data.breadcrumbs(trail))


FILTERS = [
    breadcrumb_data,
    marked,
    facet_lists,
    facet_items,
    text,
    plain_text,
    other_text,
    in_its_language,
    as_written,
    bracketed,
    phrases,
    choice,
    partial,
    day,
    on_shore,
    maps.ties_of,
    length_beyond,
    kept_fields,
    address_with,
    intcomma,
    per_cent,
    weight,
    join_words,
    wording.figure,
    wording.full_name,
    wording.code_system,
    wording.language_of,
    wording.reference,
    wording.composed_summary,
    wording.time_span,
    wording.years,
    wording.term,
    freshness.evidence_label,
    freshness.sources_label,
    freshness.state,
]
