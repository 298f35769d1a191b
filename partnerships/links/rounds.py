"""Many visits: a few at a time, each site by one visitor, the others meanwhile."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx

from .fetching import Visit, Visitor, site_of

AT_ONCE = 8


def visit_all(
    visitor: Visitor, urls: Iterable[str], *, stop: threading.Event, at_once: int = AT_ONCE
) -> Generator[tuple[str, Visit], None, None]:
    """Each address once with what came of it, in the order in which they end; sites begin in the order given.

    Once ``stop`` is set no visit begins any more. What is wrong in this program is raised here, not in a thread.
    """
    sites: dict[str, deque[str]] = {}
    for url in dict.fromkeys(urls):
        sites.setdefault(_site(url), deque()).append(url)
    ended: queue.Queue[tuple[str, Visit] | BaseException | None] = queue.Queue()

    def go_through(site: deque[str]) -> None:
        try:
            while site and not stop.is_set():
                url = site.popleft()
                ended.put((url, visitor.visit(url)))
            ended.put(None)
        except BaseException as error:  # told by the thread that waits
            ended.put(error)

    with ThreadPoolExecutor(at_once) as visitors:
        try:
            for site in sites.values():
                visitors.submit(go_through, site)
            going = len(sites)
            while going:
                each = ended.get()
                if isinstance(each, BaseException):
                    raise each
                if each is None:
                    going -= 1
                else:
                    yield each
        finally:
            stop.set()
            visitors.shutdown(wait=False, cancel_futures=True)


def _site(url: str) -> str:
    try:
        return site_of(httpx.URL(url).raw_host.decode("ascii"))
    except (httpx.InvalidURL, UnicodeError):
        return ""
