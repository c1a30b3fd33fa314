"""The pages of staff and a visit in a real browser, from the door on (STAFF-2, STAFF-5)."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from selfcare.database import db
from selfcare.models import Account, TwoFactor
from selfcare.rights import Profile
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS, Window
from tests.cast import PASSWORD, TOTP_KEY, account_of

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

HOME = "/contracts/OCB0000124/"


@pytest.fixture
def sophie_s(cast, portal) -> str:
    """The page that staff have of Sophie, who is a visitor."""
    cast.agent("claire.support")
    cast.referent()
    cast.member("sophie.dupont", invoices=Profile.VISITOR, orders=Profile.VISITOR)
    cast.order(by="sophie.dupont")
    with portal.app_context():
        return f"/staff/people/{account_of('sophie.dupont').id}"


def code(portal) -> str:
    """One that counts: what was used in this half minute is forgotten."""
    with portal.app_context():
        db.session.execute(update(TwoFactor).values(last_step=0))
        db.session.commit()
    return pyotp.TOTP(TOTP_KEY).now()


def enter(window: Window, portal) -> Page:
    page = window.open("/staff/login")
    page.locator("#login").fill("claire.support")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.locator("#code").fill(code(portal))
    page.locator("main button[type=submit]").click()
    expect(page).to_have_url(f"{window.url}/staff/")
    return page


def begin_visit(page: Page, window: Window, portal, person: str) -> None:
    page.goto(f"{window.url}{person}/visit")
    page.locator("#reason").fill("The page of invoices stays empty")
    page.locator("#ticket").fill("INC-2041")
    page.locator("#code").fill(code(portal))
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(window.url + HOME)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_staff_2_a_visit_from_the_door_to_leaving(portal, window, sophie_s, scripts):
    here = window(scripts=scripts)
    page = enter(here, portal)
    page.locator("#find").fill("sophie.dupont")
    page.locator("#find").press("Enter")
    expect(page).to_have_url(here.url + sophie_s)
    begin_visit(page, here, portal, sophie_s)
    expect(page.locator(".visit b")).to_have_text(
        re.compile(r"^(30:00|29:\d\d)$" if scripts else r"minutes left$")
    )
    page.get_by_role("link", name="Orders").first.click()
    expect(page.locator(".visit")).to_contain_text("Sophie DUPONT")
    page.goto(f"{here.url}/account/profile")
    expect(page.locator("main")).to_contain_text("the customer’s alone")
    page.get_by_role("button", name="Leave").click()
    expect(page).to_have_url(here.url + sophie_s)
    page.goto(here.url + HOME)
    expect(page.locator("#login")).to_be_visible()


@pytest.mark.slow
@pytest.mark.timeout(300)
@LOOKS
def test_accessible_axe_finds_nothing_where_staff_work(portal, window, sophie_s, locale, width):
    with portal.app_context():
        db.session.execute(update(Account).values(locale=locale))
        db.session.commit()
    here = window(width=width)
    found = faults(here.open("/staff/login"))
    page = enter(here, portal)
    why = f"{sophie_s}?contract=OCB0000124&page=read_invoices"
    for path in ("/staff/", "/staff/search?q=dupont", why, "/staff/contracts/OCB0000124",
                 "/staff/rights", f"{sophie_s}/note", f"{sophie_s}/visit",
                 "/staff/visits/invited", "/staff/visits"):  # fmt: skip
        found += faults(here.open(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    begin_visit(page, here, portal, sophie_s)
    for path in (HOME, f"{HOME}orders", f"{HOME}support/visits", f"{HOME}users/new"):
        found += faults(here.open(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert found == []
