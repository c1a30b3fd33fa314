"""INVOICES-1, LIST-1: invoices and usage as files, and what foreign invoices say beside totals."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from demo.factur_x import document, xml
from selfcare.database import db
from selfcare.language.document_names import file_stem
from selfcare.language.i18n import speaking
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.usage import reports
from tests.commerce.test_invoice_pages import INVOICES, add
from tests.plugin_commerce import bill, usage_line, usage_report

__all__ = ["add"]
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def jean(cast, paul, browse_as):
    """One who reads French."""
    cast.account("jean.martin", locale="fr")
    cast.member("jean.martin", invoices="manager")
    return browse_as("jean.martin")


@pytest.fixture
def used(app, paul):
    """A month of usage."""

    def load(*lines: str) -> None:
        with app.app_context():
            reports.load(usage_report(*lines))
            db.session.commit()

    return load


def cells(answer, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=delimiter))


class TestExports:
    def test_list_1_a_credit_note_takes_its_amount_off_in_a_spreadsheet(self, jean, add):
        add("FA-1")
        add("AV-1", issued_on=date(2017, 2, 1), is_credit_note=True)
        head, *rows = cells(jean.get(f"{INVOICES}?format=csv"))
        amounts = [row[head.index("Montant HT")] for row in rows]
        assert amounts == ["-2352,21", "2352,21"]

    def test_list_1_numbers_of_a_report_are_numbers_and_exact(self, jean, used):
        used(
            usage_line(Quantity="1234567,5", Amount="0,0042"),
            usage_line(Quantity="720", Amount="-85,392"),
            usage_line(Quantity="1", Amount="12,5"),
        )
        answer = jean.get(f"{INVOICES}/usage/2016-09?format=csv&sort=amount")
        assert answer.headers["Content-Disposition"].endswith('-OCB0000124-2016-09.csv"')
        head, *rows = cells(answer)
        at = head.index("Quantité"), head.index("Montant HT")
        assert [tuple(row[n] for n in at) for row in rows] == [
            ("720", "-85,392"),
            ("1234567,5", "0,0042"),
            ("1", "12,50"),
        ]

    @pytest.mark.parametrize("resource", ["=1+1", "-1+1", "+33", "@x", "-5e3", "-1,2,3"])
    def test_list_1_a_customer_s_words_are_never_a_formula(self, jean, used, resource):
        used(usage_line(IdResource=resource))
        head, row = cells(jean.get(f"{INVOICES}/usage/2016-09?format=csv"))
        assert row[head.index("Ressource")] == f"'{resource}"


class TestLines:
    def test_invoices_1_the_picture_of_a_month_leaves_no_service_out(self, jean, used):
        used(*(usage_line(ServiceCloud=f"S{n:02}", Amount=str(100 - n)) for n in range(15)))
        rows = jean.get(f"{INVOICES}/usage/2016-09").all("table.chart tbody tr")
        assert len(rows) == 13
        assert rows[-1].get_text(" ", strip=True).startswith("3 autres services")
        assert "261,00" in rows[-1].get_text()

    @pytest.mark.parametrize("q", ["réservées", "RÉSERVÉES", "reservees", "VM-É", "vm-e"])
    def test_list_1_lines_are_found_whatever_the_accents(self, jean, used, q):
        used(usage_line(ChargeLabel="Heures Réservées", IdResource="vm-é"), usage_line())
        page = jean.get(f"{INVOICES}/usage/2016-09?q={q}")
        assert len(page.all("#lines tbody tr")) == 1

    def test_list_1_each_column_has_its_heading(self, jean, used):
        used(usage_line())
        page = jean.get(f"{INVOICES}/usage/2016-09")
        heads = [head.get_text(" ", strip=True).split(" ▼")[0] for head in page.all("#lines th")]
        shown = [cell["data-label"] for cell in page.all("#lines tbody td")]
        assert heads == shown
        assert "Ressource" in heads


class TestNames:
    def test_invoices_1_a_file_is_named_by_what_it_is_and_its_number(self, paul, add):
        add("FA-4", issued_on=date(2017, 2, 1))
        names = [
            paul.get(f"{INVOICES}/{number}/pdf").headers["Content-Disposition"].split('"')[1]
            for number in (add("FA-1"), add("FA/2 é"), add("AV-1", is_credit_note=True))
        ]
        assert names == [
            "Invoice-OCB0000124-2017-01-FA-1.pdf",
            "Invoice-OCB0000124-2017-01-FA-2-e.pdf",
            "Credit-note-OCB0000124-2017-01-AV-1.pdf",
        ]

    def test_invoices_1_names_are_in_the_reader_s_language_without_accents(self, app):
        document = SimpleNamespace(number="N° 5", type_code="386", issued_on=date(2017, 1, 11))
        with app.app_context(), speaking("fr"):
            stem = file_stem(document, ref="OCB0000124")
        assert stem == "Facture-d-acompte-OCB0000124-2017-01-N-5"

    @pytest.mark.parametrize(
        ("code", "name"),
        [
            ("384", "Corrected-invoice"),
            ("386", "Prepayment-invoice"),
            ("389", "Self-billed-invoice"),
            ("532", "Forwarder-s-credit-note"),
        ],
    )
    @pytest.mark.parametrize("number", ["../../etc/passwd", "…", "FA 1\t"])
    def test_safe_no_number_makes_a_name_that_leads_elsewhere(self, app, code, name, number):
        document = SimpleNamespace(number=number, type_code=code, issued_on=date(2017, 1, 11))
        with app.app_context(), speaking("en"):
            stem = file_stem(document, ref="OCB0000124")
        assert re.fullmatch(rf"{name}-OCB0000124-2017-01-[A-Za-z0-9-]+", stem)


PAID = (
    b"<ram:GrandTotalAmount>2822.65</ram:GrandTotalAmount>",
    (
        b"<ram:GrandTotalAmount>2822.65</ram:GrandTotalAmount>"
        b"<ram:TotalPrepaidAmount>1000.00</ram:TotalPrepaidAmount>"
    ),
)
DUE = b"DuePayableAmount>2822.65<", b"DuePayableAmount>1822.65<"


class TestForeign:
    @pytest.fixture
    def take(self, app, store):
        """Take an invoice in whose XML was changed; gives its id."""

        def run(*changes: tuple[bytes, bytes], **values: bool) -> int:
            text = xml(bill("FA-1", **values))
            for old, new in changes:
                assert old in text
                text = text.replace(old, new)
            with app.app_context():
                pdf = document(bill("FA-1", **values))
                invoice = loading.load(facturx_reading.read_xml(text), pdf)
                db.session.commit()
                return invoice.id

        return run

    def test_invoices_1_says_what_was_paid_and_what_is_due(self, paul, take):
        page = paul.get(f"{INVOICES}/{take(PAID, DUE)}")
        assert "Already paid €1,000.00" in page.words
        assert "Amount due €1,822.65" in page.words

    def test_invoices_1_a_credit_note_gives_back_what_is_due(self, paul, take):
        page = paul.get(f"{INVOICES}/{take(PAID, DUE, is_credit_note=True)}")
        assert "Amount due −€1,822.65" in page.words

    def test_invoices_1_says_neither_where_all_is_due(self, paul, take):
        words = paul.get(f"{INVOICES}/{take()}").words
        assert "Already paid" not in words
        assert "Amount due" not in words

    def test_invoices_1_allowances_stand_among_the_lines(self, paul, take):
        """2352.21 in lines, 152.21 off: 2200.00, VAT 440.00, 2640.00."""
        allowance = (
            b"<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator>"
            b"<udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>"
            b"<ram:ActualAmount>152.21</ram:ActualAmount><ram:Reason>Remise fid\xc3\xa9lit\xc3\xa9"
            b"</ram:Reason><ram:CategoryTradeTax><ram:TypeCode>VAT</ram:TypeCode><ram:CategoryCode>S"
            b"</ram:CategoryCode><ram:RateApplicablePercent>20</ram:RateApplicablePercent>"
            b"</ram:CategoryTradeTax></ram:SpecifiedTradeAllowanceCharge>"
        )
        terms = b"<ram:SpecifiedTradePaymentTerms>"
        number = take(
            (terms, allowance + terms),
            (b"TaxBasisTotalAmount>2352.21<", b"TaxBasisTotalAmount>2200.00<"),
            (
                b"<ram:TaxBasisTotalAmount>",
                (
                    b"<ram:AllowanceTotalAmount>152.21</ram:AllowanceTotalAmount>"
                    b"<ram:TaxBasisTotalAmount>"
                ),
            ),
            (b">470.44<", b">440.00<"),
            (b">2822.65<", b">2640.00<"),
        )
        page = paul.get(f"{INVOICES}/{number}")
        assert "Remise fidélité – −€152.21" in page.words

    def test_invoices_1_quantities_are_written_as_the_reader_does(self, jean, take):
        number = take((b'unitCode="C62">1<', b'unitCode="C62">1234.5000<'))
        assert "1 234,5" in jean.get(f"{INVOICES}/{number}").words.replace("\u202f", " ")

    def test_invoices_1_lines_and_allowances_make_the_total(self):
        text = xml(bill())
        read = facturx_reading.read_xml(text)
        assert sum(Decimal(line["amount"]) for line in read.lines) == read.net
        assert (read.paid, read.payable) == (None, read.gross)
