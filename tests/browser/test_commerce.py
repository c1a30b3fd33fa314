"""Ordering and invoices in a real browser: in place, without JavaScript, on a phone, with axe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from selfcare.database import db
from selfcare.services.usage import reports
from tests.browser.axe import LOOKS, faults
from tests.browser.conftest import BROWSERS
from tests.plugin_commerce import usage_line, usage_report

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

C = "/contracts/OCB0000124"
FORM = f"{C}/services/elastic-cloud-server-reservation/order"


@pytest.fixture
def pages(papers, portal, store) -> list[str]:
    """The addresses of the commercial life, everything in them."""
    portal.extensions["documents"] = store
    last = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).strftime("%Y-%m-%d")
    services = ("ECS", "EVS", "OBS", "EIP", "RDS", "CCE")
    with portal.app_context():  # the picture of twelve months by service
        reports.load(usage_report(*(usage_line(ServiceCloud=s, BeginDate=last) for s in services)))
        db.session.info.pop("wakeups", None)
        db.session.commit()
    return [
        f"{C}/dashboard",
        f"{C}/services",
        f"{C}/services/{papers['slug']}",
        FORM,
        f"{C}/services/migration/order",
        f"{FORM}/{papers['key']}",
        f"{C}/invoices",
        f"{C}/invoices?q=nothing",
        f"{C}/invoices/{papers['invoice_id']}",
        f"{C}/invoices/usage",
        f"{C}/invoices/usage/2016-09",
        f"{C}/invoices/spend",
        f"{C}/support",
    ]


@pytest.mark.slow
@LOOKS
def test_accessible_axe_finds_nothing_where_things_are_sold(cast, pages, window, locale, width):
    from sqlalchemy import update

    from selfcare.models import Account

    with cast.app.app_context():
        db.session.execute(update(Account).values(locale=locale))
        db.session.commit()
    found = []
    here = window("paul.dupont", width=width)
    for path in pages:
        found += faults(here.open(path))
    page = here.open(pages[4])
    page.locator("#order-needs").fill("")
    page.locator("button[value=next]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    assert found == []


def test_accessible_nothing_sold_scrolls_sideways_at_320_pixels(pages, window):
    here = window("paul.dupont", width=320)
    widths = {
        path: here.open(path).evaluate("document.documentElement.scrollWidth") for path in pages
    }
    assert {path: width for path, width in widths.items() if width > 320} == {}


def test_services_2_choices_narrow_in_place_and_keep_the_focus(pages, window):
    page: Page = window("paul.dupont").open(FORM)
    page.evaluate("window.same = true")
    page.locator("#order-flavor").focus()
    page.locator("#order-flavor").select_option("p2.2xlarge.8")
    expect(page.locator("#order-form")).to_contain_text("€1,651.02")
    expect(page.locator("#order-plan [type=radio]")).to_have_count(1)
    expect(page.locator("#order-flavor")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("€1,651.02")
    assert page.evaluate("window.same"), "the page was not loaded anew"


@pytest.mark.parametrize("scripts", [True, False])
def test_services_3_orders_from_the_catalogue_to_the_order(pages, window, scripts):
    page: Page = window("paul.dupont", scripts=scripts).open(f"{C}/services")
    page.locator(f'a[href="{FORM}"]').click()
    page.locator("#order-flavor").select_option("c2.2xlarge")
    page.locator("button[value=update]").click()
    expect(page.locator("#order-form")).to_contain_text("€240.60")
    page.locator("button[value=next]").click()
    page.locator("button[value=prev]").click()
    expect(page.locator("#order-flavor")).to_have_value("c2.2xlarge")
    page.locator("#order-plan [value='24,yes']").check()
    page.locator("button[value=next]").click()
    expect(page.locator("main")).to_contain_text("€97.56")
    page.locator("button[value=order]").click()
    expect(page.locator("h1")).to_contain_text("HONEY1655-")
    expect(page.locator("ol.timeline li")).to_have_count(1)


def test_list_1_a_list_is_sorted_in_place_and_its_tabs_are_plain_links(pages, window):
    page: Page = window("paul.dupont").open(f"{C}/invoices")
    page.evaluate("window.same = true")
    page.locator("#invoices thead a").nth(1).click()
    expect(page).to_have_url(re.compile(r"invoices\?sort=number$"))
    assert page.evaluate("window.same")
    page.locator("nav.tabs a").nth(1).click()
    expect(page).to_have_url(re.compile(r"invoices/usage$"))
    page.locator("#usage thead a").nth(1).click()
    expect(page.locator("#usage th[aria-sort=ascending]")).to_contain_text("Usage report")
