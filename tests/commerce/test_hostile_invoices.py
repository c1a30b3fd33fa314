"""INVOICES-2, safe: files that are made to do harm, or that nobody should have made."""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from demo.factur_x import document, xml
from selfcare.services.invoices.facturx import pdf as facturx_pdf
from selfcare.services.invoices.facturx import reading as facturx_reading
from selfcare.services.invoices.facturx.pdf import Unreadable
from tests.commerce.invoice_texts import carrying
from tests.plugin_commerce import bill

Change = Callable[[PdfWriter], None]


def invoice_with(change: Change) -> bytes:
    """A good invoice with something done to its PDF."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document(bill()))))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def data(old: bytes, new: bytes) -> bytes:
    """A good invoice with something else in its data."""
    text = xml(bill())
    assert old in text
    return carrying(text.replace(old, new))


def action(kind: str, **more: object) -> Change:
    def change(writer: PdfWriter) -> None:
        act = DictionaryObject({NameObject("/S"): NameObject(kind)})
        act.update({NameObject(f"/{key}"): TextStringObject(str(v)) for key, v in more.items()})
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(act)

    return change


def named_script(writer: PdfWriter) -> None:
    """A script that a viewer runs when it opens the document."""
    script = DictionaryObject({NameObject("/JS"): TextStringObject("app.alert(1)")})
    tree = DictionaryObject(
        {NameObject("/Names"): ArrayObject([TextStringObject("a"), writer._add_object(script)])}
    )
    writer.root_object["/Names"][NameObject("/JavaScript")] = tree  # type: ignore[index]


def of_annotation(writer: PdfWriter) -> None:
    """A link on the page that starts a program."""
    act = DictionaryObject({NameObject("/S"): NameObject("/Launch")})
    link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): act})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])


def form(writer: PdfWriter) -> None:
    fields = DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})
    writer.root_object[NameObject("/AcroForm")] = fields


def film(writer: PdfWriter) -> None:
    one = DictionaryObject({NameObject("/Subtype"): NameObject("/RichMedia")})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([one])


def second(writer: PdfWriter) -> None:
    writer.add_attachment("zugferd-invoice.xml", xml(bill("FA-0002")))


def no_end(writer: PdfWriter) -> None:
    """A list of files that contains itself."""
    tree = DictionaryObject()
    itself = writer._add_object(tree)
    tree[NameObject("/Kids")] = ArrayObject([itself, itself])
    names = DictionaryObject({NameObject("/EmbeddedFiles"): itself})
    writer.root_object[NameObject("/Names")] = names


def bomb(layers: int, size: int) -> Change:
    """Data that unfolds: `size` zeros, packed `layers` times."""

    def change(writer: PdfWriter) -> None:
        packed = b"\0" * size
        for _ in range(layers):
            packed = zlib.compress(packed, 9)
        stream = StreamObject()
        stream._data = packed
        stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * layers)
        stream[NameObject("/Length")] = NumberObject(len(packed))
        root: Any = writer.root_object
        names = root["/Names"]["/EmbeddedFiles"]["/Names"]
        for spec in (names[1].get_object(), *root["/AF"]):
            spec.get_object()[NameObject("/EF")] = DictionaryObject(
                {NameObject("/F"): writer._add_object(stream)}
            )

    return change


def encrypted(writer: PdfWriter) -> None:
    writer.encrypt("", "owner", algorithm="RC4-128")


NESTED = (
    b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:'
    b'CrossIndustryInvoice:100">' + b"<a>" * 5000 + b"</a>" * 5000 + b"</rsm:CrossIndustryInvoice>"
)
OUTSIDE = (
    b'<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/passwd">]><rsm:CrossIndustryInvoice xmlns:rsm='
    b'"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100">&e;</rsm:CrossIndustryInvoice>'
)
LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY a "'
    + b"x" * 1000
    + b'">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:'
    b'CrossIndustryInvoice:100">&j;</rsm:CrossIndustryInvoice>'
)

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "JavaScript when opened": (
        lambda: invoice_with(action("/JavaScript", JS="app.alert(1)")),
        "active content (JavaScript)",
    ),
    "JavaScript by name": (
        lambda: invoice_with(named_script),
        "active content (JavaScript)",
    ),
    "a program when opened": (
        lambda: invoice_with(action("/Launch", F="cmd.exe")),
        "active content (starts a program)",
    ),
    "a program behind a link": (lambda: invoice_with(of_annotation), "starts a program"),
    "a form that is sent": (lambda: invoice_with(action("/SubmitForm")), "sends a form"),
    "an XFA form": (lambda: invoice_with(form), "active content (an XFA form)"),
    "a film": (lambda: invoice_with(film), "plays a recording"),
    "encrypted": (lambda: invoice_with(encrypted), "encrypted PDF"),
    "cut in the middle": (lambda: document(bill())[: len(document(bill())) // 2], "broken PDF"),
    "two invoices": (lambda: invoice_with(second), "several invoices' data"),
    "a list of files without end": (lambda: invoice_with(no_end), "no end to the list"),
    "a bomb": (lambda: invoice_with(bomb(1, 50_000_000)), "broken PDF"),
    "a bomb in a bomb": (lambda: invoice_with(bomb(2, 50_000_000)), "broken PDF"),
    "too much data": (lambda: invoice_with(bomb(1, 6_000_000)), "larger than 5 MB"),
    "an enormous file": (lambda: b"%PDF-1.7\n" + b" " * 20_000_000, "larger than 20 MB"),
    "a path for a name": (
        lambda: carrying(xml(bill()), "../../factur-x.xml"),
        "active content (the attachment '../../factur-x.xml'): refused",
    ),
    "deep": (lambda: carrying(NESTED), "broken XML"),
    "a file from outside": (lambda: carrying(OUTSIDE), "declares a document type"),
    "a billion laughs": (lambda: carrying(LAUGHS), "XML"),
    "twenty digits": (lambda: data(b">2352.21<", b">23522100000000000000.00<"), "is not an amount"),
    "a number of signs": (
        lambda: data(b">FA-0001<", b">FA\xc2\x9b31m<"),
        "its number has characters that cannot be read",
    ),
    "no such currency": (
        lambda: carrying(xml(bill()).replace(b"EUR", b"XQZ")),
        "unknown currency 'XQZ'",
    ),
    "of 1900": (lambda: data(b">20170111<", b">19000111<"), "1900-01-11 cannot be right"),
    "of 9999": (lambda: data(b">20170111<", b">99990111<"), "9999-01-11 cannot be right"),
    "due in 9999": (lambda: data(b">20170210<", b">99991231<"), "9999-12-31 cannot be right"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_safe_refuses_with_the_reason_and_leaves_nothing(name, load, invoices, store, tmp_path):
    make, reason = REFUSED[name]
    (tmp_path / "bad.pdf").write_bytes(make())
    output, code = load(tmp_path / "bad.pdf")
    assert code == 1
    assert reason in output
    assert invoices() == []
    assert list(store.keys()) == []


def test_safe_names_of_files_do_not_steer_the_terminal(load, invoices, tmp_path):
    good = document(bill())
    names = (b"red\x1b[31m.pdf", b"no-utf8-\xff.pdf", b"\xe2\x80\xaegnp.pdf")
    for number, name in enumerate(names):
        data = good if number == 0 else b"%PDF-1.7 broken"
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(data)
    output, code = load(tmp_path)
    assert code == 1
    assert "1 loaded, 0 there already, 2 refused" in output
    assert output.replace("\n", "").isprintable()
    assert len(invoices()) == 1


ACTIVE = [name for name, (_, reason) in REFUSED.items() if "active" in reason or "plays" in reason]


@pytest.mark.parametrize("name", ACTIVE)
def test_safe_a_plain_pdf_may_not_act_either(name):
    with pytest.raises(Unreadable, match="active content"):
        facturx_pdf.check(REFUSED[name][0]())


def test_safe_links_and_other_attachments_are_no_harm(load, tmp_path):
    def change(writer: PdfWriter) -> None:
        uri = DictionaryObject(
            {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("https:")}
        )
        link = DictionaryObject(
            {NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): uri}
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])
        writer.add_attachment("hours.csv", b"1;2")
        writer.add_attachment("factur-x.xml", xml(bill()))  # the very same data again

    (tmp_path / "one.pdf").write_bytes(invoice_with(change))
    assert load(tmp_path)[1] == 0


# Which sum says what: the text of the document, what is put there, what the refusal says.
SUMS = {
    "BT-106": (b"<ram:LineTotalAmount>2352.21</ram:LineTotalAmount><", "LineTotalAmount"),
    "BT-109": (b"TaxBasisTotalAmount>2352.21<", "TaxBasisTotalAmount"),
    "BT-110": (b'TaxTotalAmount currencyID="EUR">470.44<', "TaxTotalAmount"),
    "BT-112": (b"GrandTotalAmount>2822.65<", "GrandTotalAmount"),
    "BT-115": (b"DuePayableAmount>2822.65<", "DuePayableAmount"),
}


@pytest.mark.parametrize("term", SUMS)
@pytest.mark.parametrize("cents", [-1, 1, 100_000])
def test_invoices_2_every_sum_has_to_hold_to_the_cent(term, cents):
    text = xml(bill())
    start = text.index(b"<ram:SpecifiedTradeSettlementHeaderMonetarySummation>")
    name = SUMS[term][1].encode()
    at = text.index(b">", text.index(b"<ram:" + name, start)) + 1
    end = text.index(b"<", at)
    wrong = Decimal(text[at:end].decode()) + Decimal(cents) / 100
    with pytest.raises(Unreadable, match=r"do not add up: .*BT-1"):
        facturx_reading.read_xml(text[:at] + str(wrong).encode() + text[end:])


def test_invoices_2_the_refusal_says_both_amounts():
    text = xml(bill()).replace(b"DuePayableAmount>2822.65<", b"DuePayableAmount>2822.00<")
    with pytest.raises(Unreadable) as refusal:
        facturx_reading.read_xml(text)
    assert str(refusal.value) == (
        "the amounts do not add up: amount due (BT-115) says 2822.00, its parts make 2822.65"
    )


def test_invoices_2_what_was_paid_already_is_taken_off_what_is_due():
    text = xml(bill()).replace(
        b"<ram:DuePayableAmount>2822.65<",
        b"<ram:TotalPrepaidAmount>822.65</ram:TotalPrepaidAmount><ram:DuePayableAmount>2000.00<",
    )
    assert facturx_reading.read_xml(text).gross == Decimal("2822.65")


@pytest.mark.once
class TestAnything:
    @settings(max_examples=40)
    @given(st.integers(0, 100_000), st.binary(min_size=1, max_size=40))
    def test_safe_no_damage_to_a_pdf_breaks_the_reader(self, at, damage):
        good = document(bill())
        at = at % len(good)
        with contextlib.suppress(Unreadable):
            read = facturx_reading.read(good[:at] + damage + good[at + len(damage) :])
            assert read.net + read.vat == read.gross

    @settings(max_examples=40)
    @given(
        st.lists(st.decimals(Decimal(-99999), Decimal(999999), places=2), min_size=1, max_size=6),
        st.booleans(),
        st.sampled_from(["EUR", "CHF", "PLN"]),
    )
    def test_invoices_2_reads_back_what_was_invoiced(self, amounts, is_credit_note, currency):
        lines = tuple((f"n° {n}", amount) for n, amount in enumerate(amounts))
        one = bill(lines=lines, is_credit_note=is_credit_note, currency=currency)
        read = facturx_reading.read_xml(xml(one))
        sign = -1 if is_credit_note and one.gross > 0 else 1
        assert (read.net, read.gross) == (sign * one.net, sign * one.gross)
        assert read.currency == currency
        assert read.issued_on == date(2017, 1, 11)
