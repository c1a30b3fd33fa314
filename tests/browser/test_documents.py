"""INVOICES-1: documents in a desktop browser, its own PDF viewer included."""

from __future__ import annotations

import pytest
from playwright.sync_api import Frame

from tests.browser.conftest import BROWSERS

pytestmark = [pytest.mark.browser, pytest.mark.needs(*BROWSERS)]

INVOICES = "/contracts/OCB0000124/invoices"


@pytest.fixture
def page(portal, papers, store, launch, cookie_of):
    """Paul at his invoice; only the whole browser has the PDF viewer, not the headless shell."""
    portal.extensions["documents"] = store
    browser = launch("--headless=new", headless=False)
    context = browser.new_context(accept_downloads=True, locale="fr-FR")
    cookie = cookie_of("paul.dupont")
    context.add_cookies([{"name": "session", "value": cookie, "url": portal.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{portal.url}{INVOICES}/{papers['invoice_id']}")
    yield page
    context.close()


def test_invoices_1_the_browser_shows_the_document_under_our_policy(page, portal, papers):
    def is_viewer(frame: Frame) -> bool:
        return frame.url.startswith("chrome-extension://")

    with page.expect_event("framenavigated", is_viewer):
        page.locator("a[href$='/pdf']:not([download])").click()
    assert page.url == f"{portal.url}{INVOICES}/{papers['invoice_id']}/pdf"


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("a[href$='/pdf'][download]", "OCB0000124-2017-01-FA-0001.pdf"),
        ("a[href$='/xml']", "OCB0000124-2017-01-FA-0001.xml"),
    ],
)
def test_invoices_1_downloads_have_names_that_people_understand(page, link, name):
    with page.expect_download() as download:
        page.locator(link).click()
    kind, _, rest = download.value.suggested_filename.partition("-")
    assert rest == name
    assert kind in {"Facture", "Invoice"}


def test_invoices_1_usage_reports_are_downloaded(page, portal):
    page.goto(f"{portal.url}{INVOICES}/usage/2016-09")
    with page.expect_download() as download:
        page.locator("a[href$='/report.csv']").click()
    assert download.value.suggested_filename.endswith("OCB0000124-2016-09.csv")
