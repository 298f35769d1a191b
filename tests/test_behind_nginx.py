"""The site as others reach it: ``config/nginx.conf`` in a real nginx, with a certificate, before the real server."""

from __future__ import annotations

import csv
import io
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from partnerships.services.importing.reading import LARGEST_FILE
from tests import server

pytestmark = pytest.mark.once

HOST = "directory.test"
LIMIT = 60  # requests a minute and client
KEY = "only-for-tests-" * 5


@dataclass
class Site:
    """The running site; ``log`` is what nginx noted of requests."""

    running: server.Server
    editor: tuple[str, str]  # name and password
    http_port: int
    https_port: int
    certificate: Path
    log: Path
    clients: int = 1

    def client(self, **options: Any) -> httpx.Client:
        """A browser at an address of its own."""
        self.clients += 1
        trusting = ssl.create_default_context(cafile=str(self.certificate))
        return httpx.Client(
            transport=_Named(httpx.HTTPTransport(verify=trusting, local_address=f"127.0.0.{self.clients}")),
            base_url=f"https://127.0.0.1:{self.https_port}",
            headers={"Host": HOST},
            timeout=30,
            **options,
        )


class _Named(httpx.BaseTransport):
    """Connects to this machine under the site's name, which no DNS knows."""

    def __init__(self, transport: httpx.HTTPTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = HOST
        return self._transport.handle_request(request)


@pytest.fixture(scope="module")
def site(site: server.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        if os.environ.get("REQUIRE_NGINX") == "1":
            pytest.fail("nginx is not installed.")
        pytest.skip("nginx is not installed.")
    folder = tmp_path_factory.mktemp("behind-nginx")
    running = server.start(
        site.folder,
        site.database_url,
        SECRET_KEY=KEY,
        SITE_URL=f"https://{HOST}",
        ALLOWED_HOSTS=f"{HOST},127.0.0.1",
        TRUSTED_PROXIES="127.0.0.1",
        RATE_LIMIT=str(LIMIT),
        REQUIRE_MFA="off",  # its first visit sets up a factor, which other tests do
    )
    try:
        running.wait_until(lambda it: "Serving " in it.output)
        proxied, process = _start_nginx(nginx, folder, running, site.editor)
        try:
            yield proxied
        finally:
            process.terminate()
            process.wait(server.SECONDS_TO_STOP)
    finally:
        running.stop()


def _start_nginx(
    nginx: str, folder: Path, running: server.Server, editor: tuple[str, str]
) -> tuple[Site, subprocess.Popen[bytes]]:
    http_port, https_port = server.free_port(), server.free_port()
    certificate = folder / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
            *("-keyout", str(folder / "privkey.pem"), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    ours = (server.ROOT / "config" / "nginx.conf").read_text()
    for written, here in {
        "${SITE_HOST}": HOST,
        "${UPSTREAM}": running.url.removeprefix("http://"),
        "${CERTIFICATES}": str(folder),
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{https_port} ssl",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "/var/log/nginx": str(folder),
    }.items():
        assert written in ours, written
        ours = ours.replace(written, here)
    (folder / "directory.conf").write_text(ours)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    (folder / "nginx.conf").write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log warn;\nevents {{}}\n"
        + f"http {{\n{''.join(f'{kind}_temp_path {folder}/{kind};' for kind in kinds)}\n"
        + f"gzip on;\ninclude {folder}/directory.conf;\n}}\n"  # on, as in Debian's own nginx.conf
    )
    command = [nginx, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t", "-q"], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    site = Site(running, editor, http_port, https_port, certificate, folder / "access.log")
    until = time.monotonic() + 20
    while not _is_there(site):
        assert process.poll() is None, (folder / "error.log").read_text()
        assert time.monotonic() < until, "nginx does not answer."
        time.sleep(0.05)
    return site, process


def _is_there(site: Site) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{site.http_port}/", trust_env=False).status_code == 301
    except httpx.TransportError:
        return False


def signed_in(site: Site) -> httpx.Client:
    """A browser in which the first editor has signed in."""
    name, password = site.editor
    browser = site.client(follow_redirects=False)
    sign_in = browser.get("/accounts/login/")
    answer = browser.post(
        "/accounts/login/",
        data={"csrfmiddlewaretoken": _token(sign_in), "login": name, "password": password},
        headers={"Referer": f"https://{HOST}/accounts/login/"},
    )
    assert answer.status_code == 302, answer.text
    return browser


def _token(page: httpx.Response) -> str:
    return page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


# --- Pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/ja/partnerships/", "/api/v1/partnerships/", "/sitemap.xml", "/healthz"])
def test_pages_come_over_https(site: Site, path: str) -> None:
    answer = site.client().get(path)
    assert answer.status_code == 200
    assert "nginx/" not in answer.headers["Server"]  # not which version


def test_pages_are_secured_once(site: Site) -> None:
    headers = site.client().get("/").headers
    for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options"):
        assert len(headers.get_list(name)) == 1, name


def test_plain_http_leads_to_the_same_address_over_https(site: Site) -> None:
    answer = httpx.get(f"http://127.0.0.1:{site.http_port}/partnerships/?q=port", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/partnerships/?q=port")


def test_a_host_name_of_somebody_else_is_refused(site: Site) -> None:
    assert site.client().get("/partnerships/", headers={"Host": "evil.example"}).status_code == 400


def test_browsers_are_offered_http_2(site: Site) -> None:
    offering = ssl.create_default_context(cafile=str(site.certificate))
    offering.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", site.https_port), timeout=10)
    with offering.wrap_socket(plain, server_hostname=HOST) as secured:
        assert secured.selected_alpn_protocol() == "h2"


def test_a_page_that_is_still_the_same_is_not_sent_again(site: Site) -> None:
    browser = site.client()
    tag = browser.get("/partnerships/").headers["ETag"]
    again = browser.get("/partnerships/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_is_compressed_by_the_directory_and_not_by_nginx(site: Site) -> None:
    browser = site.client()
    assert browser.get("/", headers={"Accept-Encoding": "br"}).headers["Content-Encoding"] == "br"
    zipped = browser.get("/", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers.get_list("Content-Encoding") == ["gzip"]
    assert zipped.text.startswith("<!DOCTYPE html>")
    # A page that holds a secret is not compressed by the directory on purpose (BREACH).
    form = browser.get("/accounts/login/", headers={"Accept-Encoding": "gzip"})
    assert (form.status_code, "Content-Encoding" in form.headers) == (200, False)


def test_an_address_with_very_many_filters_is_answered(site: Site) -> None:
    years = "&".join(f"actor=city-{number:05}" for number in range(2_500))
    answer = site.client().get(f"/partnerships/?{years}", follow_redirects=False)
    assert len(years) > 40_000
    assert answer.status_code in {200, 301, 302}


def test_a_list_as_a_table_comes_whole(site: Site) -> None:
    browser = site.client()
    with browser.stream("GET", "/partnerships.csv") as answer:
        table = b"".join(answer.iter_bytes()).decode("utf-8-sig")
    count = browser.get("/api/v1/partnerships/?page_size=1").json()["count"]
    assert len(list(csv.DictReader(io.StringIO(table)))) == count > 500


# --- Whose requests they are ---------------------------------------------------------------------------------------


def exhaust(browser: httpx.Client, headers: Callable[[int], dict[str, str]] = lambda number: {}) -> bool:
    """Ask more often than a client may, whatever the clock says meanwhile; whether that was refused."""
    return any(browser.get("/partnerships/", headers=headers(number)).status_code == 429 for number in range(3 * LIMIT))


def test_clients_are_told_apart_behind_the_proxy(site: Site) -> None:
    assert exhaust(site.client())
    assert site.client().get("/partnerships/").status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP"])
def test_nobody_passes_for_another_client(site: Site, name: str) -> None:
    assert exhaust(site.client(), lambda number: {name: f"192.0.2.{number}"})


def test_the_log_holds_neither_addresses_of_clients_nor_what_they_searched_for(site: Site) -> None:
    browser = site.client()
    browser.get("/partnerships/?q=forestry")
    noted = site.log.read_text()
    assert " /partnerships/ " in noted
    assert "forestry" not in noted
    assert "127.0.0." not in noted


# --- Signing in and uploading --------------------------------------------------------------------------------------


def test_cookies_of_a_curator_are_sent_over_https_only(site: Site) -> None:
    browser = signed_in(site)
    cookies = {cookie.name: cookie for cookie in browser.cookies.jar}
    assert set(cookies) >= {"sessionid", "csrftoken"}
    assert all(cookie.secure for cookie in cookies.values())
    assert browser.get("/admin/").status_code == 200


def upload(browser: httpx.Client, size: int) -> httpx.Response:
    address = "/admin/partnerships/import/add/"
    token = _token(browser.get(address))
    return browser.post(
        address,
        data={"csrfmiddlewaretoken": token, "kind": "partnerships"},
        files={"file": ("partnerships.csv", b"slug\n" + b"x" * (size - 5))},
        headers={"Referer": f"https://{HOST}{address}"},
    )


def test_a_file_of_the_largest_size_arrives_and_one_byte_more_is_explained(site: Site) -> None:
    browser = signed_in(site)
    too_large = "The file is too large; at most 10 MB are taken."
    for size, is_explained in ((LARGEST_FILE, False), (LARGEST_FILE + 1, True)):
        answer = upload(browser, size)
        assert answer.status_code in {302, 422}
        assert (too_large in answer.text) is is_explained


def test_a_file_of_any_size_does_not_get_past_the_proxy(site: Site) -> None:
    answer = site.client().post("/suggest/", content=b"x" * 12 * 1024 * 1024)
    assert answer.status_code == 413
    assert "<center>nginx</center>" in answer.text  # the directory, which would say so in words, was not asked
