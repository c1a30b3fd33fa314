"""Lists on a phone and on a tablet: the same table, as cards of three lines and as a table."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import faults
from tests.browser.conftest import BROWSERS

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
TALLEST = 5_200
"""Pixels of a page of 25 orders on a phone."""


@pytest.fixture
def page_at(cast, window) -> Any:
    """A page of somebody with full lists, in a window of so many pixels."""
    cast.account("paul.dupont", locale="fr")
    cast.member("paul.dupont", referent=True)
    cast.orders(30, name_fr="Réservation d'un gabarit Elastic Cloud Server")
    cast.subscriptions_of_orders()

    def page_at(path: str, width: int) -> Page:
        page: Page = window("paul.dupont", width=width).open(path)
        return page

    return page_at


def box(page: Page, cell: str) -> Any:
    found = page.locator(f"#main tbody tr >> nth=0 >> {cell}").bounding_box()
    assert found
    return found


def test_light_a_row_on_a_phone_is_three_lines(page_at):
    page = page_at(f"{C}/orders", 360)
    ref, state, name = (box(page, cell) for cell in (".ref", ".badge", ".name"))
    assert abs(ref["y"] + ref["height"] / 2 - state["y"] - state["height"] / 2) < 4
    assert name["y"] >= ref["y"] + ref["height"]
    assert box(page, ".date")["y"] >= name["y"] + name["height"]
    assert page.evaluate("document.documentElement.scrollHeight") <= TALLEST
    heads = page.locator("thead th a").evaluate_all("all => all.map(a => a.offsetTop)")
    assert len(set(heads)) == 1, "all sorts are on one line"


def test_light_line_one_of_a_card_holds_no_more_on_a_wide_phone(page_at, papers):
    for path, *cells in (("invoices", ".num", ".date"), ("users", ".state", ".part >> nth=0")):
        page = page_at(f"{C}/{path}", 700)
        lead, state, below = (box(page, cell) for cell in (".lead", *cells))
        assert state["y"] < lead["y"] + lead["height"], path
        assert below["y"] >= state["y"] + state["height"], path


def test_accessible_a_table_that_looks_like_cards_is_read_as_a_table(page_at):
    page = page_at(f"{C}/orders", 360)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in tree if not node["ignored"]]
    assert roles.count("table") == 1
    assert roles.count("row") == 1 + 25
    assert roles.count("columnheader") >= 6
    assert roles.count("cell") == 25 * 7


def test_light_on_a_phone_the_invoices_are_one_tap_away_and_the_cards_above_them_dense(
    page_at, papers
):
    page = page_at(f"{C}/invoices", 360)
    assert page.locator("#page-title").bounding_box()["y"] <= 1_000
    page.locator(".jump a").click()
    expect(page.locator("#invoices tbody tr").first).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".jump")).not_to_be_visible()


def test_dash_2_the_dashboard_is_one_screen_on_a_desk(page_at, papers):
    page = page_at(f"{C}/dashboard", 1280)
    assert page.locator("#todo li").count() == 5
    assert page.locator(".bars").count() == 1
    ends = page.locator("main .card").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().bottom)"
    )
    assert max(ends) <= 900


@pytest.mark.parametrize("path", [f"{C}/orders", f"{C}/subscriptions", f"{C}/users"])
def test_light_from_48_rem_up_a_list_is_a_table_without_scrolling_sideways(page_at, path):
    page = page_at(path, 768)
    assert page.locator("#main tbody tr").first.evaluate("e => getComputedStyle(e).display") == (
        "table-row"
    )
    spare = page.locator(".scroll").evaluate("e => e.scrollWidth - e.clientWidth")
    assert spare <= 0
    assert faults(page) == []
