"""Answers that are sent while they are made."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import get_language


def stream(chunks: Iterator[bytes], content_type: str, file_name: str = "") -> StreamingHttpResponse:
    """A streamed answer, to be kept as a file where it has a name.

    Each chunk is made in the language that is active now: the server asks for them after the request's has ended.
    """
    response = StreamingHttpResponse(_in_language(chunks, get_language() or "en"), content_type=content_type)
    if file_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _in_language(chunks: Iterator[bytes], language: str) -> Iterator[bytes]:
    while True:
        with translation.override(language):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
