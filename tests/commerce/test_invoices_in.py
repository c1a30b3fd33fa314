"""INVOICES-2: what comes in, what is refused and why, and that a refusal leaves nothing."""

from __future__ import annotations

import contextlib
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from sqlalchemy import select, update

from demo.factur_x import document, xml
from selfcare.database import db
from selfcare.models import AuditEntry, Customer
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.invoices.facturx.pdf import Unreadable
from tests.plugin_commerce import SIREN, bill


def put(folder, name: str, data: bytes):
    path = folder / name
    path.write_bytes(data)
    return path


def attached(pdf: bytes, name: str, data: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    writer.add_attachment(name, data)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def plain_pdf() -> bytes:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    return bytes(pdf.output())


class TestFacturX:
    def test_invoices_2_reads_everything_from_the_xml(self, load, invoices, store, tmp_path):
        output, code = load(put(tmp_path, "one.pdf", document(bill(siren=SIREN))))
        assert code == 0, output
        (invoice,) = invoices()
        assert (invoice.number, invoice.issued_on) == ("FA-0001", date(2017, 1, 11))
        assert (invoice.net, invoice.vat, invoice.gross) == (
            Decimal("2352.21"),
            Decimal("470.44"),
            Decimal("2822.65"),
        )
        assert (invoice.period_from, invoice.period_to) == (date(2016, 12, 1), date(2016, 12, 31))
        assert [line["name"] for line in invoice.lines] == ["Usage", "Abonnements"]
        assert store.get(invoice.pdf_key).startswith(b"%PDF-")
        assert store.get(invoice.xml_key) == xml(bill(siren=SIREN))

    def test_invoices_2_a_credit_note_takes_off(self, load, invoices, tmp_path):
        load(put(tmp_path, "one.pdf", document(bill(is_credit_note=True))))
        (invoice,) = invoices()
        assert (invoice.kind, invoice.net) == ("credit_note", Decimal("-2352.21"))
        assert [line["amount"] for line in invoice.lines] == ["-1352.21", "-1000.00"]

    def test_invoices_2_each_keeps_its_currency(self, load, invoices, tmp_path):
        load(put(tmp_path, "one.pdf", document(bill(currency="CHF"))))
        assert [invoice.currency for invoice in invoices()] == ["CHF"]

    def test_staff_4_who_asks_the_log_sees_what_was_loaded(self, load, app, tmp_path):
        one = put(tmp_path, "one.pdf", document(bill()))
        for options in (("--dry-run",), (), ()):
            load(one, options=options)
        with app.app_context():
            [entry] = db.session.execute(select(AuditEntry)).scalars()
        seen = (entry.action, entry.subject, entry.contract_ref)
        assert seen == ("invoice.loaded", "FA-0001", "OCB0000124")

    def test_invoices_2_twice_the_same_is_once(self, load, invoices, store, tmp_path):
        one = put(tmp_path, "one.pdf", document(bill()))
        put(tmp_path, "copy.PDF", one.read_bytes())
        output, code = load(tmp_path)
        assert (code, len(invoices())) == (0, 1)
        assert "1 loaded, 1 there already, 0 refused" in output
        assert load(one)[1] == 0
        assert len(list(store.keys())) == 2

    def test_invoices_2_a_folder_loads_what_can_be(self, load, invoices, tmp_path):
        (tmp_path / "deep").mkdir()
        put(tmp_path, "a.pdf", document(bill("A")))
        put(tmp_path / "deep", "b.pdf", document(bill("B")))
        put(tmp_path, "c.pdf", b"%PDF-1.7 broken")
        output, code = load(tmp_path)
        assert code == 1
        assert "2 loaded, 0 there already, 1 refused" in output
        assert [invoice.number for invoice in invoices()] == ["A", "B"]

    def test_invoices_2_a_dry_run_changes_nothing(self, load, invoices, store, tmp_path):
        output, code = load(put(tmp_path, "one.pdf", document(bill())), options=["--dry-run"])
        assert code == 0
        assert "1 loaded" in output
        assert invoices() == []
        assert list(store.keys()) == []


def changed(old: bytes, new: bytes) -> bytes:
    text = xml(bill())
    assert old in text
    return attached(plain_pdf(), "factur-x.xml", text.replace(old, new))


BILLION = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>
<rsm:CrossIndustryInvoice
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100">&b;
</rsm:CrossIndustryInvoice>"""

REFUSED = {
    "no PDF": (lambda: b"GIF89a", "no PDF file"),
    "empty": (lambda: b"", "no PDF file"),
    "cut": (lambda: document(bill())[:900], "broken PDF"),
    "plain": (plain_pdf, "no Factur-X data"),
    "no XML": (lambda: attached(plain_pdf(), "factur-x.xml", b"hello"), "broken XML"),
    "entities": (lambda: attached(plain_pdf(), "factur-x.xml", BILLION), "document type"),
    "other XML": (lambda: attached(plain_pdf(), "factur-x.xml", b"<a/>"), "no Factur-X invoice"),
    "no date": (lambda: changed(b">20170111<", b">20170231<"), "is not a date"),
    "against the schema": (lambda: changed(b"<ram:ID>FA-0001</ram:ID>", b""), "not valid"),
    "an order": (lambda: changed(b"<ram:TypeCode>380<", b"<ram:TypeCode>220<"), "type 220"),
    "sums": (
        lambda: changed(b"GrandTotalAmount>2822.65<", b"GrandTotalAmount>2822.66<"),
        "do not add up",
    ),
    "unknown contract": (
        lambda: document(bill(contract_ref="OCB9999999")),
        "unknown contract: it names OCB9999999",
    ),
    "somebody else's": (lambda: document(bill(siren="552100554")), "SIREN 552100554"),
    "long number": (lambda: document(bill("N" * 41)), "longer than 40"),
}


class TestRefusals:
    @pytest.mark.parametrize("name", REFUSED)
    def test_invoices_2_refuses_with_the_reason_and_leaves_nothing(
        self, load, invoices, store, app, tmp_path, name
    ):
        with app.app_context():
            db.session.execute(update(Customer).values(siren=SIREN))
            db.session.commit()
        make, reason = REFUSED[name]
        output, code = load(put(tmp_path, "bad.pdf", make()))
        assert code == 1
        assert reason in output
        assert invoices() == []
        assert list(store.keys()) == []

    def test_invoices_2_refuses_a_number_that_another_document_has(
        self, load, invoices, store, tmp_path
    ):
        load(put(tmp_path, "one.pdf", document(bill())))
        other = document(bill(lines=(("Usage", Decimal("1.00")),)))
        output, code = load(put(tmp_path, "two.pdf", other))
        assert code == 1
        assert "another document with the number FA-0001" in output
        assert [invoice.net for invoice in invoices()] == [Decimal("2352.21")]
        assert len(list(store.keys())) == 2

    def test_invoices_2_a_store_that_fails_leaves_no_row(self, load, invoices, app, tmp_path):
        class Away:
            def put(self, key, data):
                raise OSError("the store is away")

        app.extensions["documents"] = Away()
        output, code = load(put(tmp_path, "one.pdf", document(bill())))
        assert code == 1
        assert "the store is away" in output
        assert invoices() == []


class TestFiles:
    def test_invoices_2_a_dry_run_says_of_doubles_what_loading_does(self, load, tmp_path):
        put(tmp_path, "1.pdf", document(bill()))
        put(tmp_path, "2.pdf", document(bill(lines=(("Usage", Decimal("1.00")),))))
        put(tmp_path, "3.pdf", (tmp_path / "1.pdf").read_bytes())
        for options in (("--dry-run",), ()):
            output, code = load(tmp_path, options=options)
            assert code == 1
            assert "1 loaded, 1 there already, 1 refused" in output

    def test_invoices_2_a_file_of_another_kind_is_not_passed_over(self, load, tmp_path):
        output, code = load(put(tmp_path, "one.xml", b"<a/>"))
        assert code == 1
        assert "one.xml: neither a .pdf nor a .csv file" in output

    def test_invoices_2_an_empty_folder_is_said_to_be(self, load, tmp_path):
        output, code = load(tmp_path)
        assert code == 0
        assert "There was no file to load." in output


class TestPlain:
    HEADER = "file;number;kind;contract;date;due;net;vat;gross;currency"
    LINE = "plain.pdf;P-1;invoice;OCB0000124;2016-12-06;;2145,67;429,13;2574,80;EUR"

    def test_invoices_2_a_plain_pdf_comes_in_with_a_csv_line(self, load, invoices, tmp_path):
        put(tmp_path, "plain.pdf", plain_pdf())
        put(tmp_path, "list.csv", f"{self.HEADER}\n{self.LINE}\n".encode())
        output, code = load(tmp_path)
        assert code == 0, output
        (invoice,) = invoices()
        assert (invoice.number, invoice.net, invoice.xml_key) == ("P-1", Decimal("2145.67"), None)

    def test_invoices_2_a_list_is_read_as_french_spreadsheets_save_it(
        self, load, invoices, tmp_path
    ):
        line = self.LINE.replace("2016-12-06", "06/12/2016").replace("2145,67", "2\xa0145,67")
        line = line.replace("P-1", "P-é")
        put(tmp_path, "plain.pdf", plain_pdf())
        put(tmp_path, "list.csv", f"{self.HEADER}\r\n{line}\r\n".encode("cp1252"))
        output, code = load(tmp_path)
        assert code == 0, output
        (invoice,) = invoices()
        assert (invoice.number, str(invoice.issued_on)) == ("P-é", "2016-12-06")
        assert invoice.net == Decimal("2145.67")

    def test_invoices_2_a_list_in_utf_16_with_its_columns_in_another_order_is_read(
        self, load, invoices, tmp_path
    ):
        head, line = (";".join(reversed(t.split(";"))) for t in (self.HEADER, self.LINE))
        put(tmp_path, "plain.pdf", plain_pdf())
        put(tmp_path, "list.csv", f"{head}\r\n\r\n{line}\r\n".replace(";", "\t").encode("utf-16"))
        output, code = load(tmp_path)
        assert code == 0, output
        assert [invoice.number for invoice in invoices()] == ["P-1"]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (f"\n;;;\n{LINE.replace('2574,80', '1')}", "line 4: the amounts do not add up"),
            (LINE.replace("2145,67", "2_145"), "'2_145' is not a number"),
            (LINE.replace("2574,80", "2574,81"), "line 2: the amounts do not add up"),
            (LINE.replace("plain.pdf", "../plain.pdf"), "not the name of a file beside"),
            (LINE.replace("2016-12-06", "06/12"), "line 2: '06/12' is not a date like 2016-12-06"),
            (f"{LINE}\n{LINE.replace('P-1', 'P-2')}", "line 3: plain.pdf is there twice"),
            (LINE.replace("plain.pdf", "absent.pdf"), "absent.pdf"),
            (LINE + ";more", "too many cells"),
            (LINE.replace("OCB0000124", "OCB7"), "unknown contract"),
        ],
    )
    def test_invoices_2_refuses_a_line_that_does_not_hold(
        self, load, invoices, tmp_path, line, reason
    ):
        folder = tmp_path / "in"
        folder.mkdir()
        put(folder, "plain.pdf", plain_pdf())
        output, code = load(put(folder, "list.csv", f"{self.HEADER}\n{line}\n".encode()))
        assert code == 1
        assert reason in output
        assert invoices() == []


@pytest.mark.once
class TestAnything:
    @settings(max_examples=60)
    @given(st.binary(max_size=300), st.booleans())
    def test_invoices_2_no_bytes_break_the_reader(self, data, is_pdf):
        with pytest.raises(Unreadable):
            facturx_reading.read(b"%PDF-" + data if is_pdf else data)

    @settings(max_examples=60)
    @given(st.integers(0, 4000), st.binary(min_size=1, max_size=6))
    def test_invoices_2_no_damage_to_the_xml_breaks_the_reader(self, at, damage):
        good = xml(bill())
        at = at % len(good)
        with contextlib.suppress(Unreadable):
            facturx_reading.read_xml(good[:at] + damage + good[at + len(damage) :])
