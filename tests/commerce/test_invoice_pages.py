"""INVOICES-1, DASH-1: what is seen of invoices and usage, and by whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from demo.factur_x import document
from selfcare.database import db
from selfcare.models import PreInvoice, PreInvoiceVersion
from selfcare.rights import Profile
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.months import first_day
from selfcare.services.usage import reports
from tests.plugin_commerce import bill, usage_line, usage_report

INVOICES = "/contracts/OCB0000124/invoices"


pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def add(app, store):
    def run(number: str, **values) -> int:
        with app.app_context():
            pdf = document(bill(number, **values))
            invoice = loading.load(facturx_reading.read(pdf), pdf)
            db.session.commit()
            return invoice.id

    return run


class TestPage:
    def test_invoices_1_says_what_comes_before_there_is_any(self, paul):
        page = paul.get(INVOICES)
        assert page.one(".empty")
        assert "the first one comes at the end of your first month" in page.words
        assert "None" not in page.words
        assert paul.get(f"{INVOICES}/usage").one(".empty")
        assert "Nothing spent" in paul.get(f"{INVOICES}/spend").one(".empty").get_text()

    def test_invoices_1_shows_the_latest_and_the_history(self, paul, add):
        add("FA-1", issued_on=date(2016, 12, 6), lines=(("Usage", Decimal("2145.67")),))
        add("FA-2")
        add("AV-1", issued_on=date(2017, 2, 1), is_credit_note=True)
        page = paul.get(INVOICES)
        assert page.texts(".big")[0].startswith("€2,352.21")
        assert page.texts('#invoices td[data-label="Number"] a') == ["AV-1", "FA-2", "FA-1"]
        assert "−€2,352.21" in page.words
        assert page.one("#invoices .badge")
        assert page.one("#invoices th.num").get_text(strip=True) == "Amount excl. tax"

    def test_accessible_links_to_documents_name_them_out_of_their_place(self, paul, add):
        add("FA-1", issued_on=date(2016, 12, 6))
        page = paul.get(INVOICES)
        said = page.texts(".figure a")
        for words in ("see the details ›", "Open the PDF"):
            assert [one.endswith("FA-1") for one in said if one.startswith(words)] == [True]
        assert [one["aria-label"] for one in page.all("main .links a[download]")] == ["ZIP of 2016"]

    def test_invoices_1_visitor_sees_whom_to_ask_and_nothing_else(self, paul, add, cast, browse_as):
        number = add("FA-1")
        cast.member("sophie.dupont", invoices=Profile.VISITOR)
        sophie = browse_as("sophie.dupont")
        page = sophie.get(INVOICES)
        assert "invoices@example.com" in page.words
        assert "FA-1" not in page.text
        assert "2,352" not in page.text
        for path in ("", "/pdf", "/xml"):
            assert sophie.get(f"{INVOICES}/{number}{path}").status == 403

    def test_invoices_1_each_tab_is_an_address_and_says_so(self, paul):
        for path, label in (
            ("", "Invoices"),
            ("/usage", "Usage and pre-invoices"),
            ("/spend", "Spend"),
        ):
            page = paul.get(INVOICES + path)
            assert page.one("nav.tabs [aria-current=page]").get_text(strip=True) == label
            assert len(page.all("nav.tabs a")) == 3

    def test_list_1_invoices_come_ten_a_page(self, paul, add):
        for number in range(12):
            add(f"FA-{number:02}")
        assert len(paul.get(INVOICES).all("#invoices tbody tr")) == 10
        assert len(paul.get(f"{INVOICES}?page=2").all("#invoices tbody tr")) == 2

    @pytest.mark.parametrize(("path", "has"), [("", True), ("/usage", False)])
    def test_list_1_each_list_exports_itself(self, paul, add, path, has):
        add("FA-1")
        page = paul.get(f"{INVOICES}{path}?format=csv")
        assert page.response.mimetype == "text/csv"
        assert ("FA-1" in page.text) == has

    @pytest.mark.parametrize(("q", "hits"), [("fa-1", 1), ("01/2017", 1), ("2016", 0), ("%", 0)])
    def test_list_1_invoices_are_found_by_number_and_date(self, paul, add, q, hits):
        add("FA-1")
        page = paul.get(f"{INVOICES}?q={q.replace('%', '%25')}")
        assert len(page.all("#invoices tbody tr")) == hits

    def test_fast_a_search_among_invoices_reads_nothing_but_the_list(self, paul, add, statements):
        add("FA-1")
        for part, is_read in ((None, True), ("invoices", False)):
            statements.clear()
            assert "FA-1" in paul.get(f"{INVOICES}?q=fa", part=part).text
            assert any("subscription_totals" in one for one in statements) is is_read


class TestDocuments:
    def test_invoices_1_the_document_comes_under_a_human_name(self, paul, add):
        number = add("FA-1")
        pdf = paul.get(f"{INVOICES}/{number}/pdf")
        assert pdf.response.data.startswith(b"%PDF-")
        assert pdf.headers["Content-Disposition"] == (
            'inline; filename="Invoice-OCB0000124-2017-01-FA-1.pdf"'
        )
        assert "no-store" in pdf.headers["Cache-Control"]
        xml = paul.get(f"{INVOICES}/{number}/xml")
        assert b"CrossIndustryInvoice" in xml.response.data
        assert xml.headers["Content-Disposition"].endswith('"Invoice-OCB0000124-2017-01-FA-1.xml"')

    def test_invoices_1_documents_of_another_contract_are_not_there(
        self, paul, add, cast, browse_as
    ):
        number = add("FA-1")
        cast.member("autre.client", ref="OCB0000777", referent=True)
        stranger = browse_as("autre.client")
        for path in ("", "/pdf", "/xml"):
            assert stranger.get(f"{INVOICES}/{number}{path}").status == 404
            mine = f"/contracts/OCB0000777/invoices/{number}{path}"
            assert stranger.get(mine).status == 404, "through one's own contract"

    def test_invoices_1_every_opening_leaves_a_trace(self, paul, add, monkeypatch):
        lines = []

        class Log:
            def info(self, event, **facts):
                lines.append((event, facts["account"]))

        monkeypatch.setattr("selfcare.blueprints.invoices.log", Log())
        paul.get(f"{INVOICES}/{add('FA-1')}/pdf")
        assert lines == [("document_opened", "paul.dupont")]

    def test_invoices_1_a_lost_document_is_404_and_an_error_in_the_log(self, paul, add, store):
        number = add("FA-1")
        for key in list(store.keys()):
            store.delete(key)
        assert paul.get(f"{INVOICES}/{number}/pdf").status == 404

    def test_invoices_1_the_page_says_what_the_pdf_does(self, paul, add):
        page = paul.get(f"{INVOICES}/{add('FA-1')}")
        for text in ("FA-1", "€2,352.21", "€470.44", "€2,822.65", "Abonnements"):
            assert text in page.words


class TestMonth:
    def test_invoices_1_shows_usage_and_pre_invoice(self, papers, browse_as):
        page = browse_as("paul.dupont").get(f"{INVOICES}/usage/2016-09")
        assert "Elastic Cloud Server" in page.words
        assert page.one("table.chart")
        assert len(page.all("#lines tbody tr")) == 1
        report = page.one('a[href$="/report.csv"]')["href"]
        answer = browse_as("paul.dupont").get(str(report))
        assert answer.headers["Content-Disposition"].startswith("attachment")
        pdf = browse_as("paul.dupont").get(f"{INVOICES}/usage/2016-09/pre-invoice.pdf")
        assert pdf.response.data.startswith(b"%PDF-")
        assert "Pre-invoice-OCB0000124-2016-09.pdf" in pdf.headers["Content-Disposition"]

    def test_invoices_1_a_month_leads_to_its_neighbours_and_its_invoice(
        self, papers, add, app, browse_as
    ):
        with app.app_context():
            for month in ("2016-06", "2016-12"):
                reports.load(usage_report(usage_line(BeginDate=f"{month}-01")))
            db.session.commit()
        number = add("FA-0916", issued_on=date(2016, 10, 5))
        links = browse_as("paul.dupont").get(f"{INVOICES}/usage/2016-09").all(".links a")
        assert [(one["href"], one.get_text(strip=True)) for one in links] == [
            (f"{INVOICES}/usage/2016-06", "‹ 06/2016"),
            (f"{INVOICES}/usage/2016-12", "12/2016 ›"),
            (f"{INVOICES}/{number}", "Invoice of the month: FA-0916 ›"),
        ]

    @pytest.mark.parametrize("month", ["2016-10", "2016-13", "0000-01", "x", "2016-9"])
    def test_invoices_1_a_month_without_report_is_not_there(self, papers, browse_as, month):
        assert browse_as("paul.dupont").get(f"{INVOICES}/usage/{month}").status == 404

    def test_invoices_1_a_pre_invoice_being_made_is_said_to_be(self, papers, app, browse_as):
        from sqlalchemy import delete, update

        with app.app_context():
            db.session.execute(delete(PreInvoiceVersion))
            db.session.execute(update(PreInvoice).values(state="queued", version=0))
            db.session.commit()
        paul = browse_as("paul.dupont")
        assert "being prepared" in paul.get(f"{INVOICES}/usage").words
        assert "being prepared" in paul.get(f"{INVOICES}/usage/2016-09").words
        assert paul.get(f"{INVOICES}/usage/2016-09/pre-invoice.pdf").status == 404


class TestPicture:
    def test_dash_1_draws_what_was_invoiced_for_those_who_may_read_it(
        self, paul, add, cast, browse_as
    ):
        today = date.today()  # noqa: DTZ011
        add("FA-1", issued_on=today.replace(day=1))
        add("AV-1", issued_on=today, is_credit_note=True, lines=(("x", Decimal("352.21")),))
        dashboard = "/contracts/OCB0000124/dashboard"
        page = paul.get(dashboard)
        assert "€2,000.00" in page.words
        cast.member("sophie.dupont", dashboard=Profile.MANAGER, invoices=Profile.VISITOR)
        assert "€2,000.00" not in browse_as("sophie.dupont").get(dashboard).words

    def test_invoices_1_a_currency_with_one_month_is_a_sentence(self, paul, add):
        today = date.today()  # noqa: DTZ011
        add("FA-1", issued_on=today)
        add("FA-2", issued_on=today, currency="CHF")
        page = paul.get(f"{INVOICES}/spend")
        assert not page.all(".bars")
        assert f"{today:%m/%Y}: CHF 2,352.21 excl. tax invoiced." in page.words

    def test_invoices_1_what_was_invoiced_is_drawn_where_nothing_else_is_known(self, paul, add):
        today = date.today()  # noqa: DTZ011
        add("FA-1", issued_on=today)
        add("FA-2", issued_on=first_day(today, ahead=-1), lines=(("x", Decimal(1000)),))
        page = paul.get(f"{INVOICES}/spend")
        assert "Your invoices over 12 months" in page.words
        drawn = [one["width"] for one in page.all(".bars rect")]
        assert drawn == ["42.5%", "100.0%"]
        assert "usage" not in page.one(".bars").get_text()
