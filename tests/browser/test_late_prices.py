"""A price of the order form that comes late or out of turn takes no choice back (SERVICES-2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BROWSERS
from tests.browser.line import Line, late

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

FORM = "/contracts/OCB0000124/services/elastic-cloud-server-reservation/order"
CHOSEN = {"flavor": "c2.large", "duration": "36", "upfront": "yes"}


def values(page: Page) -> dict[str, str]:
    names = ("flavor", "duration", "upfront")
    return {name: page.locator(f"#order-{name}").input_value() for name in names}


@pytest.fixture
def page(shop, window) -> Page:
    page: Page = window("paul.dupont").open(FORM)
    page.evaluate("window.same = true")
    return page


@pytest.mark.parametrize("milliseconds", [0, 300, 1500])
def test_services_2_a_late_price_takes_no_choice_back(page, milliseconds):
    late(page, milliseconds)
    for name, value in CHOSEN.items():
        page.locator(f"#order-{name}").select_option(value)
        page.wait_for_timeout(250)
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == CHOSEN
    page.locator("button[value=next]").click()
    expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")
    expect(page.locator("main")).to_contain_text("€19.88")


def test_services_2_an_older_price_does_not_overtake(page):
    line = Line(page, verb="POST")
    for count, (name, value) in enumerate(CHOSEN.items(), 1):
        page.locator(f"#order-{name}").select_option(value)
        line.has(count)
    line.newest_first()
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == CHOSEN


def test_services_2_what_is_sent_meanwhile_is_what_is_summed_up(page):
    line = Line(page, verb="POST")
    for name, value in CHOSEN.items():
        page.locator(f"#order-{name}").select_option(value)
    line.has(1)
    page.locator("button[value=next]").click()
    expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")


@pytest.mark.parametrize("milliseconds", [0, 300])
def test_services_2_two_quick_keys_go_two_flavors_down(page, milliseconds):
    late(page, milliseconds)
    flavors = page.locator("#order-flavor option").evaluate_all("all => all.map(o => o.value)")
    page.locator("#order-flavor").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#order-price")).not_to_contain_text("€4.97")
    page.wait_for_timeout(2 * milliseconds + 200)
    assert values(page)["flavor"] == flavors[2]
    expect(page.locator("#order-flavor")).to_be_focused()


def test_services_2_text_typed_while_a_price_is_on_its_way_stays(page):
    """The form is never replaced: a mark set on each of its fields is still there."""
    line = Line(page, verb="POST")
    page.locator("#order-form").evaluate("form => [...form.elements].map(e => e.mine = true)")
    page.locator("#order-flavor").select_option("c2.large")
    line.has(1)
    line.newest_first()
    expect(page.locator("#order-price")).to_contain_text("€60.15")
    assert page.locator("#order-form").evaluate("f => [...f.elements].every(e => e.mine)")


def test_services_2_an_impossible_choice_stays_and_is_said(page):
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


def test_services_2_the_price_follows_choices_that_back_restores(page):
    for name, value in CHOSEN.items():
        page.locator(f"#order-{name}").select_option(value)
    page.locator("button[value=next]").click()
    expect(page.locator("#agree")).to_be_visible()
    page.go_back()
    expect(page.locator("#order-flavor")).to_have_value("c2.large")
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == CHOSEN


@pytest.mark.parametrize("status", [429, 503, None])
def test_services_2_a_price_that_does_not_come_is_said_and_shows_no_older_one(page, refuse, status):
    refuse(page, status)
    page.locator("#order-flavor").select_option("c2.large")
    expect(page.locator("#status")).to_contain_text("Too busy" if status else "does not answer")
    expect(page.locator("#order-price")).not_to_contain_text("€")
    expect(page.locator("#order-flavor")).to_have_value("c2.large")
    page.unroute("**/*")
    page.locator("#order-duration").select_option("36")
    expect(page.locator("#order-price")).to_contain_text("€43.14")
