"""Text browsers: w3m reads the catalogue, the order form, its summary and the invoices."""

from __future__ import annotations

import pytest

from tests.browser.test_w3m import in_order, w3m

__all__ = ["w3m"]

pytestmark = [pytest.mark.browser, pytest.mark.needs("w3m")]

C = "/contracts/OCB0000124"
FORM = f"{C}/services/elastic-cloud-server-reservation/order"
PAGES = {
    f"{C}/services": ["Migration", "price on request", "Place order", "from €4.97 / month"],
    FORM: ["Order for the contract", "Flavor", "12 months", "Monthly price", "Next", "Update"],
    f"{FORM}/{{key}}": ["Summary", "t2.micro", "Upfront", "no further step", "Place order"],
    f"{C}/invoices": ["Your latest invoice", "€2,352.21", "FA-0001", "your invoice in detail"],
    f"{C}/invoices/usage": ["Period", "09/2016", "your report in detail", "your pre-invoice in"],
    f"{C}/invoices/spend": ["Spend", "Nothing spent in the last 12 months"],
    f"{C}/invoices/{{invoice_id}}": ["Invoice FA-0001", "€470.44", "Open the PDF", "Usage"],
    f"{C}/invoices/usage/2016-09": ["Usage 09/2016", "Elastic Cloud Server", "Total incl. tax"],
}


@pytest.mark.parametrize("path", PAGES)
def test_light_w3m_reads_what_is_sold_and_invoiced(w3m, papers, cookie_of, path):
    text = w3m(path.format(**papers), "-header", f"Cookie: session={cookie_of('paul.dupont')}")
    in_order(text, *PAGES[path])
    for leftover in ("{{", "{%", "%(", "None", "<td", "&nbsp;", "&#39;", "Markup"):
        assert leftover not in text, leftover
