"""The WSGI application that granian serves."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from partnerships.monitoring.requests import WSGIApplication, watched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def ignoring_the_type_of_no_body(wrapped: WSGIApplication) -> WSGIApplication:
    """Drop ``Content-Type`` from requests that have no body.

    Django reads the query with the charset that it names, and fails in the constructor of the request, before any
    middleware, for codecs like ``hex`` that are no charsets.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            environ.pop("CONTENT_TYPE", None)
        return wrapped(environ, start_response)

    return application


application: WSGIApplication = ignoring_the_type_of_no_body(get_wsgi_application())

from django.conf import settings  # noqa: E402  (settings are read by the line above)

# What was loaded so far lives as long as the process, and the collector need not look at it again; nor need it run
# after every 700 objects, of which a page makes more.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 25, 50)

if not settings.DEBUG:
    logging.captureWarnings(True)  # Python would write them past the log

if settings.TRUSTED_PROXIES:
    application = wrap_wsgi_with_proxy_headers(application, trusted_hosts=settings.TRUSTED_PROXIES)
application = watched(application, settings)
