"""light: the Nu HTML checker finds nothing, on any page, in either language.

`make html-check` brings the checker and runs this; without it the test is skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from selfcare.services.mail import samples as mail_samples
from tests.browsing import Browser, Page
from tests.guards.test_routes import address, rules

__all__ = ["address"]  # a fixture

CHECKER = Path(os.environ.get("NU_CHECKER", "var/test/nu-checker/node_modules/vnu-jar/build/dist"))
JAR = CHECKER / "vnu.jar"
C = "/contracts/OCB0000124"
MISTAKES: dict[str, dict[str, Any]] = {  # forms sent empty: pages with their errors
    "/account/profile/edit": {},
    "/account/password": {},
    f"{C}/users/new": {"step": "next"},
    f"{C}/services/reservation/order": {"step": "next"},
}


@pytest.fixture
def keep(tmp_path) -> Any:
    """Put a page into the folder that is checked."""

    def keep(page: Page, name: str) -> None:
        if page.response.mimetype == "text/html" and page.text and page.status not in {303, 308}:
            (tmp_path / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)[:120]}.html").write_text(page.text)

    return keep


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.needs("java")
@pytest.mark.timeout(300)
@pytest.mark.skipif(not JAR.exists(), reason="no Nu HTML checker: make html-check brings it")
def test_light_the_nu_checker_finds_nothing(app: Flask, address, cast, browse_as, keep, tmp_path):
    people = ("paul.dupont", "martin.dupont")
    cast.member("martin.dupont")  # 403 nearly everywhere
    cast.orders(60)
    paths = [address(rule) for rule in rules(app, "GET")]
    paths += [f"{C}/orders?q=zzz", f"{C}/orders?open=HONEY1655-1801-060&page=2", "/nowhere"]
    for language in ("fr", "en"):
        stranger = Browser(app, language=language)
        for path in paths:
            keep(stranger.get(path), f"{language}-stranger-{path}")
        for login in people:
            browser = browse_as(login)
            browser.post("/account/language", {"locale": language})
            for path in paths:
                keep(browser.get(path), f"{language}-{login}-{path}")
            for path, form in MISTAKES.items():
                keep(browser.post(path, form), f"{language}-{login}-{path}-wrong")
        with app.app_context():
            for name in mail_samples.names():
                html = str(mail_samples.built(name, language).html)
                (tmp_path / f"mail-{name}-{language}.html").write_text(html)
    assert len(list(tmp_path.iterdir())) > 200
    checked = subprocess.run(
        ["java", "-jar", JAR, "--skip-non-html", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stderr.splitlines() == []
