"""What axe, the accessibility checker, finds wrong with a page as it stands."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# Of what is in order axe would otherwise describe every element, which takes longer than to find it in order.
ONLY_WHAT_IS_WRONG = {"resultTypes": ["violations"]}
RUN = "options => axe.run(options).then(({violations, passes}) => ({violations, passes: passes.length}))"


def what_is_wrong(page: Page, options: dict[str, Any] | None = None) -> str:
    """A report of what is wrong, empty where nothing is; ``options`` are those of ``axe.run``."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, ONLY_WHAT_IS_WRONG | (options or {}))
    assert found["passes"], "axe looked at nothing"
    return AxeResults(found).generate_report() if found["violations"] else ""
