"""axe on a page: WCAG 2.2 AA and best practice, in light colours and in dark ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LOOKS = pytest.mark.parametrize(("locale", "width"), [("fr", 1280), ("en", 360)])
"""Both languages, a desktop and a phone. They do not depend on each other: two pairs will do."""

_SCRIPT = Axe().axe_script
_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # Experimental, so no tag has it: what is read aloud holds what is seen (WCAG 2.5.3).
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
}
_CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def faults(page: Page, part: str = "html") -> list[str]:
    """What axe finds, in light colours; and in dark ones, which change nothing but contrast."""
    page.emulate_media(color_scheme="light")
    page.evaluate(_SCRIPT)
    found = _run(page, part, _RULES)
    page.emulate_media(color_scheme="dark")
    found += _run(page, "html", _CONTRAST)
    return [
        f"{page.url}: {fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in found
        for node in fault["nodes"]
    ]


def _run(page: Page, part: str, options: Mapping[str, object]) -> Any:
    answer = page.evaluate("([part, options]) => axe.run(part, options)", [part, options])
    return answer["violations"]
