"""INVOICES-2, INVOICES-3: whose invoice it is, for whom, and what its page says of others."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import select

from demo.factur_x import document
from selfcare.config import BadSetting
from selfcare.config import load as settings_of
from selfcare.database import db
from selfcare.models import Customer, Invoice
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from tests.commerce.invoice_texts import carrying, changed, of_type, simple
from tests.plugin_commerce import SIREN, bill

INVOICES = "/contracts/OCB0000124/invoices"
OPERATOR = b'<ram:ID schemeID="0002">000000000</ram:ID>'


class TestSeller:
    @pytest.mark.parametrize("sellers", ["000000000", "FR00000000000", "552100554, 000 000 000"])
    def test_invoices_2_takes_what_the_operator_issued(self, load, setting, tmp_path, sellers):
        setting(invoice_sellers=sellers)
        (tmp_path / "one.pdf").write_bytes(document(bill()))
        output, code = load(tmp_path)
        assert code == 0, output
        assert "!" not in output

    def test_invoices_2_a_siret_begins_with_the_siren(self, load, setting, tmp_path):
        setting(invoice_sellers="000000000")
        text = changed(
            (OPERATOR, b'<ram:ID schemeID="0009">000 000 000 00018</ram:ID>'),
            (b"FR00000000000", b"DE123456789"),
        )
        (tmp_path / "one.pdf").write_bytes(carrying(text))
        assert load(tmp_path)[1] == 0

    def test_invoices_2_refuses_what_somebody_else_issued(
        self, load, invoices, store, setting, tmp_path
    ):
        setting(invoice_sellers="552100554")
        (tmp_path / "one.pdf").write_bytes(document(bill()))
        output, code = load(tmp_path)
        assert code == 1
        assert (
            "its seller is 'Example Cloud', 000000000, FR00000000000:"
            " not one of INVOICE_SELLERS" in output
        )
        assert invoices() == []
        assert list(store.keys()) == []
        output, code = load(tmp_path, options=["--any-seller"])
        assert code == 0, output

    def test_invoices_2_says_that_nobody_looks_as_long_as_nobody_is_named(self, load, tmp_path):
        (tmp_path / "one.pdf").write_bytes(document(bill()))
        assert "! INVOICE_SELLERS: unset, so nobody looks who issued" in load(tmp_path)[0]

    def test_invoices_2_a_seller_that_is_no_number_stops_the_start(self):
        with pytest.raises(BadSetting, match=r"INVOICE_SELLERS.*US is neither a SIREN nor"):
            settings_of({"SECRET_KEY": secrets.token_hex(32), "INVOICE_SELLERS": "552100554, us"})


class TestSiren:
    def test_invoices_2_the_operator_says_which_company_a_customer_is(
        self, load, invoices, flask, app, tmp_path
    ):
        output, code = flask("contracts", "company", "ocb0000124", "--siren", "123 456 782")
        assert code == 0, output
        assert "SIREN 123456782," in output
        (tmp_path / "one.pdf").write_bytes(document(bill(siren="552100554")))
        assert "its buyer has the SIREN 552100554" in load(tmp_path)[0]
        (tmp_path / "one.pdf").write_bytes(document(bill(siren=SIREN)))
        assert load(tmp_path)[1] == 0
        assert flask("contracts", "company", "OCB0000124", "--siren", "")[1] == 0
        with app.app_context():
            assert db.session.execute(select(Customer.siren)).scalar_one() is None

    @pytest.mark.parametrize(
        ("ref", "siren", "reason"),
        [
            ("OCB0000124", "123456789", "123456789: a digit of this SIREN is wrong"),
            ("OCB0000124", "12345678", "12345678: a SIREN has nine digits"),
            ("OCB0000124", "١٢٣٤٥٦٧٨٢", "a SIREN has nine digits"),
            ("OCB9", SIREN, "OCB9: no such contract"),
        ],
    )
    def test_invoices_2_refuses_what_is_no_siren(self, load, flask, ref, siren, reason):
        output, code = flask("contracts", "company", ref, "--siren", siren)
        assert code == 1
        assert reason in output


@pytest.fixture(autouse=True)
def paul_reads_french(cast, store):
    cast.account("paul.dupont", locale="fr")


@pytest.fixture
def add(app, paul):
    def run(text: bytes) -> int:
        pdf = carrying(text)
        with app.app_context():
            invoice = loading.load(facturx_reading.read(pdf), pdf)
            db.session.commit()
            return invoice.id

    return run


class TestPage:
    def test_invoices_3_a_correction_is_named_and_leads_to_what_it_corrects_and_back(
        self, paul, add, browse_as
    ):
        first = add(of_type("380", number="FA-1"))
        second = add(of_type("384", number="FA-2", refers_to={"FA-1": "20170111", "OLD-7": ""}))
        page = browse_as("paul.dupont").get(f"{INVOICES}/{second}")
        assert page.texts("h1") == ["Facture rectificative de FA-1 : FA-2"]
        assert page.one(f'dd a[href="{INVOICES}/{first}"]').get_text() == "FA-1"
        assert "FA-1 du 11 janvier 2017" in page.words
        assert "OLD-7" in page.words
        assert not page.all('dd a[href$="OLD-7"]')
        page = paul.get(f"{INVOICES}/{first}")
        assert page.one(f'dd a[href="{INVOICES}/{second}"]').get_text() == "FA-2"
        badges = paul.get(INVOICES).texts("#invoices .badge")
        assert badges == ["facture rectificative de FA-1"]

    def test_invoices_3_what_is_on_another_contract_is_named_and_not_linked(self, cast, app, add):
        cast.contract(ref="OCB0000777")
        with app.app_context():
            pdf = document(bill("FA-1", contract_ref="OCB0000777"))
            loading.load(facturx_reading.read(pdf), pdf)
            db.session.commit()
        number = add(of_type("381", number="AV-1", refers_to={"FA-1": ""}))
        with app.app_context():
            invoice = db.session.get_one(Invoice, number)
            (named,), naming = loading.related(invoice)
            assert (named.number, named.id, list(naming)) == ("FA-1", None, [])

    def test_invoices_3_rounding_and_terms_are_shown_so_that_the_amounts_make_sense(
        self, add, browse_as
    ):
        text = changed(
            (b"<ram:DuePayableAmount>2822.65", b"<ram:DuePayableAmount>2823.00"),
            (
                b"<ram:GrandTotalAmount>",
                b"<ram:RoundingAmount>0.35</ram:RoundingAmount><ram:GrandTotalAmount>",
            ),
            (
                b"<ram:DueDateDateTime>",
                b"<ram:Description>30 jours net &lt;b&gt;</ram:Description><ram:DueDateDateTime>",
            ),
        )
        page = browse_as("paul.dupont").get(f"{INVOICES}/{add(text)}")
        facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
        assert facts["Arrondi"] == "0,35 €"
        assert facts["Reste à payer"] == "2 823,00 €"
        assert facts["Conditions de paiement"] == "30 jours net <b>"

    def test_invoices_3_an_invoice_below_nothing_says_so(self, add, browse_as):
        text = simple(lines=["-100"])
        page = browse_as("paul.dupont").get(f"{INVOICES}/{add(text)}")
        assert page.texts("h1") == ["Facture à montant négatif FA-0001"]
        assert "Son montant est négatif" in page.words

    def test_invoices_3_allowances_and_charges_stand_among_the_lines(self, add, browse_as):
        text = simple(lines=["100"], allowances=["10"], charges=["3"])
        text = text.replace(b"<ram:Reason>Agreed</ram:Reason>", b"")
        page = browse_as("paul.dupont").get(f"{INVOICES}/{add(text)}")
        rows = [row.get_text(" ", strip=True) for row in page.all(".list tbody tr")]
        assert [row.split()[0] for row in rows] == ["Line", "Remise", "Frais", "Total"]
        assert "93,00" in rows[-1]


class TestLatest:
    def test_invoices_1_a_slip_in_a_date_does_not_hide_the_latest_for_years(
        self, add, load, tmp_path, time_machine, browse_as
    ):
        time_machine.move_to("2017-01-20T10:00:00Z")
        add(of_type("380", number="FA-1"))
        slip = changed((b">20170111<", b">21070111<"), number="FA-2")
        slip = slip.replace(b">20170210<", b">21070210<")
        (tmp_path / "slip.pdf").write_bytes(carrying(slip))
        output, code = load(tmp_path)
        assert code == 1, "beyond what anybody dates"
        slip = slip.replace(b">2107", b">2071")
        (tmp_path / "slip.pdf").write_bytes(carrying(slip))
        output, code = load(tmp_path)
        assert code == 0, output
        assert "! slip.pdf: it is dated 2071-01-11: it will not be shown as the latest" in output
        page = browse_as("paul.dupont").get(INVOICES)
        assert "FA-1, échéance le 10 février 2017" in " ".join(
            page.all(".figure")[0].get_text().split()
        )
        assert page.texts('#invoices td[data-label="Numéro"] a') == ["FA-2", "FA-1"]

    def test_invoices_1_one_that_is_dated_two_months_ahead_is_the_latest(
        self, add, time_machine, browse_as
    ):
        add(of_type("380", number="FA-1"))
        time_machine.move_to("2016-11-10T10:00:00Z")
        page = browse_as("paul.dupont").get(INVOICES)
        assert "FA-1, échéance le 10 février 2017" in " ".join(
            page.all(".figure")[0].get_text().split()
        )
        time_machine.move_to("2016-11-09T10:00:00Z")
        page = browse_as("paul.dupont").get(INVOICES)
        assert "Aucune facture" in page.words
