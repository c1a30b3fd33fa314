"""AUTH-7: pages that the browser keeps for Back show nothing to the next person at it.

In a Chromium with its back-forward cache, which brings a page back as it was left, asking nobody.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect
from sqlalchemy import update

from selfcare.database import db
from selfcare.models import SignIn, now
from selfcare.rights import Profile
from tests.browser.conftest import BROWSERS
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
SECRET = "HONEY1655-1801-001"
SEEN = """addEventListener("pageshow", event => {
    const seen = () => console.log("seen", getComputedStyle(document.documentElement).visibility);
    if (event.persisted) { seen(); requestAnimationFrame(seen); }
})"""


class Kept:
    """A window whose pages are kept; `seen` is how they looked as they came back."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: list[str] = []
        page.on("console", self._note)
        page.add_init_script(SEEN)

    def _note(self, message: ConsoleMessage) -> None:
        if message.text.startswith("seen "):
            self.seen.append(message.text.removeprefix("seen "))

    def open(self, url: str, path: str) -> None:
        """Open a page, and mark it: the mark is there again if the very page comes back."""
        self.page.goto(url + path)
        expect(self.page.locator("main")).to_contain_text(SECRET)
        self.page.evaluate("window.mark = 'left here'")

    def back(self) -> None:
        self.page.go_back(wait_until="commit")

    @property
    def is_the_same_page(self) -> bool:
        return bool(self.page.evaluate("window.mark === 'left here'"))


@pytest.fixture
def kept(cast, portal, window, keeping, forgiven) -> Kept:
    forgiven += [f"Failed to load resource: {why}" for why in ("the server", "net::ERR_INTERNET")]
    forgiven += [f"{portal.url}{path}: net::ERR_INTERNET" for path in ("/signed-in", f"{C}/orders")]
    cast.member("paul.dupont", referent=True)
    cast.member("marie.other", ref="OCB0000500", orders=Profile.VISITOR)
    cast.orders(3)
    kept = Kept(window("paul.dupont", browser=keeping).page)
    kept.open(portal.url, f"{C}/orders")
    return kept


def sign_out(page: Page) -> None:
    page.locator("details.menu summary", has=page.locator("small")).click()
    page.locator("form[action='/logout'] button").click()
    expect(page.locator("#login")).to_be_visible()


def end_all_sign_ins(app) -> None:
    with app.app_context():
        db.session.execute(update(SignIn).values(ended_at=now()))
        db.session.commit()


def test_auth_7_back_brings_the_very_page_to_who_is_still_signed_in(kept, portal):
    """What the other tests rest on: this browser does keep pages; and typed text stays in them."""
    kept.page.locator("#orders-q").fill("not sent")
    kept.page.goto(f"{portal.url}/legal")
    kept.back()
    expect(kept.page.locator("main")).to_contain_text(SECRET)
    assert kept.is_the_same_page
    expect(kept.page.locator("html")).to_have_css("visibility", "visible")
    expect(kept.page.locator("#orders-q")).to_have_value("not sent")
    assert kept.seen[0] == "hidden", "until the server has answered"


def test_auth_7_back_after_signing_out_shows_nothing(kept):
    sign_out(kept.page)
    kept.back()
    expect(kept.page.locator("#login")).to_be_visible()
    expect(kept.page.locator("body")).not_to_contain_text(SECRET)
    assert kept.seen
    assert set(kept.seen) == {"hidden"}


def test_auth_7_back_after_somebody_else_signed_in_shows_nothing(kept):
    page = kept.page
    sign_out(page)
    page.locator("#login").fill("marie.other")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.locator("header.top")).to_contain_text("Marie")
    page.evaluate("history.go(-2)")
    expect(page.locator("h1")).to_contain_text("does not exist")
    expect(page.locator("body")).not_to_contain_text(SECRET)
    assert kept.seen
    assert set(kept.seen) == {"hidden"}


def test_auth_7_back_after_the_session_ended_shows_nothing(kept, app, portal):
    kept.page.goto(f"{portal.url}/legal")
    end_all_sign_ins(app)
    kept.back()
    expect(kept.page.locator("#login")).to_be_visible()
    assert kept.seen
    assert set(kept.seen) == {"hidden"}


def test_auth_7_back_without_a_connection_shows_nothing(kept, portal):
    kept.page.goto(f"{portal.url}/legal")
    kept.page.context.set_offline(True)
    kept.back()
    expect(kept.page.locator("body")).not_to_contain_text(SECRET)
    assert set(kept.seen) == {"hidden"}
