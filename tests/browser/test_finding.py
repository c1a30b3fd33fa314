"""FIND-1 in Chromium: the key that leads to the field, and the menu of contracts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import BROWSERS

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"


@pytest.mark.parametrize("width", [1280, 360])
def test_find_1_a_key_leads_to_the_field_and_a_reference_to_its_page(cast, window, width):
    cast.account("paul.dupont", locale="en", phone="+33 1 01 01 01 01")
    cast.member("paul.dupont", referent=True)
    cast.member("paul.dupont", ref="OCB0000412")
    cast.orders(8)
    page = window("paul.dupont", width=width).open(f"{C}/orders")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    assert faults(page, "header") == []
    page.keyboard.type("no/thing")
    expect(page.locator("#find")).to_have_value("no/thing")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).not_to_be_visible()
    page.locator("#orders-q").press("/")
    expect(page.locator("#orders-q")).to_have_value("/")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.locator("#find").fill("honey1655-1801-007")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/HONEY1655-1801-007$"))
    page.locator(".where summary").click()
    assert faults(page, ".where") == []  # the open menu lies over the rest
    page.get_by_role("link", name=re.compile("OCB0000412")).first.click()
    expect(page).to_have_url(re.compile(r"/contracts/OCB0000412/$"))
    page.get_by_role("link", name="My profile").last.click()
    page.get_by_role("link", name="Change my information").click()
    page.get_by_label("The “/” key").uncheck()
    page.get_by_role("button", name="Finish").click()
    expect(page).to_have_url(re.compile("/account/profile$"))
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_visible()
    page = window("paul.dupont", width=width).open(f"{C}/find?q=flavor")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(page) == []
