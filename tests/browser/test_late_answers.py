"""What htmx fetches may come late and out of turn: no choice and no word is taken back by it.

Answers are held, and let go in another order than they were asked for; or come after a while.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from selfcare.database import db
from selfcare.models import now
from selfcare.services import usage
from tests.browser.conftest import BROWSERS
from tests.browser.test_users import settle
from tests.plugin_commerce import usage_line, usage_report
from tests.wizard import SOPHIE, USERS

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
FORM = f"{C}/services/elastic-cloud-server-reservation/order"
ORDERS = f"{C}/orders"


class Line:
    """The line to the portal: answers to htmx wait on it until they are let through."""

    def __init__(self, page: Page, *, verb: str = "GET") -> None:
        self.page, self.verb = page, verb
        self.waiting: list[Route] = []
        page.route("**/*", self._hold)

    def _hold(self, route: Route) -> None:
        headers = route.request.headers
        if "hx-request" in headers and route.request.method == self.verb:
            self.waiting.append(route)
        else:
            route.continue_()

    def has(self, count: int) -> None:
        """Wait until so many requests were sent."""
        for _ in range(100):
            if len(self.waiting) >= count:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{len(self.waiting)} requests instead of {count}")

    def newest_first(self) -> None:
        """Let them through, each after the answer to a later one is there."""
        while self.waiting:
            self.waiting.pop().continue_()
            self.page.wait_for_timeout(300)

    def through(self) -> None:
        """Hold nothing from now on."""
        self.page.unroute("**/*")
        self.newest_first()


REFUSED = "<title>x</title><main id=main><h1>Too busy</h1></main>"


@pytest.fixture
def refuse(forgiven) -> Callable[..., None]:
    """Let what htmx asks for fail, or break off."""
    forgiven += ["Failed to load", "Response Status Error", "htmx:sendError", "http://127.0.0.1"]

    def refuse(page: Page, status: int | None = 503) -> None:
        def answer(route: Route) -> None:
            if "hx-request" not in route.request.headers:
                route.continue_()
            elif status is None:
                route.abort("connectionreset")
            else:
                route.fulfill(status=status, body=REFUSED, content_type="text/html")

        page.route("**/*", answer)

    return refuse


def late(page: Page, milliseconds: int) -> None:
    """Every answer to htmx comes so much later."""

    def wait(route: Route) -> None:
        if "hx-request" in route.request.headers:
            page.wait_for_timeout(milliseconds)
        route.continue_()

    page.route("**/*", wait)


def values(page: Page) -> dict[str, str]:
    names = ("flavor", "duration", "upfront")
    return {name: page.locator(f"#order-{name}").input_value() for name in names}


class TestOrderForm:
    CHOSEN = {"flavor": "c2.large", "duration": "36", "upfront": "yes"}  # noqa: RUF012

    @pytest.fixture
    def page(self, shop, window) -> Page:
        page: Page = window("paul.dupont").open(FORM)
        page.evaluate("window.same = true")
        return page

    @pytest.mark.parametrize("milliseconds", [0, 300, 1500])
    def test_services_2_a_late_price_takes_no_choice_back(self, page, milliseconds):
        late(page, milliseconds)
        for name, value in self.CHOSEN.items():
            page.locator(f"#order-{name}").select_option(value)
            page.wait_for_timeout(250)
        expect(page.locator("#order-price")).to_contain_text("€19.88")
        assert values(page) == self.CHOSEN
        page.locator("button[value=next]").click()
        expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")
        expect(page.locator("main")).to_contain_text("€19.88")

    def test_services_2_an_older_price_does_not_overtake(self, page):
        line = Line(page, verb="POST")
        for count, (name, value) in enumerate(self.CHOSEN.items(), 1):
            page.locator(f"#order-{name}").select_option(value)
            line.has(count)
        line.newest_first()
        expect(page.locator("#order-price")).to_contain_text("€19.88")
        assert values(page) == self.CHOSEN

    def test_services_2_what_is_sent_meanwhile_is_what_is_summed_up(self, page):
        line = Line(page, verb="POST")
        for name, value in self.CHOSEN.items():
            page.locator(f"#order-{name}").select_option(value)
        line.has(1)
        page.locator("button[value=next]").click()
        expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")

    @pytest.mark.parametrize("milliseconds", [0, 300])
    def test_services_2_two_quick_keys_go_two_flavors_down(self, page, milliseconds):
        late(page, milliseconds)
        flavors = page.locator("#order-flavor option").evaluate_all("all => all.map(o => o.value)")
        page.locator("#order-flavor").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#order-price")).not_to_contain_text("€4.97")
        page.wait_for_timeout(2 * milliseconds + 200)
        assert values(page)["flavor"] == flavors[2]
        expect(page.locator("#order-flavor")).to_be_focused()

    def test_services_2_text_typed_while_a_price_is_on_its_way_stays(self, page):
        """The form is never replaced: a mark set on each of its fields is still there."""
        line = Line(page, verb="POST")
        page.locator("#order-form").evaluate("form => [...form.elements].map(e => e.mine = true)")
        page.locator("#order-flavor").select_option("c2.large")
        line.has(1)
        line.newest_first()
        expect(page.locator("#order-price")).to_contain_text("€60.15")
        assert page.locator("#order-form").evaluate("f => [...f.elements].every(e => e.mine)")

    def test_services_2_an_impossible_choice_stays_and_is_said(self, page):
        page.locator("#order-duration").select_option("36")
        expect(page.locator("#order-price")).to_contain_text("€3.56")
        page.locator("#order-flavor").select_option("p2.2xlarge.8")
        expect(page.locator("#order-price")).to_contain_text("not possible")
        expect(page.locator("#status")).to_contain_text("not possible")
        assert values(page) == {"flavor": "p2.2xlarge.8", "duration": "36", "upfront": "no"}
        expect(page.locator("#order-duration option")).to_have_text(
            ["12 months", "36 months – not possible"]
        )
        page.locator("button[value=next]").click()
        expect(page.get_by_role("alert")).to_contain_text("not possible")
        page.locator("#order-duration").select_option("12")
        expect(page.locator("#order-price")).to_contain_text("€1,651.02")
        expect(page.locator("#order-duration option")).to_have_text(["12 months"])

    def test_services_2_the_price_follows_choices_that_back_restores(self, page):
        for name, value in self.CHOSEN.items():
            page.locator(f"#order-{name}").select_option(value)
        page.locator("button[value=next]").click()
        expect(page.locator("#agree")).to_be_visible()
        page.go_back()
        expect(page.locator("#order-flavor")).to_have_value("c2.large")
        expect(page.locator("#order-price")).to_contain_text("€19.88")
        assert values(page) == self.CHOSEN

    @pytest.mark.parametrize("status", [429, 503, None])
    def test_services_2_a_price_that_does_not_come_is_said_and_shows_no_older_one(
        self, page, refuse, status
    ):
        refuse(page, status)
        page.locator("#order-flavor").select_option("c2.large")
        expect(page.locator("#status")).to_contain_text("Too busy" if status else "does not answer")
        expect(page.locator("#order-price")).not_to_contain_text("€")
        expect(page.locator("#order-flavor")).to_have_value("c2.large")
        page.unroute("**/*")
        page.locator("#order-duration").select_option("36")
        expect(page.locator("#order-price")).to_contain_text("€43.14")


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
        page.locator("#invoices").select_option("manager")
        line.has(1)
        page.locator("#invoices").select_option("none")
        line.has(2)
        page.locator("#orders").select_option("visitor")
        line.has(3)
        line.newest_first()
        expect(page.locator("#preview dt")).to_have_text(["Contract", "Dashboard", "Orders"])
        expect(page.locator("#invoices")).to_have_value("none")
        expect(page.locator("#orders")).to_have_value("visitor")
        line.through()
        page.locator("button[value=next]").click()
        expect(page.locator("h1")).to_contain_text("step 3 of 3")
        expect(page.locator("main")).not_to_contain_text("see invoices")

    def test_users_2_a_preview_is_not_kept_before_the_form_is_sent(self, page):
        page.locator("#invoices").select_option("manager")
        expect(page.locator("#preview")).to_contain_text("see invoices and their amounts")
        page.goto(page.url)
        expect(page.locator("#preview")).not_to_contain_text("see invoices and their amounts")

    def test_users_2_a_preview_that_does_not_come_leaves_the_choices(self, page, refuse):
        refuse(page)
        page.locator("#invoices").select_option("manager")
        expect(page.locator("#status")).to_have_text("Too busy")
        expect(page.locator("#invoices")).to_have_value("manager")
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
            usage.load(
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
            settle("ines.pending", state="ready", settled_at=now())
        expect(page.locator("#refresh")).to_have_count(0)
