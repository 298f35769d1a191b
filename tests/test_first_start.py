"""What ``make run`` does the first time, and what it does not do again."""

from __future__ import annotations

from tests import server


def test_the_first_start_prepares_everything_and_answers_at_once(site: server.Server) -> None:
    assert site.answers()  # whoever reads the address can open it
    name, password = site.editor
    assert (name, len(password) >= 12) == ("editor", True)
    for step in ("Prepared the database", "Loaded: ", "Collected ", f"Serving {site.url} "):
        assert step in site.output
    status, page = site.get("/")
    assert status == 200
    stylesheet = page.decode().split('rel="stylesheet" href="')[1].split('"')[0]
    assert site.get(stylesheet)[0] == 200


def test_a_second_start_repeats_nothing_and_stops_at_ctrl_c(site: server.Server) -> None:
    second = server.start(site.folder, site.database_url)
    try:
        second.wait_until(lambda it: "Serving " in it.output)
        assert second.get("/")[0] == 200
        assert second.interrupt() == 0
        assert second.output.splitlines() == [f"Serving {second.url} (stop with Ctrl-C)"]
    finally:
        second.stop()
