"""What htmx fetches may come late and out of turn: no choice and no word is taken back by it.

Answers are held, and let go in another order than they were asked for; or come after a while.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcare.database import db
from selfcare.models import now
from selfcare.services.usage import reports
from tests.browser.conftest import BROWSERS
from tests.browser.line import Line
from tests.browser.test_users import settle
from tests.plugin_commerce import usage_line, usage_report
from tests.wizard import SOPHIE, USERS

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
ORDERS = f"{C}/orders"


class TestWizard:
    @pytest.fixture
    def page(self, cast, window) -> Page:
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        page: Page = window("paul.dupont").open(f"{USERS}/new")
        page.get_by_label("Mrs").check()
        for name in ("last_name", "first_name", "login", "email", "mobile"):
            page.locator(f"#{name}").fill(SOPHIE[name])
        page.locator("button[value=next]").click()
        expect(page.locator("#preview")).to_be_visible()
        return page

    def test_users_2_an_older_preview_does_not_overtake(self, page):
        line = Line(page, verb="POST")
        page.locator("[name=invoices][value=manager]").check()
        line.has(1)
        page.locator("[name=invoices][value=none]").check()
        line.has(2)
        page.locator("[name=orders][value=visitor]").check()
        line.has(3)
        line.newest_first()
        expect(page.locator("#preview dt")).to_have_text(["Contract", "Dashboard", "Orders"])
        expect(page.locator("[name=invoices]:checked")).to_have_value("none")
        expect(page.locator("[name=orders]:checked")).to_have_value("visitor")
        line.through()
        page.locator("button[value=next]").click()
        expect(page.locator("h1")).to_contain_text("step 3 of 3")
        expect(page.locator("main")).not_to_contain_text("see invoices")

    def test_users_2_a_preview_is_not_kept_before_the_form_is_sent(self, page):
        page.locator("[name=invoices][value=manager]").check()
        expect(page.locator("#preview")).to_contain_text("see invoices and their amounts")
        page.goto(page.url)
        expect(page.locator("#preview")).not_to_contain_text("see invoices and their amounts")

    def test_users_2_a_preview_that_does_not_come_leaves_the_choices(self, page, refuse):
        refuse(page)
        page.locator("[name=invoices][value=manager]").check()
        expect(page.locator("#status")).to_have_text("Too busy")
        expect(page.locator("[name=invoices]:checked")).to_have_value("manager")
        page.unroute("**/*")


class TestLists:
    @pytest.fixture
    def page(self, cast, window) -> Page:
        cast.member("paul.dupont", referent=True)
        cast.orders(60)
        page: Page = window("paul.dupont").open(ORDERS)
        page.evaluate("window.same = true")
        return page

    def test_orders_1_an_older_search_does_not_overtake(self, page):
        line = Line(page)
        field = page.locator("#orders-q")
        field.press_sequentially("c2.1")
        line.has(1)
        field.press_sequentially("3")
        line.has(2)
        line.newest_first()
        expect(page.locator("#orders tbody tr")).to_have_count(1)
        expect(page).to_have_url(re.compile(r"\?q=c2\.13$"))
        expect(field).to_have_value("c2.13")
        expect(field).to_be_focused()

    def test_orders_1_enter_does_not_race_against_what_was_typed(self, page):
        line = Line(page)
        field = page.locator("#orders-q")
        field.press_sequentially("c2.1")
        line.has(1)
        field.press_sequentially("3")
        page.keyboard.press("Enter")
        line.has(2)
        line.newest_first()
        expect(page).to_have_url(re.compile(r"\?q=c2\.13$"))
        expect(page.locator("#orders tbody tr")).to_have_count(1)

    @pytest.mark.parametrize("first", ["typed", "sorted"])
    def test_orders_1_neither_order_nor_words_get_lost(self, page, first):
        line = Line(page)

        def act(what: str, count: int) -> None:
            if what == "typed":
                page.locator("#orders-q").press_sequentially("c2.1")
            else:
                page.locator("#orders-by-price").click()
            line.has(count)

        act(first, 1)
        act({"typed": "sorted", "sorted": "typed"}[first], 2)
        line.newest_first()
        expect(page).to_have_url(re.compile(r"\?q=c2\.1&sort=price$"))
        expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Price")
        expect(page.locator("#orders-q")).to_have_value("c2.1")
        line.through()
        page.locator("a[rel=next], #orders-by-name").first.click()
        expect(page).to_have_url(re.compile(r"q=c2\.1&"))

    def test_orders_1_two_pages_at_once_show_the_later_one(self, page):
        line = Line(page)
        page.locator(".pager a", has_text="2").click()
        line.has(1)
        page.locator(".pager a", has_text="3").click()
        line.has(2)
        line.newest_first()
        expect(page).to_have_url(re.compile(r"\?page=3$"))
        expect(page.locator(".pager [aria-current]")).to_have_text("3")

    def test_orders_1_typing_then_enter_makes_one_history_entry(self, page):
        before = page.evaluate("history.length")
        page.locator("#orders-q").press_sequentially("c2.13")
        expect(page).to_have_url(re.compile(r"\?q=c2\.13$"))
        with page.expect_response(re.compile(r"q=c2\.13")):
            page.keyboard.press("Enter")
        expect(page.locator("html:not(.busy)")).to_be_attached()
        page.wait_for_timeout(200)
        assert page.evaluate("history.length") == before
        page.locator("#orders-by-price").click()
        expect(page).to_have_url(re.compile("sort=price"))
        assert page.evaluate("history.length") == before + 1
        page.go_back()
        expect(page).to_have_url(re.compile(r"\?q=c2\.13$"))

    def test_orders_1_a_search_that_fails_leaves_what_was_typed(self, page, refuse):
        refuse(page)
        page.locator("#orders-q").press_sequentially("c2.1")
        expect(page.locator("#status")).to_have_text("Too busy")
        expect(page.locator("#orders-q")).to_have_value("c2.1")
        expect(page.locator("#orders-q")).to_be_focused()
        page.unroute("**/*")

    def test_design_no_page_stays_in_the_browser_s_storage(self, page):
        page.locator("#orders-by-price").click()
        expect(page).to_have_url(re.compile("sort=price"))
        page.locator("a[rel=next]").click()
        expect(page).to_have_url(re.compile("page=2"))
        kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert kept == ["htmx-current-path-for-history"], "the address, as in the history"

    def test_invoices_1_lines_of_a_month_searched_and_sorted_at_once(
        self, papers, portal, store, window
    ):
        portal.extensions["documents"] = store
        with portal.app_context():
            reports.load(
                usage_report(
                    *(usage_line(IdResource=f"vm-{n}", BeginDate="2016-10-01") for n in range(30))
                )
            )
            db.session.info.pop("wakeups", None)
            db.session.commit()
        page: Page = window("paul.dupont").open(f"{C}/invoices/usage/2016-10")
        line = Line(page)
        page.locator("#lines-q").press_sequentially("vm-7")
        line.has(1)
        page.locator("#lines thead a").nth(1).click()
        line.has(2)
        line.newest_first()
        expect(page.locator("#lines-q")).to_have_value("vm-7")
        expect(page.locator("#lines tbody tr")).to_have_count(1)


class TestByItself:
    """What a page asks every two seconds takes nothing from who reads or types."""

    @pytest.fixture
    def page(self, app, cast, window) -> Page:
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        cast.member("ines.pending", console_roles=["guest"], console_state="queued")
        page: Page = window("paul.dupont").open(USERS)
        return page

    def polled(self, page: Page, then: Callable[[], Any] = lambda: None) -> None:
        with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
            then()
        page.wait_for_timeout(200)

    def test_users_1_a_selection_stays_while_nothing_changes(self, page):
        page.locator("td[data-label=Email]").first.select_text()
        selected = page.evaluate("String(getSelection())")
        assert "@" in selected
        self.polled(page)
        self.polled(page)
        assert page.evaluate("String(getSelection())") == selected
        assert page.locator("#refresh").get_attribute("data-hx-trigger") == "click, every 8s"
        expect(page.locator("#users")).not_to_have_attribute("aria-busy", "true")

    def test_users_1_the_clock_does_not_take_back_a_search(self, app, page):
        line = Line(page)
        line.has(1)  # the clock's
        page.locator("#users-q").press_sequentially("paul")
        line.has(2)
        line.newest_first()
        expect(page.locator("#users tbody tr")).to_have_count(1)
        expect(page).to_have_url(re.compile("q=paul"))
        expect(page.locator("#users-q")).to_have_value("paul")

    def test_users_1_a_failing_clock_leaves_the_page(self, app, page, refuse):
        refuse(page)
        page.locator("#users-q").fill("p")
        expect(page.locator("#status")).to_have_text("Too busy")
        expect(page.locator("#users-q")).to_have_value("p")
        page.unroute("**/*")
        with app.app_context():
            settle("ines.pending", state="done", settled_at=now())
        expect(page.locator("#refresh")).to_have_count(0)


class TestFailure:
    """What failed is said where one looks, also far down the page (design)."""

    @pytest.fixture
    def page_at(self, cast, window) -> Callable[[int], Page]:
        def page_at(width: int) -> Page:
            cast.account("paul.dupont", locale="en")
            cast.member("paul.dupont", referent=True)
            cast.orders(60)
            page: Page = window("paul.dupont", width=width).open(ORDERS)
            return page

        return page_at

    @pytest.mark.parametrize("width", [1280, 360])
    def test_design_a_failure_is_seen_on_a_scrolled_page_and_covers_no_focus(
        self, page_at, refuse, width
    ):
        page = page_at(width)
        refuse(page)
        field = page.locator("#orders-q")
        field.focus()
        field.evaluate("field => scrollTo(0, field.getBoundingClientRect().top + scrollY - 4)")
        page.keyboard.type("c2.1")
        status = page.locator("#status")
        expect(status).to_have_text("Too busy")
        expect(status).to_be_in_viewport(ratio=1)
        told, focused = status.bounding_box(), field.bounding_box()
        assert told
        assert focused
        assert focused["y"] >= told["y"] + told["height"]
        page.unroute("**/*")
        field.fill("c2.13")
        expect(page.locator("#orders tbody tr")).to_have_count(1)
        expect(status).to_have_class("quiet")

    def test_design_what_fails_by_itself_is_said_until_it_is_answered(self, cast, window, refuse):
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        cast.member("ines.pending", console_roles=["guest"], console_state="queued")
        page: Page = window("paul.dupont").open(USERS)
        refuse(page)
        expect(page.locator("#status")).to_have_text("Too busy")
        page.unroute("**/*")
        expect(page.locator("#status")).to_have_text("")

    def test_design_a_failure_takes_no_room_on_paper(self, page_at, refuse):
        page = page_at(360)
        refuse(page)
        page.locator("#orders-q").fill("c2")
        expect(page.locator("#status")).to_have_text("Too busy")
        page.emulate_media(media="print")
        assert page.locator("#status").evaluate("it => getComputedStyle(it).position") == "static"
