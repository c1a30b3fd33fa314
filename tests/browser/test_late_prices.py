"""A price of the order form that comes late or out of turn takes no choice back (SERVICES-2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BROWSERS
from tests.browser.line import Line, late

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

FORM = "/contracts/OCB0000124/services/elastic-cloud-server-reservation/order"
CHOSEN = ("c2.large", "24,no", "36,yes")
"""A flavor, then two cards one after the other."""
SETTLED = ("c2.large", "36,yes")


def choose(page: Page, value: str) -> None:
    if "," in value:
        page.locator(f"#order-plan [value='{value}']").check()
    else:
        page.locator("#order-flavor").select_option(value)


def values(page: Page) -> tuple[str, str]:
    return (
        page.locator("#order-flavor").input_value(),
        page.locator("#order-plan :checked").input_value(),
    )


def prices(page: Page) -> list[str]:
    """What the cards say for a month, in their order."""
    return [text.split()[0] for text in page.locator("#order-plan b").all_inner_texts()]


@pytest.fixture
def page(shop, window) -> Page:
    page: Page = window("paul.dupont").open(FORM)
    page.evaluate("window.same = true")
    return page


@pytest.mark.parametrize("milliseconds", [0, 300, 1500])
def test_services_2_a_late_price_takes_no_choice_back(page, milliseconds):
    late(page, milliseconds)
    for value in CHOSEN:
        choose(page, value)
        page.wait_for_timeout(250)
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == SETTLED
    assert prices(page) == ["€60.15", "€28.52", "€49.32", "€24.39", "€43.14", "€19.88"]
    page.locator("button[value=next]").click()
    expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")
    expect(page.locator("main")).to_contain_text("€19.88")


def test_services_2_an_older_price_does_not_overtake(page):
    line = Line(page, verb="POST")
    for count, value in enumerate(CHOSEN, 1):
        choose(page, value)
        line.has(count)
    line.newest_first()
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == SETTLED
    assert prices(page)[0] == "€60.15"


def test_services_2_what_is_sent_meanwhile_is_what_is_summed_up(page):
    line = Line(page, verb="POST")
    for value in CHOSEN:
        choose(page, value)
    line.has(1)
    page.locator("button[value=next]").click()
    expect(page.locator("main")).to_contain_text("c2.large 3 years with upfront")


@pytest.mark.parametrize("part", ["input[value='36,yes']", "label[for=order-plan-2-1]"])
def test_services_2_a_click_that_meets_a_price_counts(page, part):
    """The answer comes between the press and the release."""
    line = Line(page, verb="POST")
    choose(page, "c2.large")
    line.has(1)
    page.locator(f"#order-plan {part}").hover()
    page.mouse.down()
    line.newest_first()
    expect(page.locator("#order-plan")).to_contain_text("€19.88")
    page.mouse.up()
    assert values(page) == SETTLED
    line.has(1)
    line.newest_first()
    expect(page.locator("#order-price")).to_contain_text("€19.88")


@pytest.mark.parametrize("released", ["on a card", "elsewhere"])
def test_services_2_a_click_that_meets_other_cards_counts(page, released):
    """They wait for the release, and come whether or not it chose one of those that are there."""
    ways = page.locator("#order-plan label > span:first-child")
    choose(page, "36,no")
    expect(page.locator("#order-price")).to_contain_text("€3.56")
    late(page, 500)
    page.locator("#order-flavor").select_option("p2.2xlarge.8")
    page.locator("#order-plan label[for=order-plan-0-0]").hover()
    page.mouse.down()
    expect(page.locator("#order-price")).to_contain_text("not possible")
    expect(ways).to_have_count(6)
    if released == "elsewhere":
        page.mouse.move(1, 1)
    page.mouse.up()
    left, gone = (f"{way} months · Without upfront payment" for way in (12, 36))
    also = [f"{gone} – not possible"] if released == "elsewhere" else []
    expect(ways).to_have_text([left, *also])
    assert values(page)[1] == ("36,no" if also else "12,no")


@pytest.mark.parametrize("milliseconds", [0, 300])
def test_services_2_two_quick_keys_go_two_flavors_down(page, milliseconds):
    late(page, milliseconds)
    flavors = page.locator("#order-flavor option").evaluate_all("all => all.map(o => o.value)")
    page.locator("#order-flavor").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#order-price")).not_to_contain_text("€4.97")
    page.wait_for_timeout(2 * milliseconds + 200)
    assert values(page)[0] == flavors[2]
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


@pytest.mark.parametrize("milliseconds", [0, 300])
def test_services_2_arrows_walk_over_the_cards(page, milliseconds):
    """From the flavor on by keys alone: an answer that brings other cards keeps one's place."""
    late(page, milliseconds)
    choose(page, "c2.large")
    page.locator("#order-flavor").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#order-price")).to_contain_text("€49.32")
    page.wait_for_timeout(milliseconds + 200)
    assert values(page) == ("c2.large", "24,no")
    expect(page.locator("#order-plan :checked")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#order-price")).to_contain_text("€24.39")
    expect(page.locator("#order-plan :checked")).to_be_focused()


def test_services_2_an_impossible_choice_stays_and_is_said(page):
    choose(page, "36,no")
    expect(page.locator("#order-price")).to_contain_text("€3.56")
    page.locator("#order-flavor").select_option("p2.2xlarge.8")
    expect(page.locator("#order-price")).to_contain_text("not possible")
    expect(page.locator("#status")).to_contain_text("not possible")
    assert values(page) == ("p2.2xlarge.8", "36,no")
    ways = page.locator("#order-plan label > span:first-child")
    gone = "36 months · Without upfront payment – not possible"
    expect(ways).to_have_text(["12 months · Without upfront payment", gone])
    page.locator("button[value=next]").click()
    expect(page.get_by_role("alert")).to_contain_text("not possible")
    choose(page, "12,no")
    expect(page.locator("#order-price")).to_contain_text("€1,651.02")
    expect(ways).to_have_text(["12 months · Without upfront payment"])


def test_services_2_the_price_follows_choices_that_back_restores(page):
    for value in CHOSEN:
        choose(page, value)
    page.locator("button[value=next]").click()
    expect(page.locator("button[value=order]")).to_be_visible()
    page.go_back()
    expect(page.locator("#order-flavor")).to_have_value("c2.large")
    expect(page.locator("#order-price")).to_contain_text("€19.88")
    assert values(page) == SETTLED


@pytest.mark.parametrize("status", [429, 503, None])
def test_services_2_a_price_that_does_not_come_is_said_and_shows_no_older_one(page, refuse, status):
    refuse(page, status)
    page.locator("#order-flavor").select_option("c2.large")
    expect(page.locator("#status")).to_contain_text("Too busy" if status else "does not answer")
    expect(page.locator("#order-price")).not_to_contain_text("€")
    expect(page.locator("#order-flavor")).to_have_value("c2.large")
    page.unroute("**/*")
    choose(page, "36,no")
    expect(page.locator("#order-price")).to_contain_text("€43.14")
