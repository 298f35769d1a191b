"""Every page, full of texts that try to become more than texts, in a real browser under the site's own policy.

If one were not escaped, the browser would say that the policy stopped it, or an element of its would be in the page. So
each page must leave the console empty, ask no other host for anything, and hold nothing called ``canary``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, Response
from pytest_django.live_server_helper import LiveServer

from partnerships import models as ours
from partnerships import search
from partnerships.services import suggestions
from tests import hostile
from tests import test_drafts as public
from tests import test_roles as admin_pages
from tests.importing import csv_file
from tests.signing_in import PASSWORD
from tests.test_hostile_records import make_directory

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

# What a browser saves instead of showing.
DOWNLOADS = (".csv", ".xlsx", ".json", ".geojson", ".ics", ".zip", ".bib", ".ris", ".atom", ".xml", ".txt")
NAME = "editor <img canary src=x onerror=alert(1)>"
# Words of the policy that would let in more than our own; an embed alone may be framed by http and https sites.
LOOSE = re.compile(r"unsafe-|\*|data:|blob:|http:|https:|strict-dynamic")


class Visit:
    """A tab that opens page after page and remembers what was wrong with each."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.wrong: list[str] = []
        self.seen = 0
        page.on("console", lambda it: it.type == "error" and self._complain(f"console: {it.text}"))
        page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        page.on("dialog", lambda dialog: (self._complain(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith(url) or self._complain(f"asked {request.url[:200]}"))
        page.on("response", self._look_at_the_policy)

    def open(self, address: str) -> None:
        self.page.goto(self.url + address)
        self.look()

    def look(self) -> None:
        """What is wrong with the page as it stands, once its scripts have run."""
        self.page.wait_for_load_state("load")
        for found in self.page.evaluate(hostile.FOUND_IN_PAGE):
            self._complain(f"became more than a text: {found}")
        self.seen += 1

    def send_everything(self, form: str, start: int) -> None:
        """Type a hostile text into every field of a form, past what the browser would refuse, and send it."""
        with self.page.expect_navigation():
            self.page.evaluate(
                """([form, texts, start]) => {
                  const chosen = document.querySelector(form);
                  [...chosen.elements].forEach((field, number) => {
                    if (field.type === "hidden" || field.type === "file" || field.name === "homepage") return;
                    if (!/^(input|textarea|select)$/i.test(field.tagName)) return;
                    if (/^(checkbox|radio|submit|button)$/.test(field.type)) return;
                    if (field.matches(".admin-autocomplete")) return;
                    const text = texts[(start + number) % texts.length];
                    if (field.tagName === "SELECT") field.add(new Option("x", text, true, true));
                    else { if (field.tagName === "INPUT") field.type = "text"; field.value = text; }
                  });
                  HTMLFormElement.prototype.submit.call(chosen);
                }""",
                [form, hostile.PAYLOADS, start],
            )
        self.look()

    def _complain(self, what: str) -> None:
        # A form with mistakes is answered with 422 and an address that is none with 404; browsers log both.
        if not re.search(r"status of (404|403|422|400)", what):
            self.wrong.append(f"{self.page.url.removeprefix(self.url)[:150]}: {what[:400]}")

    def _look_at_the_policy(self, response: Response) -> None:
        if response.request.resource_type != "document" or not 200 <= response.status < 600:
            return
        policy = response.headers.get("content-security-policy", "none at all")
        directives = [part.strip() for part in policy.split(";") if not part.strip().startswith("frame-ancestors")]
        if response.status not in range(300, 400) and ("default-src 'self'" not in directives):
            self._complain(f"its policy is {policy}")
        if any(LOOSE.search(directive) for directive in directives):
            self._complain(f"its policy is loose: {policy}")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, live_server: LiveServer) -> Visit:
    return Visit(context.new_page(), live_server.url)


def sign_in(context: BrowserContext, live_server: LiveServer, user: User) -> Client:
    client = Client(HTTP_USER_AGENT=hostile.PAYLOADS[0], HTTP_REFERER=hostile.PAYLOADS[1])
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    return client


def editor() -> User:
    user = User.objects.create_superuser("editor", "editor@example.org", PASSWORD)
    User.objects.filter(pk=user.pk).update(
        username=NAME, first_name=hostile.text(3, 150), last_name=hostile.text(9, 150)
    )
    user.refresh_from_db()
    return user


def fill_everything() -> None:
    start = 0
    for model in (*admin_pages.models_of_the_admin(),):
        if model._meta.app_label != "partnerships":
            continue
        for record in model._base_manager.all():
            hostile.fill(record, start)
            start += 7
        if hasattr(model, "history"):
            model.history.update(history_change_reason=hostile.text(start, 100))
    search.reindex()


def a_few(route: str, pattern: Any) -> list[str]:
    """Of the addresses of a page: two records', or the one without a question and the last one with one."""
    addresses = public.addresses_of(route, pattern)
    return [*addresses[:1], *addresses[1:][-1:]]


def test_no_text_of_a_record_becomes_more_on_any_public_page(visit: Visit) -> None:
    make_directory()
    fill_everything()
    for route, pattern in public.public_patterns():
        address = ""
        for address in a_few(route, pattern):
            if address.partition("?")[0].endswith(DOWNLOADS):
                continue
            visit.open(address)
        if pattern.pattern.converters and not (public.is_in_no_language(route, pattern) or route.endswith(DOWNLOADS)):
            visit.open(f"/ja{address}")
    for address in ("/no-such-page/", "/ja/partnerships/no-such-record/", "/api/v1/partnerships/none/", "/healthz"):
        visit.open(address)
    assert not visit.wrong, "\n".join(visit.wrong)
    assert visit.seen > 60


def test_nothing_asked_for_becomes_more_than_a_text(visit: Visit) -> None:
    make_directory()
    values = [quote(text, safe="") for text in hostile.PAYLOADS]
    names = sorted(
        set(re.findall(r"[\w-]+(?==)", " ".join(asked for each in public.QUERIES.values() for asked in each)))
    )
    names += ["page", "next", "level", "date", "by", "language", "languages", "view", "look", "show", "format"]
    pages = [
        route
        for route, pattern in public.public_patterns()
        if not pattern.pattern.converters and not route.endswith(DOWNLOADS)
    ]
    for number, page in enumerate(pages):
        # Every parameter has every value where it may repeat; of the others the last one counts.
        turned = [*values[number % len(values) :], *values[: number % len(values)]]
        query = "&".join(f"{name}={value}" for place, name in enumerate(names) for value in turned[place % 9 :: 9])
        visit.open(f"{page}?{query}")
    for number, value in enumerate(values[::3]):
        section = ("partnerships", "actors", "sources", "themes", "suggest", "api/v1/actors", "")[number % 7]
        visit.open(f"/{section}/{value}/".replace("//", "/"))
    assert not visit.wrong, "\n".join(visit.wrong)


def test_nothing_sent_in_a_form_becomes_more_than_a_text(visit: Visit, live_server: LiveServer) -> None:
    make_directory()
    record = ours.Partnership.objects.first()
    assert record is not None
    for start, address in enumerate(["/suggest/", f"/ja/partnerships/{record.slug}/suggest/"]):
        visit.open(address)
        visit.send_everything("form[method=post]", start * 5)
    suggestion = public.Suggestion.objects.create(
        reference="A" * 16, text="A text", language="en", sender_email="a@example.org"
    )
    suggestions.ask(suggestion=suggestion, by=editor(), question=hostile.text(0, 1000))
    visit.open(f"/suggest/{suggestion.reference}/")
    visit.send_everything("form[method=post]", 11)
    for start, address in enumerate(["/accounts/login/", "/accounts/password/reset/", "/ja/accounts/login/"]):
        visit.open(f"{address}?next={quote(hostile.PAYLOADS[start])}")
        if visit.page.locator("form[method=post]").count():
            visit.send_everything("form[method=post]", 20 + start)
    assert not visit.wrong, "\n".join(visit.wrong)


@pytest.mark.parametrize("address", ["/", "/partnerships/", "/embed/partnerships/", "/api/v1/docs/", "/admin/"])
def test_what_got_into_a_page_all_the_same_would_not_run(
    visit: Visit, context: BrowserContext, live_server: LiveServer, address: str
) -> None:
    """The policy is the second wall: elements are put into the page as if nothing had been escaped."""
    sign_in(context, live_server, editor())
    visit.open(address)
    assert visit.wrong == []
    went_through: list[str] = []
    visit.page.on("dialog", lambda dialog: went_through.append(dialog.message))
    visit.page.on("requestfinished", lambda it: hostile.HOST in it.url and went_through.append(it.url))
    visit.page.evaluate(
        """texts => {
          for (const text of texts) {
            document.body.insertAdjacentHTML("beforeend", text);
            const script = document.createElement("script");
            script.textContent = "alert(1)";
            document.body.append(script);
            setTimeout("alert(1)");
          }
          for (const link of document.querySelectorAll("a[canary]")) link.click();
        }""",
        [text for text in hostile.PAYLOADS if "http-equiv" not in text],  # which may lead anywhere, and runs nothing
    )
    visit.page.wait_for_load_state("networkidle")
    assert went_through == []
    assert sum("Content Security Policy" in what for what in visit.wrong) > 10


def admin_addresses(one_of: Any) -> list[str]:
    """Every page of the admin that may be looked at, of records full of hostile texts."""
    found = []
    for model in admin_pages.models_of_the_admin():
        record = one_of(model)
        found += [address for _needed, address in admin_pages.addresses(model, record)]
    for name in admin_pages.PAGES:
        address = admin_pages.page_address(name)
        # The page that chooses a source wants a window that opened it.
        if not address.endswith((".csv", ".xlsx", "/jsi18n/", "/choose/")):
            found.append(address)
    return list(dict.fromkeys(found))


def test_no_text_becomes_more_on_any_page_of_the_admin(
    visit: Visit, context: BrowserContext, live_server: LiveServer
) -> None:
    user = editor()
    client = sign_in(context, live_server, user)
    addresses = admin_addresses(admin_pages.making_one_of())
    fill_everything()
    only_to_post = {address for address in addresses if client.get(address).status_code in (403, 405)}
    for address in addresses:
        if address not in only_to_post:
            visit.open(address)
    for address in ("/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/", "/ja/admin/"):
        visit.open(address)
    bring_files(visit)
    for model in ("partnership", "actor", "source", "theme"):
        visit.open(reverse(f"admin:partnerships_{model}_add"))
        visit.send_everything(f"#{model}_form", 3)
    assert not visit.wrong, "\n".join(visit.wrong)
    assert visit.seen > 130


def bring_files(visit: Visit) -> None:
    """Files whose names, columns and cells are hostile: an import with its reasons, and a register."""
    name = "ties <img canary src=x onerror=alert(1)>.csv"
    columns = (
        "title",
        "title_ja",
        "kind",
        "status",
        "started",
        "themes",
        "us_participants",
        "jp_participants",
        "sources",
    )
    lines = [
        {column: hostile.PAYLOADS[(number + place) % len(hostile.PAYLOADS)] for place, column in enumerate(columns)}
        for number in range(len(hostile.PAYLOADS))
    ]
    for content in (csv_file({hostile.PAYLOADS[3]: "x", hostile.PAYLOADS[4]: hostile.PAYLOADS[5]}), csv_file(*lines)):
        visit.open(reverse("admin:partnerships_import_add"))
        visit.page.locator("select[name=kind]").select_option("partnerships")
        visit.page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "text/csv", "buffer": content}
        )
        with visit.page.expect_navigation():
            visit.page.locator("form:has(input[type=file]) [type=submit]").first.click()
        visit.page.wait_for_load_state("networkidle")  # a file that was taken is checked by a script
        visit.look()
    imported = ours.Import.objects.order_by("-pk")[0]
    assert imported.lines.filter(outcome="wrong").exists()
    visit.open(reverse("admin:partnerships_import_change", args=[imported.pk]))
    register = csv_file(
        *(
            {"register": "clair", "key": f"{number}{text}"[:190], "us_name": text[:190], "jp_name": text[:190]}
            | {"date": text[:50], "status": text[:90], "url": f"https://example.org/?{text}"}
            for number, text in enumerate(hostile.PAYLOADS)
        )
    )
    for file in (register, csv_file({hostile.PAYLOADS[3]: "x"})):
        visit.open(reverse("admin:reconcile"))
        visit.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": file})
        visit.page.locator("[name=read_on]").fill("2026-01-01")
        with visit.page.expect_navigation():
            visit.page.locator("[name=read_on]").press("Enter")
        visit.look()
