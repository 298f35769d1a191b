"""Lists of records as files, with all columns that an import takes; and templates for files to come."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from partnerships.exports import tables, workbooks
from partnerships.services.importing import giving, may_bring
from partnerships.services.importing.columns import FLAT_FILES, FlatFile

CSV = "text/csv; charset=utf-8"


def head(flat: FlatFile) -> list[str]:
    """What stands in the first line, in the active language."""
    return [str(column.label) for column in flat.columns]


def as_file(content: Iterator[bytes] | bytes, content_type: str, name: str) -> HttpResponseBase:
    answer = HttpResponse if isinstance(content, bytes) else StreamingHttpResponse
    response: HttpResponseBase = answer(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class ExchangeAdmin(admin.ModelAdmin):
    """A list with “Import” and, for what it shows, “CSV” and “Excel”."""

    change_list_template = "admin/imports/change_list.html"

    @property
    def _flat(self) -> FlatFile:
        return next(flat for flat in FLAT_FILES.values() if flat.table.model is self.model)

    def get_urls(self) -> list[Any]:
        name = self._flat.model_name
        own = [
            path(
                f"export.{ending}",
                self.admin_site.admin_view(view),
                name=f"partnerships_{name}_{ending}",
            )
            for ending, view in (("csv", self.export_csv), ("xlsx", self.export_xlsx))
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        flat = self._flat
        query = request.GET.copy()
        for name in ("p", "all"):
            query.pop(name, None)
        files = [
            (label, f"{reverse(f'admin:partnerships_{flat.model_name}_{ending}')}?{query.urlencode()}".rstrip("?"))
            for label, ending in ((_("As CSV"), "csv"), (_("As Excel"), "xlsx"))
        ]
        may = may_bring(flat.name, request.user)
        import_address = f"{reverse('admin:partnerships_import_add')}?kind={flat.name}" if may else ""
        context = {"files": files, "import_address": import_address}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def export_csv(self, request: HttpRequest) -> HttpResponseBase:
        slugs = self._chosen(request)

        def pieces() -> Iterator[bytes]:
            yield first
            for batch in giving.lines(self._flat, slugs):
                yield tables.csv_rows(batch)

        first = tables.csv_table([head(self._flat)])
        return as_file(pieces(), CSV, f"{self._flat.name}.csv")

    def export_xlsx(self, request: HttpRequest) -> HttpResponseBase:
        flat, slugs = self._flat, self._chosen(request)[: workbooks.MOST_LINES]
        labels = dict(zip(flat.by_name, head(flat), strict=True))
        title = str(self.model._meta.verbose_name_plural)[:31]
        made = workbooks.workbook(title, labels, giving.lines(flat, slugs), len(slugs))
        return as_file(made, workbooks.CONTENT_TYPE, f"{flat.name}.xlsx")

    def _chosen(self, request: HttpRequest) -> list[str]:
        """What the list shows with these filters and this search, in its order."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            shown: Any = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise BadRequest from error
        return list(shown.values_list("slug", flat=True))


# --- Templates for files to come -------------------------------------------------------------------------------------


def template_lines(flat: FlatFile) -> list[list[str]]:
    """The first line and the examples."""
    first = {column.name: column.example for column in flat.columns}
    examples = [example or first for example in flat.examples]
    return [head(flat), *([example.get(column.name, "") for column in flat.columns] for example in examples)]


def template_csv(flat: FlatFile) -> bytes:
    return tables.csv_table(template_lines(flat))


def template_xlsx(flat: FlatFile) -> bytes:
    """A workbook to be filled in; its second sheet explains every column in both languages."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = str(flat.table.model._meta.verbose_name_plural)[:31]
    _fill(sheet, template_lines(flat), [28] * len(flat.columns))
    explained = book.create_sheet(pgettext("sheet", "Columns"))
    _fill(explained, _explanations(flat), [24, 28, 60, 60, 60])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _fill(sheet: Any, lines: list[list[str]], widths: list[int]) -> None:
    for number, line in enumerate(lines, 1):
        for place, text in enumerate(line, 1):
            cell = sheet.cell(number, place, text or None)
            cell.number_format = "@"  # text, so that no zero is lost and no date is made up
            cell.alignment = Alignment(vertical="top", wrap_text=number > 1)
            cell.font = Font(bold=number == 1)
    for place, width in enumerate(widths):
        sheet.column_dimensions[sheet.cell(1, place + 1).column_letter].width = width
    sheet.freeze_panes = "A2"


def _explanations(flat: FlatFile) -> list[list[str]]:
    lines = [["column", "列", "meaning", "説明", "words / 使える語"]]
    for column in flat.columns:
        labels, meanings, words = [], [], []
        own = flat.of_table(column)
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                labels.append(str(column.label))
                meanings.append(str(column.meaning))
                words.append(flat.table.labels(own) if own else {})
        codes = "\n".join(" = ".join([code, *(said[code] for said in words)]) for code in words[0])
        lines.append([*labels, *meanings, codes])
    return lines
