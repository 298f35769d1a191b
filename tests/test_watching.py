"""What those who run the site see of it: the log, metrics and reports of a real server, and nobody's words in them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests import server
from tests.sinks import MailServer, SentryServer

TOKEN = "a-token-for-prometheus"
# What must appear nowhere: as it is, and as it looks in an address, in JSON and in basic authentication.
PEOPLE = ["Hanako-Yamada", "hanako@example.net", "山田花子", "203.0.113.77", "correct-horse-battery", "evil.example"]
HIDDEN = [
    form
    for word in PEOPLE
    for form in (word, quote(word), json.dumps(word)[1:-1], base64.b64encode(f"{word}:{word}".encode()).decode())
]
HEADERS = {
    "X-Forwarded-For": "203.0.113.77",
    "User-Agent": "Hanako-Yamada",
    "Referer": "https://elsewhere.example/?who=hanako@example.net",
    "Cookie": "sessionid=Hanako-Yamada; who=hanako@example.net",
    "Authorization": "Basic " + base64.b64encode(b"hanako@example.net:hanako@example.net").decode(),
    "X-Name": quote("山田花子"),
}
QUERY = urlencode({"q": "Hanako-Yamada 山田花子", "theme": "hanako@example.net", "page": "correct-horse-battery"})
FORM = {
    "login": "hanako@example.net",
    "password": "correct-horse-battery",
    "text": "Hanako-Yamada 山田花子",
    "evidence_url": "https://example.org/?hanako@example.net",
    "sender_name": "山田花子",
    "sender_email": "hanako@example.net",
}

AWAY = ["auth_user", "partnerships_suggestion"]  # tables that are renamed for a while


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    page: str

    @property
    def request_id(self) -> str:
        return self.headers["x-request-id"]


@dataclass
class Story:
    """What was asked of the server, and what it left behind."""

    answers: dict[str, Answer] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)  # of the log, after the server's own words at its start
    mail: MailServer = field(default_factory=MailServer)
    sentry: SentryServer = field(default_factory=SentryServer)

    @property
    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines]

    def letters_about(self, table: str) -> list[EmailMessage]:
        return [letter for letter in self.mail.letters if table in letter["Subject"]]

    def of(self, name: str) -> list[dict[str, object]]:
        """What the log says of the request that was called so."""
        return [line for line in self.log if line.get("request_id") == self.answers[name].request_id]


def ask(running: server.Server, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
    with contextlib.closing(running.connect()) as connection:
        return ask_over(connection, path, method, body, **headers)


def ask_over(
    connection: http.client.HTTPConnection, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, given)
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, found, response.read().decode(errors="replace"))


@contextlib.contextmanager
def without_table(running: server.Server, table: str) -> Iterator[None]:
    running.write(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        running.write(f"ALTER TABLE {table}_away RENAME TO {table}")


@pytest.fixture(scope="module")
def story(site: server.Server) -> Iterator[Story]:
    """A server with everything on, of whom people ask all sorts of things, and whose database fails them."""
    told = Story()
    with told.mail, told.sentry:
        running = server.start(
            site.folder,
            site.database_url,
            LOG_REQUESTS="on",
            SLOW_QUERY_MS="1",
            METRICS_TOKEN=TOKEN,
            TRUSTED_PROXIES="127.0.0.1",
            EMAIL_URL=told.mail.url,
            ERROR_EMAIL="operators@example.org, on-call@example.org",
            SENTRY_DSN=told.sentry.dsn,
        )
        try:
            running.wait_until(lambda it: "Serving " in it.output)
            beginning = len(running.output)
            people_ask(running, told.answers)
            # Reports are sent beside the answers.
            running.wait_until(
                lambda it: all(told.letters_about(table) for table in AWAY) and len(told.sentry.events) >= 9
            )
        finally:
            running.stop()
        told.lines = running.output[beginning:].splitlines()
        yield told


def people_ask(running: server.Server, answers: dict[str, Answer]) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', (page := ask(running, "/accounts/login/")).page)
    assert token
    csrf = page.headers["set-cookie"].split(";")[0]
    signing_in = {
        "method": "POST",
        "body": urlencode(FORM | {"csrfmiddlewaretoken": token[1]}),
        **form,
        **{name.replace("-", "_"): value for name, value in HEADERS.items()},
        "Cookie": f"{csrf}; {HEADERS['Cookie']}",
    }
    for path in ("/", "/partnerships/", "/ja/actors/", "/peers/", "/admin/", "/api/v1/partnerships/", "/nowhere/"):
        answers[path] = ask(running, f"{path}?{QUERY}", **HEADERS)
    answers["kept"] = ask(running, "/about/", X_Request_ID="given-by-the-proxy")
    answers["kept again"] = ask(running, "/about/")
    answers["not an id"] = ask(running, "/about/", X_Request_ID="Hanako-Yamada's id")
    answers["typed as an address"] = ask(running, f"/{quote('山田花子')}/hanako@example.net/")
    answers["other host"] = ask(running, "/", Host="evil.example")
    answers["strange method"] = ask(running, "/", "BREW", **HEADERS)
    answers["from elsewhere"] = ask(running, "/accounts/login/", "POST", urlencode(FORM), **form)
    answers["refused"] = ask(running, "/accounts/login/", **signing_in)
    answers["suggested"] = ask(running, f"/suggest/?{QUERY}", "POST", urlencode(FORM), **form, **HEADERS)
    with without_table(running, AWAY[0]):
        answers["sign-in fails"] = ask(running, f"/accounts/login/?{QUERY}", **signing_in)
    with without_table(running, AWAY[1]):
        address = f"{answers['suggested'].headers['location']}?{QUERY}"
        answers["page fails"] = ask(running, address, **HEADERS)
        answers["suggestion fails"] = ask(running, f"/ja/suggest/?{QUERY}", "POST", urlencode(FORM), **form, **HEADERS)
        for _ in range(6):
            ask(running, address, **HEADERS)


def test_the_log_holds_nobodys_words(story: Story) -> None:
    log = "\n".join(story.lines)
    assert {answer.status for answer in story.answers.values()} >= {200, 302, 303, 400, 403, 404, 500}
    assert story.answers["refused"].status == 200 and "do not belong together" in story.answers["refused"].page
    assert [word for word in HIDDEN if word in log] == []
    reference = story.answers["suggested"].headers["location"].split("/")[2]
    assert reference and reference not in log


def test_every_line_is_json_with_the_same_beginning(story: Story) -> None:
    for line in story.log:
        assert list(line)[:4] == ["time", "level", "logger", "message"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line["time"]))


def test_an_error_is_one_line_with_the_request_and_the_traceback(story: Story) -> None:
    for name, path in (("page fails", "/suggest/..."), ("sign-in fails", "/accounts/login/")):
        answer = story.answers[name]
        [line] = [line for line in story.of(name) if line["level"] == "ERROR"]
        assert (line["message"], line["path"]) == ("Internal Server Error (500)", path)
        exception = str(line["exception"])
        assert exception.startswith("Traceback (most recent call last):\n")
        assert ", in suggestion_status\n" in exception or name != "page fails"
        table = "partnerships_suggestion" if name == "page fails" else "auth_user"
        assert re.search(rf"Error: .*{table}", exception.splitlines()[-1])
        # Who reports it can say which.
        assert answer.status == 500 and f"<code>{answer.request_id}</code>" in answer.page


def test_what_a_client_did_wrong_is_no_error(story: Story) -> None:
    [line] = [line for line in story.of("other host") if line["logger"] != "partnerships.requests"]
    assert (line["level"], line["logger"]) == ("WARNING", "django.security.DisallowedHost")
    assert "exception" not in line


def test_each_answer_has_an_id_of_its_own(story: Story) -> None:
    made = [answer.request_id for name, answer in story.answers.items() if name != "kept"]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in made)
    assert story.answers["kept again"].headers["etag"] == story.answers["kept"].headers["etag"]
    # A proxy that is trusted gives it where it has one.
    assert story.answers["kept"].request_id == "given-by-the-proxy"


def test_requests_are_logged_without_what_is_nobodys_business(story: Story) -> None:
    def of(name: str) -> tuple[object, ...]:
        [line] = [line for line in story.of(name) if line["logger"] == "partnerships.requests"]
        assert line["milliseconds"] and line["level"] == "INFO"
        return line["method"], line["path"], line["status"], line["bytes"]

    assert of("/ja/actors/") == ("GET", "/ja/actors/", 200, len(story.answers["/ja/actors/"].page.encode()))
    assert of("page fails")[:3] == ("GET", "/suggest/...", 500)
    assert of("typed as an address")[:3] == ("GET", "/?/?/", 404)
    assert of("strange method")[0] == "other"


def test_slow_statements_are_logged_with_placeholders(story: Story) -> None:
    slow = [str(line["sql"]) for line in story.log if line["message"] == "slow query"]
    assert any(sql.startswith("SELECT ") and "%s" in sql for sql in slow)
    assert all(len(sql) <= 2000 for sql in slow)


def test_errors_are_mailed_once_for_each_kind(story: Story) -> None:
    for table, faults in zip(AWAY, (1, 8), strict=True):
        letters = story.letters_about(table)
        assert 1 <= len(letters) <= min(faults, 2)  # one from each worker
        content = letters[0].get_content()
        assert letters[0]["To"] == "operators@example.org, on-call@example.org"
        assert "Traceback (most recent call last):" in content
        [request_id] = re.findall(r"^request_id: (\S+)", content, re.MULTILINE)
        told = [line for line in story.log if line["level"] == "ERROR" and line["request_id"] == request_id]
        assert table in str(told[0]["exception"]) and f"path: {told[0]['path']}" in content
    everything = "\n".join(f"{letter['Subject']}\n{letter.get_content()}" for letter in story.mail.letters)
    assert [word for word in HIDDEN if word in everything] == []


def test_errors_reach_sentry_without_anything_about_the_person(story: Story) -> None:
    everything = b"\n".join(story.sentry.envelopes).decode()
    assert [word for word in HIDDEN if word in everything] == []
    answer = story.answers["sign-in fails"]
    [event] = [event for event in story.sentry.events if event["tags"]["request_id"] == answer.request_id]
    assert event["tags"]["path"] == "/accounts/login/"
    assert not {"request", "user", "breadcrumbs", "extra", "contexts", "modules"} & set(event)
    last = event["exception"]["values"][-1]
    assert "auth_user" in last["value"]
    assert last["stacktrace"]["frames"]
    assert not any("vars" in frame for each in event["exception"]["values"] for frame in each["stacktrace"]["frames"])


# --- Metrics -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured(site: server.Server) -> Iterator[server.Server]:
    running = server.start(site.folder, site.database_url, METRICS_TOKEN=TOKEN)
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        yield running
    finally:
        running.stop()


def scrape(running: server.Server) -> dict[str, float]:
    answer = ask(running, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    lines = [line.rpartition(" ") for line in answer.page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}


def test_one_scrape_counts_the_requests_of_all_workers(measured: server.Server) -> None:
    name = 'directory_requests_total{kind="about",method="GET",status="2xx"}'
    before = scrape(measured).get(name, 0)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(contextlib.closing(measured.connect())) for _ in range(16)]
        assert {ask_over(connection, "/about/").status for connection in connections} == {200}
    # A request is counted when its answer has been sent, which the client may know first.
    measured.wait_until(lambda it: scrape(it).get(name) == before + 16)
    found = scrape(measured)
    folder = measured.folder / "metrics" / measured.url.rpartition(":")[2]
    workers = {int(path.stem.rpartition("_")[2]) for path in folder.glob("counter_*.db")}
    assert len(workers) == 2
    published = json.loads(ask(measured, "/api/v1/partnerships/?page_size=1").page)["count"]
    assert found['directory_published_records{kind="partnerships"}'] == published
    assert found["directory_database_up"] == 1

    # What a worker counted stays when it is gone.
    os.kill(min(workers), signal.SIGKILL)
    measured.wait_until(lambda it: len(list(folder.glob("counter_*.db"))) == 3 or not scrape_of_new_worker(it, folder))
    assert scrape(measured)[name] == before + 16


def scrape_of_new_worker(running: server.Server, folder: Path) -> bool:
    """Ask, so that a new worker has something to count."""
    with contextlib.suppress(OSError):
        ask(running, "/healthz")
    return True


def test_labels_stay_few_whatever_clients_send(measured: server.Server) -> None:
    def labels() -> set[str]:
        return {name for name in scrape(measured) if name.startswith("directory_requests_total")}

    ask(measured, "/nowhere/0/", "BREW-0")
    ask(measured, "/nowhere-0.csv", "GET")
    before = labels()
    for number in range(1, 30):
        ask(measured, f"/nowhere/{number}/?{number}", f"BREW-{number}")
        ask(measured, f"/nowhere-{number}.csv", "GET")
    assert labels() == before


@pytest.mark.parametrize(
    ("method", "authorization"),
    [
        ("GET", ""),
        ("GET", "Bearer "),
        ("GET", f"Bearer {TOKEN[:-1]}"),
        ("GET", f"Basic {TOKEN}"),
        ("POST", ""),
        ("POST", f"Bearer {TOKEN}"),
    ],
)
def test_without_the_token_there_is_no_such_page(measured: server.Server, method: str, authorization: str) -> None:
    def shown(path: str) -> tuple[int, str, list[str]]:
        answer = ask(measured, path, method, **({"Authorization": authorization} if authorization else {}))
        return answer.status, answer.page.replace(path, ""), sorted(set(answer.headers) - {"date", "x-request-id"})

    assert shown("/metrics") == shown("/metricx")
    assert shown("/metrics")[0] == 404
