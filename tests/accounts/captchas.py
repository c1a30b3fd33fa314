"""Reading captchas the way only a test can: in the database."""

from __future__ import annotations

from flask import Flask

from selfcare.services.accounts import captcha
from tests.browsing import Browser, Page


def solve(app: Flask, page: Page) -> dict[str, str]:
    """The fields that answer the captcha a page shows."""
    name = str(page.one("input[name=captcha]")["value"])
    with app.app_context():
        found = captcha.look(name)
        assert found, "the captcha is gone"
        return {"captcha": name, "answer": next(found.answers())}


def ask_for_password(browser: Browser, login: str) -> Page:
    """Go through « Personnalisation du mot de passe »."""
    page = browser.get("/password/forgot")
    return browser.post("/password/forgot", {"login": login, **solve(browser.app, page)})
