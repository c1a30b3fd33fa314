"""API-1 in a real browser: captcha in a window, code counted down, nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from selfcare.database import db
from selfcare.models import Challenge
from tests.browser import axe
from tests.browser.conftest import BROWSERS
from tests.browser.line import Line
from tests.browser.posting import smtp_server, worked
from tests.credentials.conftest import AT, MARIE, NEW, REF, marie

__all__ = ["marie", "smtp_server", "worked"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]


def characters(portal, page):
    """What the captcha's picture shows."""
    name = page.locator("#captcha-window input[name=captcha]").input_value()
    with portal.app_context():
        return db.session.get_one(Challenge, name).data["text"]


@axe.LOOKS
def test_api_1_the_whole_way_with_its_window_tick_and_countdown(
    portal, worked, window, locale, width, forgiven
):
    forgiven += ["422"]  # what htmx shows of a form that was refused
    browser = window(language=locale, width=width)
    page = browser.open(f"{AT}?account={REF}")
    assert axe.faults(page) == []
    page.fill("#email", MARIE)
    page.click("button.primary")
    page.fill("#password", NEW)
    page.fill("#confirm", NEW)
    page.click("#get-code")
    answer = page.locator("#captcha-window #answer")
    expect(answer).to_be_focused()
    assert axe.faults(page) == []
    answer.press_sequentially(characters(portal, page).lower())
    expect(page.locator("#captcha-window .solved")).to_be_visible()
    page.click("#captcha-window button.primary")
    expect(page.locator("#captcha-window")).to_have_count(0)
    expect(page.locator("#code")).to_be_focused()
    [mail] = worked()
    expect(page.locator("#countdown")).to_have_text(re.compile(r"\(\d\d s "))
    [code] = re.findall(r":\s*(\d{6})\b", mail.get_body(("plain",)).get_content())
    page.fill("#code", f"{(int(code) + 1) % 1_000_000:06}")
    page.click("form.card button.primary")
    expect(page.locator("#code-error")).to_be_visible()
    expect(page.locator("#password")).to_have_value(NEW)
    assert axe.faults(page) == []
    page.fill("#code", code)
    page.click("form.card button.primary")
    page.wait_for_url(f"**{AT}/finish")
    worked()
    expect(page.locator(".notice.good")).to_be_visible()  # by itself
    assert axe.faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_api_1_the_window_closes_by_escape_and_leaves_what_was_typed(portal, worked, window):
    page = window().open(f"{AT}?account={REF}")
    page.fill("#email", MARIE)
    page.click("button.primary")
    page.fill("#password", NEW)
    page.click("#get-code")
    expect(page.locator("#captcha-window #answer")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#captcha-window")).to_have_count(0)
    expect(page.locator("#password")).to_have_value(NEW)


def test_api_1_looking_whether_the_code_has_left_takes_nothing_back(portal, worked, window):
    """What was typed while the answer was on its way stays, and so does the reader's place."""
    page = window().open(f"{AT}?account={REF}")
    page.fill("#email", MARIE)
    page.click("button.primary")
    page.click("#get-code")
    page.locator("#captcha-window #answer").press_sequentially(characters(portal, page).lower())
    expect(page.locator("#captcha-window .solved")).to_be_visible()
    page.click("#captcha-window button.primary")
    expect(page.locator("#code-told a")).to_be_visible()
    line = Line(page)
    line.has(1)  # the page asks by itself; the answer is held
    page.fill("#code", "4173")
    [mail] = worked()
    assert mail
    line.newest_first()
    line.through()
    expect(page.locator("#countdown")).to_have_text(re.compile(r"\(\d\d s "))
    expect(page.locator("#code")).to_have_value("4173")
    expect(page.locator("#code")).to_be_focused()
