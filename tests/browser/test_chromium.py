"""What only a real browser shows: accessibility, width, htmx, life without JavaScript."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from selfcare.rights import Profile
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
ORDERS = f"{C}/orders"
PUBLIC = ("/login", "/password/forgot", "/legal", "/accessibility", "/nowhere")
PAGES = (
    "/",
    f"{C}/",
    f"{C}/dashboard",
    f"{C}/console",
    f"{C}/services",
    f"{C}/services?q=zzz",
    f"{C}/services/reservation",
    f"{C}/support",
    f"{ORDERS}?q=c2&page=2&sort=-price",
    f"{ORDERS}?open=HONEY1655-1801-060",
    f"{ORDERS}?q=zzz",
    f"{ORDERS}/HONEY1655-1801-060",
    f"{C}/subscriptions?open=HONEY1655-1801-060",
    f"{C}/subscriptions/HONEY1655-1801-060",
    "/contracts/OCB0000412/orders",
    "/contracts/OCB0000500/subscriptions",
    "/account/profile",
    "/account/contracts?section=orders",
    "/account/orders",
    "/account/subscriptions",
    "/nowhere",
)


@pytest.fixture
def populated(cast):
    """A portal in use, everything in it, for a reader of this language."""

    def populated(locale: str = "en") -> None:
        cast.account("paul.dupont", locale=locale)
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        cast.service("reservation", description_en="One.\n\nTwo.", description_fr="Un.\n\nDeux.")
        cast.service("migration", category="migration", price_kind="quote", from_price=None)
        cast.orders(60)
        cast.subscriptions_of_orders()
        cast.member("paul.dupont", ref="OCB0000412", orders=Profile.VISITOR)
        cast.member("paul.dupont", ref="OCB0000500")  # 403 beyond Contrat

    return populated


@pytest.mark.slow
@pytest.mark.timeout(300)
@LOOKS
def test_accessible_axe_finds_nothing_on_any_page(populated, window, locale, width):
    populated(locale)
    found = []
    here = window("paul.dupont", width=width)
    for path in PAGES:
        found += faults(here.open(path))
    stranger = window(width=width, language=locale)
    for path in PUBLIC:
        found += faults(stranger.open(path))
    page = stranger.open("/login")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    page = here.open(ORDERS)
    page.locator("details.menu summary", has=page.locator("small")).click()
    found += faults(page, "header")  # the open menu lies over the rest
    assert found == []


def test_accessible_nothing_scrolls_sideways_at_320_pixels(populated, window):
    populated("fr")
    wide = []
    for one, paths in ((window("paul.dupont", width=320), PAGES), (window(width=320), PUBLIC)):
        for path in paths:
            page = one.open(path)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wide.append(f"{path}: {width}")
    assert wide == []


def test_accessible_titles_say_page_contract_and_product_and_differ(populated, window):
    populated()
    here = window("paul.dupont")
    titles = {}
    for path in ("/", f"{C}/", f"{C}/dashboard", ORDERS, f"{C}/subscriptions", "/account/orders"):
        titles[path] = here.open(path).title()
        assert titles[path].endswith("Espace Client Cloud")
        assert ("OCB0000124" in titles[path]) == (C in path)
    assert len(set(titles.values())) == len(titles)


def test_accessible_the_skip_link_comes_first_and_works(populated, window):
    populated()
    page = window("paul.dupont").open("/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


class TestHtmx:
    @pytest.fixture
    def page(self, populated, window) -> Page:
        populated()
        page = window("paul.dupont").open(ORDERS)
        page.evaluate("window.same = true")
        return page

    @staticmethod
    def same(page: Page) -> bool:
        """Whether the page was never loaded anew."""
        return bool(page.evaluate("window.same === true"))

    def test_orders_1_typing_searches_and_keeps_focus_and_text(self, page):
        field = page.locator("#orders-q")
        field.press_sequentially("c2.13", delay=20)
        expect(page.locator("#orders tbody tr")).to_have_count(1)
        expect(field).to_be_focused()
        expect(field).to_have_value("c2.13")
        expect(page).to_have_url(re.compile(r"/orders\?q=c2\.13$"))
        expect(page.locator("#status")).to_have_text("1 order found")
        field.press_sequentially(" flavor")
        expect(page).to_have_url(re.compile(r"q=c2\.13\+flavor$"))
        expect(field).to_have_value("c2.13 flavor")
        assert self.same(page)

    def test_orders_1_what_is_typed_meanwhile_is_not_lost(self, page):
        field = page.locator("#orders-q")
        page.route("**/orders?q=c2*", lambda route: (page.wait_for_timeout(300), route.continue_()))
        field.press_sequentially("c2")
        page.wait_for_timeout(450)
        field.press_sequentially(".14")
        expect(page).to_have_url(re.compile(r"q=c2\.14$"))
        expect(field).to_have_value("c2.14")
        expect(page.locator("#orders tbody tr")).to_have_count(1)

    def test_orders_1_sorting_keeps_focus_and_the_address_in_step(self, page):
        page.locator("#orders-by-price").click()
        expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Price")
        expect(page).to_have_url(re.compile(r"\?sort=price$"))
        expect(page.locator("#orders-by-price")).to_be_focused()
        page.locator("#orders-q").fill("c2.1")
        expect(page).to_have_url(re.compile(r"\?q=c2\.1&sort=price$"))
        expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Price")
        assert self.same(page)

    def test_orders_1_the_search_button_keeps_the_sort(self, page):
        page.locator("#orders-by-name").click()
        expect(page).to_have_url(re.compile(r"\?sort=name$"))
        page.locator("#orders-q").fill("c2.2")
        page.locator("form.search button").click()
        expect(page).to_have_url(re.compile(r"q=c2\.2&sort=name$"))
        expect(page.locator("#orders tbody tr")).to_have_count(11)

    def test_orders_1_pages_and_the_back_button(self, page):
        first = page.locator("td[data-label='Ref.'] a").first
        expect(first).to_have_text("HONEY1655-1801-060")
        page.locator("a[rel=next]").click()
        expect(first).to_have_text("HONEY1655-1801-035")
        expect(page).to_have_url(re.compile(r"\?page=2$"))
        page.locator("#orders-by-price").click()
        expect(page).to_have_url(re.compile(r"\?sort=price$"))
        page.go_back()
        expect(page).to_have_url(re.compile(r"\?page=2$"))
        expect(first).to_have_text("HONEY1655-1801-035")
        page.go_back()
        expect(page).to_have_url(re.compile(r"/orders$"))
        expect(first).to_have_text("HONEY1655-1801-060")
        expect(page.locator("header.top")).to_be_visible()
        page.go_forward()
        expect(first).to_have_text("HONEY1655-1801-035")

    def test_orders_1_a_row_opens_in_place_and_closes(self, page):
        toggle = page.locator("#t-HONEY1655-1801-060")
        toggle.click()
        expect(page.locator("tr.detail")).to_contain_text("AD60")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        expect(toggle).to_be_focused()
        expect(page).to_have_url(re.compile(r"\?open=HONEY1655-1801-060$"))
        toggle.click()
        expect(page.locator("tr.detail")).to_have_count(0)
        assert self.same(page)

    def test_orders_1_the_address_can_be_shared(self, page, window):
        page.locator("#orders-by-price").click()
        expect(page).to_have_url(re.compile("sort=price"))
        shown = page.locator("td[data-label='Ref.']").all_inner_texts()
        copy = window("paul.dupont").page
        copy.goto(page.url)
        assert copy.locator("td[data-label='Ref.']").all_inner_texts() == shown

    def test_orders_1_back_from_an_order_s_page(self, page):
        page.locator("#orders-q").fill("c2.5")
        expect(page).to_have_url(re.compile(r"q=c2\.5$"))
        expect(page.locator("#orders tbody tr")).to_have_count(11)
        page.locator("td[data-label='Ref.'] a").first.click()
        expect(page.locator("h1")).to_contain_text("HONEY1655-1801")
        page.go_back()
        expect(page.locator("#orders-q")).to_have_value("c2.5")
        expect(page.locator("#orders tbody tr")).to_have_count(11)

    def test_auth_1_a_session_that_ended_leads_to_sign_in_and_back(self, page, portal, app):
        from sqlalchemy import update

        from selfcare.database import db
        from selfcare.models import SignIn, now

        with app.app_context():
            db.session.execute(update(SignIn).values(ended_at=now()))
            db.session.commit()
        page.locator("#orders-by-price").click()
        expect(page.locator("#login")).to_be_visible()
        page.locator("#login").fill("paul.dupont")
        page.locator("#password").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        expect(page.locator("#orders")).to_be_visible()
        assert page.url.startswith(portal.url + ORDERS)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_light_everything_works_with_and_without_javascript(populated, window, scripts):
    populated()
    here = window(scripts=scripts)
    page = here.open(ORDERS)
    page.locator("#login").fill("Paul.Dupont")
    page.locator("#password").fill("wrong")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong login or password.")
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(here.url + ORDERS)

    page.locator("#t-HONEY1655-1801-059").click()
    expect(page.locator("tr.detail")).to_contain_text("AD59")
    page.locator("#orders-by-name").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    page.locator("#orders-q").fill("c2.4")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#orders tbody tr")).to_have_count(11)
    expect(page).to_have_url(re.compile(r"\?(status=&)?(sort=name&)?q=c2\.4(&sort=name)?$"))
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")

    with page.expect_download() as download:
        page.locator("a[download]").click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert len(rows) == 12
    named = download.value.suggested_filename
    assert re.fullmatch(r"orders-OCB0000124-\d{4}-\d\d-\d\d\.csv", named)

    page.locator("details.menu summary", has=page.locator("small")).click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("details.menu summary", has=page.locator("small")).click()
    page.locator("form[action='/logout'] button").click()
    expect(page.locator("#login")).to_be_visible()
