"""Curators at work in the real admin: signed in with a password, forms opened, changed and sent back."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlencode

from tests.server import Server

CURATORS = ["first-curator", "second-curator"]
PASSWORD = "four words in a row"


class _Form(HTMLParser):
    """What a browser would send of one form of a page, unchanged; the buttons are left out."""

    def __init__(self, page: str, having: str) -> None:
        super().__init__()
        self.having = having
        self.fields: list[tuple[str, str]] = []
        self._found: list[list[tuple[str, str]]] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._text: list[str] | None = None
        self._name = ""
        self.feed(page)
        self.close()
        self.fields = next((found for found in self._found if having in dict(found)), [])
        assert self.fields, f"no form with {having}: {page[:2000]}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._found.append([])
        if not self._found:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"submit", "button", "file"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                default = "on" if given.get("type") in {"checkbox", "radio"} else ""
                self._found[-1].append((name, given.get("value", default)))
        elif tag == "select" and name:
            self._select, self._options, self._is_multiple = name, [], "multiple" in given
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea" and name:
            self._name, self._text = name, []

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, is_selected in self._options if is_selected]
            if not chosen and self._options and not self._is_multiple:
                chosen = [self._options[0][0]]
            self._found[-1] += [(self._select, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self._found[-1].append((self._name, "".join(self._text).removeprefix("\n")))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def complaints(self) -> list[str]:
        """What a form says is wrong with it, for messages of tests."""
        found = re.findall(r'class="(?:errornote|errorlist|lead)[^>]*>(.*?)</(?:p|ul)>', self.text, re.DOTALL)
        return [" ".join(re.sub("<[^>]+>", " ", text).split()) for text in found] or [self.text[:300]]


@dataclass
class Curator:
    """A browser at a site; each request has a connection of its own."""

    site: Server
    name: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)
    seconds: float = 60  # that one waits for an answer

    def __post_init__(self) -> None:
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar), _NoRedirect
        ).open

    @classmethod
    def signed_in(cls, site: Server, name: str) -> Self:
        curator = cls(site, name)
        form = curator.form("/accounts/login/", "login")
        answer = curator.post("/accounts/login/", form | {"login": name, "password": PASSWORD})
        assert answer.status == 302, answer.text
        return curator

    def get(self, path: str) -> Answer:
        return self._answer(urllib.request.Request(self.site.url + path))

    def post(self, path: str, fields: dict[str, str], **files: tuple[str, bytes]) -> Answer:
        body, kind = _multipart(fields, files) if files else (urlencode(fields).encode(), "")
        headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
        return self._answer(urllib.request.Request(self.site.url + path, body, headers))

    def form(self, path: str, having: str) -> dict[str, str]:
        """The form of a page that has a certain field."""
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text[:1000]}"
        return dict(_Form(answer.text, having).fields)

    def save(self, record: int, text: str) -> Answer:
        """Write ``text`` into both summaries and the first citation of a partnership and save it: 302 when done."""
        path = f"/admin/partnerships/partnership/{record}/change/"
        form = self.form(path, "summary_ja")
        written = {"summary": text, "summary_ja": text, "citations-0-locator": text, "_save": "Save"}
        assert "citations-0-locator" in form
        return self.post(path, form | written)

    def _answer(self, request: urllib.request.Request) -> Answer:
        try:
            with self._open(request, timeout=self.seconds) as response:
                return Answer(response.status, response.read().decode(), _by_lower_names(response.headers.items()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), _by_lower_names(error.headers.items()))


def _by_lower_names(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _multipart(fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, (file_name, content) in files.items()
    ]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
