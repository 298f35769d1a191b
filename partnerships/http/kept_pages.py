"""Public pages are the same for everyone: they are kept whole and answered before anything else is done.

A page is made of the data (whose version the database counts), of the day (pages say whether a term has ended) and of
this build. A kept page is shown only while all three are what they were before it was made.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotModified

from partnerships import databases
from partnerships.models import version

from . import encodings, entity_tags, shared_pages
from .store import Page, Store

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]
GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Caches may keep a page, but ask each time whether it is still right: a published change shows on the next request.
CACHE_CONTROL = "public, max-age=0, must-revalidate"
PURGE_TAG = "directory"  # of every page, because every page depends on the version of the directory
MOST_OVERTAKEN = 3  # times that a page is begun again
# Pages that a worker makes at a time. More would not be made sooner, because Python runs one thread at a time, but each
# would stand between a reader and a page that is kept. The second one runs while the first waits for a database.
MADE_AT_ONCE = 2
MEGABYTE = 1024 * 1024
READING = {"GET", "HEAD"}
SECONDS_A_DAY = 86_400

_making = threading.Semaphore(MADE_AT_ONCE)


class Moment(NamedTuple):
    """What a page is made from, apart from the build: two pages of one address and one moment are the same."""

    version: int
    day: int  # since 1970, in UTC

    @classmethod
    def now(cls, patience: float = 0) -> Moment:
        """``patience`` is how many seconds to wait for a database that is away."""
        return cls(databases.current_version(patience), cls.today())

    @staticmethod
    def today() -> int:
        return int(time.time() // SECONDS_A_DAY)


class Found(HttpResponse):
    """Stands for a page that another process has made, until it comes to ``kept_pages``."""

    def __init__(self, page: Page, moment: Moment) -> None:
        super().__init__()
        self.page = page
        self.moment = moment


def public_page(view: View) -> View:
    """Mark a view as public: what it answers with 200 depends on its address and the published directory only.

    It is read from a replica where there is one, is kept, and carries an ETag. A view may take a single answer out of
    that with a ``Cache-Control`` of its own.
    """

    @functools.wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with _making:
            # Before the view reads anything: what it reads may be newer, never older.
            moment = Moment.now(databases.SECONDS_OF_PATIENCE)
            if request.method == "GET" and (page := shared_pages.find(entity_tags.tag_for(_address(request), moment))):
                return Found(page, moment)
            call = functools.partial(view, request, *args, **kwargs)
            if request.method not in READING:
                return call()
            response, moment = _made(call, moment)
            if response.status_code == 200 and not response.has_header("Cache-Control"):
                response.made_at = moment  # type: ignore[attr-defined]
            return response

    return marked


def _made(call: Callable[[], HttpResponseBase], moment: Moment) -> tuple[HttpResponseBase, Moment]:
    """What a view answers, and the moment that this was made of.

    A view that a change overtook may have met two states of the directory, and have failed for no other reason: then
    it is asked again.
    """
    overtaken = 0
    while True:
        try:
            with version.held(moment.version):
                return databases.read(call, moment.version), moment
        except (Http404, *databases.LOST):
            raise
        except Exception:
            later = Moment.now()
            if later == moment or overtaken == MOST_OVERTAKEN:
                raise
            logger.info("A page was overtaken by a change and is made again.")
            moment, overtaken = later, overtaken + 1


def kept_pages(get_response: GetResponse) -> GetResponse:
    """Answer public pages from those that are kept, and keep those that are made."""
    if settings.DEBUG:
        raise MiddlewareNotUsed("Pages are made anew each time while templates are being worked on.")
    store = Store(settings.KEEP_PAGES * MEGABYTE)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method not in READING:
            return _without_caching(get_response(request))
        address = _address(request)
        known_tags = request.META.get("HTTP_IF_NONE_MATCH", "")
        if address in store or entity_tags.may_name_ours(known_tags):
            answer = _kept_answer(request, address, known_tags)
            if answer is not None:
                return answer
        response = get_response(request)
        if isinstance(response, Found):
            if _is_settled(response.moment):
                store.keep(address, response.moment, response.page)
            return _answer_known(request, address, response.page, known_tags)
        moment = getattr(response, "made_at", None)
        if moment is None or not _is_the_same_for_everyone(response):
            return _without_caching(response)
        tag = entity_tags.tag_for(address, moment)
        if isinstance(response, StreamingHttpResponse):  # which is not kept
            return _stream(request, response, tag)
        if not isinstance(response, HttpResponse):
            return _without_caching(response)
        for name, value in {"Content-Length": str(len(response.content)), **_validators(tag)}.items():
            response.headers[name] = value
        page = Page(response.headers, response.content, tag)
        if request.method == "GET" and _is_settled(moment):
            store.keep(address, moment, page)
            shared_pages.keep(page)
        return _answer_known(request, address, page, known_tags)

    def _kept_answer(request: HttpRequest, address: tuple[str, ...], known_tags: str) -> HttpResponse | None:
        try:
            moment = Moment.now()
        except databases.LOST:
            # Nothing can have changed that this server could know of: what it showed last is the best that there is.
            known = store.moment if databases.primary.is_away else None
            if not isinstance(known, Moment) or known.day != Moment.today():
                return None  # the view waits, or says what is wrong
            moment = known
        if entity_tags.may_name_ours(known_tags):
            tag = entity_tags.tag_for(address, moment)
            if entity_tags.names(known_tags, tag):
                return _not_modified(tag)
        page = store.find(address, moment)
        if page is None:
            return None
        return _not_modified(page.tag) if known_tags.strip() == "*" else _answer(request, address, page)

    def _answer_known(request: HttpRequest, address: tuple[str, ...], page: Page, known_tags: str) -> HttpResponse:
        if entity_tags.names(known_tags, page.tag) or known_tags.strip() == "*":
            return _not_modified(page.tag)
        return _answer(request, address, page)

    def _answer(request: HttpRequest, address: tuple[str, ...], page: Page) -> HttpResponse:
        coding = encodings.IDENTITY
        if len(page) >= encodings.SMALLEST and page.is_compressible:
            coding = _coding(request)
        has_grown = not page.is_there_in(coding)
        response = page.response_in(coding)
        if has_grown:
            store.weigh_again(address, page)
        return response

    def _is_settled(moment: Moment) -> bool:
        """Whether pages of this moment may be kept.

        What a transaction sees before its end may never come to be. And a view that was overtaken by a change must not
        make the store forget the pages that came after.
        """
        if connection.in_atomic_block:
            return False
        try:
            return moment == store.moment or moment == Moment.now()
        except databases.LOST:
            return False

    return middleware


def _coding(request: HttpRequest) -> str:
    return encodings.best_for(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def _stream(request: HttpRequest, response: StreamingHttpResponse, tag: str) -> StreamingHttpResponse:
    """A stream with its tag, compressed on its way."""
    for name, value in _validators(tag).items():
        response.headers[name] = value
    if request.method == "HEAD":
        response.streaming_content = ()  # what nobody reads need not be made
        return response
    coding = _coding(request)
    if coding != encodings.IDENTITY and encodings.is_compressible(response.headers["Content-Type"]):
        chunks: Any = response.streaming_content
        response.streaming_content = encodings.encode_stream(chunks, coding)
        response.headers["Content-Encoding"] = coding
    return response


def _address(request: HttpRequest) -> tuple[str, ...]:
    """What names a page: scheme, host, path and query, as they came.

    A host that the site does not answer to is in nobody's address, because its first request is refused.
    """
    meta = request.META
    return (request.scheme or "", meta.get("HTTP_HOST", ""), request.path, meta.get("QUERY_STRING", ""))


def _is_the_same_for_everyone(response: HttpResponseBase) -> bool:
    varies = response.headers.get("Vary", "Accept-Encoding").lower()
    return not response.cookies and varies == "accept-encoding" and not response.has_header("Content-Encoding")


def _validators(tag: str) -> dict[str, str]:
    validators = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding"}
    if seconds := settings.CDN_SECONDS:
        # RFC 9213: for a content delivery network, which may then answer without asking, and be told to forget
        # everything of this name. Browsers go by the other header.
        validators["CDN-Cache-Control"] = (
            f"public, max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error={SECONDS_A_DAY}"
        )
        validators["Surrogate-Key"] = validators["Cache-Tag"] = PURGE_TAG
    return validators


def _not_modified(tag: str) -> HttpResponse:
    return HttpResponseNotModified(headers=_validators(tag))


def _without_caching(response: HttpResponseBase) -> HttpResponseBase:
    """Errors and redirects may be wrong after the next change; without a word caches may keep them as they like."""
    response.headers.setdefault("Cache-Control", "no-cache")
    return response
