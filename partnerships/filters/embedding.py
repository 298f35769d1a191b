"""The parameters of what others put into their own pages."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from partnerships.models import Partnership

from .fields import ChoiceFilter
from .lists import ListFilterSet
from .partnerships import PartnershipFilter

_Kind = TypeVar("_Kind", bound=ListFilterSet)


class EmbedFilter(PartnershipFilter):
    """The listing's parameters, and what a page of somebody else shows of the list and how."""

    appearance = frozenset({"sort", "view", "rows", "look"})

    view = ChoiceFilter(
        label=gettext_lazy("What it shows"),
        choices=[
            ("list", pgettext_lazy("what an embed shows", "a list")),
            ("map", pgettext_lazy("what an embed shows", "a map")),
            ("both", pgettext_lazy("what an embed shows", "a map and a list")),
        ],
        method="keep",
    )
    rows = ChoiceFilter(
        label=gettext_lazy("Length of the list"),
        choices=[(number, number) for number in ("5", "10", "20")],
        method="keep",
    )
    look = ChoiceFilter(
        label=gettext_lazy("Colours"),
        choices=[
            ("auto", gettext_lazy("as on each device")),
            ("light", gettext_lazy("always light")),
        ],
        method="keep",
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        if name in {"rows", "sort"} and chosen.get("view") == ["map"]:
            return True  # a map shows everything, in no order
        return (name, value) in {("view", "list"), ("rows", "5"), ("look", "auto")} or super().is_default(
            name, value, chosen
        )

    @property
    def shows_map(self) -> bool:
        return self.chosen("view") in (["map"], ["both"])

    @property
    def most(self) -> int:
        """How many partnerships are named; none beside a map alone."""
        return 0 if self.chosen("view") == ["map"] else int((self.chosen("rows") or ["5"])[-1])

    @property
    def is_always_light(self) -> bool:
        return self.chosen("look") == ["light"]

    @cached_property
    def listing(self) -> PartnershipFilter:
        """The whole list with the same filters."""
        return self._with_parameters_of(PartnershipFilter)

    def _with_parameters_of(self, kind: type[_Kind]) -> _Kind:
        """The same choices as another kind of list has them; not looked at again, because they are understood."""
        other = kind(QueryDict(), self.queryset)
        data = QueryDict(mutable=True)
        for name in kind.base_filters:
            if chosen := self.chosen(name):
                data.setlist(name, chosen)
        other._keep(data)
        return other


class EmbedFormFilter(EmbedFilter):
    """The parameters of the page on which an embed is put together: its own, and its language."""

    appearance = EmbedFilter.appearance | {"language"}

    language = ChoiceFilter(
        label=gettext_lazy("Language"), choices=[("en", "English"), ("ja", "日本語")], method="keep"
    )

    class Meta:
        model = Partnership
        fields: list[str] = []

    def is_default(self, name: str, value: str, chosen: dict[str, list[str]]) -> bool:
        return (name, value) == ("language", get_language()) or super().is_default(name, value, chosen)

    @property
    def its_language(self) -> str:
        """Of the embed; that of the page unless another one is chosen."""
        return (self.chosen("language") or [get_language() or "en"])[-1]

    @cached_property
    def embed(self) -> EmbedFilter:
        return self._with_parameters_of(EmbedFilter)
