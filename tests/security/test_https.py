"""The real server as it stands behind a proxy that speaks https: who may ask, what cookies say, where links lead."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest

from tests import server

pytestmark = pytest.mark.once

HOST = "directory.example.org"
SITE = f"https://{HOST}"
Answer = tuple[int, dict[str, str], SimpleCookie, str]


@pytest.fixture(scope="module")
def secure(site: server.Server) -> Iterator[server.Server]:
    running = server.start(
        site.folder,
        site.database_url,
        SITE_URL=SITE,
        ALLOWED_HOSTS=HOST,
        TRUSTED_PROXIES="127.0.0.1",
        SECRET_KEY="of the tests only, and long enough to be one that is not complained of",
        REQUIRE_MFA="0",
        EMAIL_URL="console:",
        CONTACT_EMAIL="contact@example.org",
    )
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        yield running
    finally:
        running.stop()


def ask(to: server.Server, path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
    """As the proxy passes a request on; ``Host`` and ``X_Forwarded_…`` may be given."""
    connection = to.connect()
    sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        connection.putheader(name, value)
    if body:
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body.encode())
    response: http.client.HTTPResponse = connection.getresponse()
    cookies: SimpleCookie = SimpleCookie()
    for value in response.headers.get_all("Set-Cookie") or []:
        cookies.load(value)
    text = response.read().decode(errors="replace")
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, cookies, text


@pytest.mark.parametrize("path", ["/", "/ja/", "/partnerships.json", "/no-such-page/", "/admin/", "/accounts/login/"])
def test_browsers_are_told_to_come_by_https_only(secure: server.Server, path: str) -> None:
    _status, headers, _cookies, _text = ask(secure, path)
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_plain_http_is_sent_to_https_at_the_same_host(secure: server.Server) -> None:
    status, headers, cookies, _text = ask(secure, "/partnerships/?q=kobe", X_Forwarded_Proto="http")
    assert (status, headers["location"]) == (301, f"{SITE}/partnerships/?q=kobe")
    assert not cookies
    assert ask(secure, "/healthz", X_Forwarded_Proto="http")[0] == 200


def test_public_pages_set_no_cookie_and_those_of_accounts_set_safe_ones(secure: server.Server) -> None:
    for path in ("/", "/partnerships/", "/suggest/", "/api/v1/partnerships/", "/no-such-page/", "/embed/partnerships/"):
        assert not ask(secure, path)[2], path
    _status, _headers, cookies, page = ask(secure, "/accounts/login/")
    assert cookies["csrftoken"]["secure"] and cookies["csrftoken"]["samesite"] == "Lax"
    name, password = site_editor(secure)
    token = cookies["csrftoken"].value
    login = f"login={name}&password={password}&csrfmiddlewaretoken={token}"
    sent = {"Cookie": f"csrftoken={token}", "Referer": f"{SITE}/accounts/login/"}
    status, headers, cookies, _text = ask(secure, "/accounts/login/", method="POST", body=login, **sent)
    assert (status, headers["location"]) == (302, "/admin/")
    session = cookies["sessionid"]
    assert session["secure"] and session["httponly"] and session["samesite"] == "Lax" and not session["domain"]
    assert "csrfmiddlewaretoken" in page


def site_editor(to: server.Server) -> tuple[str, str]:
    """The first account, which the server that started before this one made."""
    for log in to.log.parent.glob("server-*.log"):
        if found := server.FIRST_ACCOUNT.search(log.read_text()):
            return found[1], found[2]
    raise AssertionError("no first account")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"{HOST}.evil.example",
        f"sub.{HOST}",
        f"evil.example#{HOST}",
        f"{HOST}@evil.example",
        f"evil.example/{HOST}",
        f"{HOST}:443@evil.example",
        f"evil{HOST}",
        "127.0.0.1",
        "localhost",
        "",
        f"{HOST}, evil.example",
        f"{HOST}\tevil.example",
    ],
)
def test_it_answers_to_its_own_name_only(secure: server.Server, host: str) -> None:
    for path in ("/", "/accounts/password/reset/", "/api/v1/partnerships/"):
        try:
            status, _headers, cookies, text = ask(secure, path, Host=host)
        except (http.client.HTTPException, OSError):
            continue  # what is no host at all, the server does not even read
        assert status == 400, path
        assert "evil.example" not in text and not cookies


def test_no_header_of_a_proxy_that_nobody_set_up_changes_an_address(secure: server.Server) -> None:
    forged = {"X_Forwarded_Host": "evil.example", "X_Host": "evil.example", "Forwarded": "host=evil.example"}
    forged |= {"X_Original_URL": "/admin/", "X_Rewrite_URL": "/admin/", "X_Forwarded_Port": "666"}
    plain = ask(secure, "/partnerships/hawaii-okinawa-clean-energy-partnership/")
    other = ask(secure, "/partnerships/hawaii-okinawa-clean-energy-partnership/", **forged)
    assert plain[0] == other[0] == 200 and plain[3] == other[3]
    assert f'href="{SITE}/' in plain[3]
    status, headers, _cookies, _text = ask(secure, "/partnerships/?page=1", **forged)
    assert (status, headers["location"]) == (301, "/partnerships/")


def test_a_letter_about_a_password_leads_to_the_site_and_to_no_host_of_the_request(secure: server.Server) -> None:
    _status, _headers, cookies, _text = ask(secure, "/accounts/password/reset/")
    token = cookies["csrftoken"].value
    body = f"email=nobody%40example.org&csrfmiddlewaretoken={token}"
    sent = {"Cookie": f"csrftoken={token}", "Referer": f"{SITE}/accounts/password/reset/"}
    forged = {"X_Forwarded_Host": "evil.example", "Origin": SITE}
    status, headers, _cookies, _text = ask(
        secure, "/accounts/password/reset/", method="POST", body=body, **sent, **forged
    )
    assert (status, headers["location"]) == (302, "/accounts/password/reset/done/")
    secure.wait_until(lambda it: "nobody@example.org" in it.output)
    letter = secure.output.partition("To: nobody@example.org")[2]
    assert "evil.example" not in letter and "From: contact@example.org" in secure.output
