"""Invoices' data as tests want it: types, references, and documents made of given amounts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from pypdf import PdfWriter

from demo.factur_x import xml
from tests.plugin_commerce import bill

BY_FRENCH_LAW = {
    "261": "avoir en autofacturation",
    "262": "avoir global",
    "380": "facture",
    "381": "avoir",
    "384": "facture rectificative de FA-1",
    "386": "facture d’acompte",
    "389": "autofacture",
    "393": "facture affacturée",
    "396": "avoir affacturé",
    "471": "autofacture rectificative de FA-1",
    "472": "facture rectificative affacturée de FA-1",
    "473": "autofacture rectificative affacturée de FA-1",
    "500": "autofacture d’acompte",
    "501": "autofacture affacturée",
    "502": "avoir affacturé en autofacturation",
    "503": "avoir sur facture d’acompte",
}
"""What BR-FR-04 allows, and what a customer reads, where it refers to FA-1."""


def changed(*changes: tuple[bytes, bytes], number: str = "FA-0001") -> bytes:
    """The usual invoice's data with other texts in it."""
    text = xml(bill(number))
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def of_type(
    code: str, *, number: str = "FA-0001", refers_to: Mapping[str, str] | None = None
) -> bytes:
    """The usual invoice as another type, naming other documents (number → date or nothing)."""
    text = changed((b"<ram:TypeCode>380<", f"<ram:TypeCode>{code}<".encode()), number=number)
    end = b"</ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
    named = "".join(_reference(other, day) for other, day in (refers_to or {}).items())
    return text.replace(end, end + named.encode())


def _reference(number: str, day: str) -> str:
    when = (
        "<ram:FormattedIssueDateTime><qdt:DateTimeString"
        ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" format="102">'
        f"{day}</qdt:DateTimeString></ram:FormattedIssueDateTime>"
    )
    return (
        "<ram:InvoiceReferencedDocument>"
        f"<ram:IssuerAssignedID>{number}</ram:IssuerAssignedID>{when if day else ''}"
        "</ram:InvoiceReferencedDocument>"
    )


def carrying(text: bytes, name: str = "factur-x.xml") -> bytes:
    """A PDF of an empty page that carries this data."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_attachment(name, text)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def extended(profile: str, **values: object) -> bytes:
    """A document of a profile EXTENDED, made of given amounts (see `simple`)."""
    names = {
        "extended": b"urn:factur-x.eu:1p0:extended",
        "extended-ctc-fr": b"urn.cpro.gouv.fr:1p0:extended-ctc-fr",
    }
    usual = b">urn:cen.eu:en16931:2017<"
    text = simple(**values)  # type: ignore[arg-type]
    assert usual in text
    return text.replace(usual, b">urn:cen.eu:en16931:2017#conformant#" + names[profile] + b"<")


def simple(
    *,
    lines: Sequence[str] = ("100",),
    allowances: Sequence[str] = (),
    charges: Sequence[str] = (),
    line_total: str | None = None,
    allowance_total: str | None = "",
    charge_total: str | None = "",
    net: str | None = None,
) -> bytes:
    """A document made of amounts; a total left out is the sum, `None` is not there."""
    usual = xml(
        bill(lines=tuple((f"Line {n}", Decimal(one)) for n, one in enumerate(lines)))
    ).decode()
    less, more = sum(map(Decimal, allowances)), sum(map(Decimal, charges))
    totals = {
        "LineTotalAmount": line_total or str(sum(map(Decimal, lines))),
        "ChargeTotalAmount": charge_total
        or (str(more) if charges and charge_total == "" else None),
        "AllowanceTotalAmount": allowance_total
        or (str(less) if allowances and allowance_total == "" else None),
    }
    made = Decimal(totals["LineTotalAmount"] or 0)
    made += Decimal(totals["ChargeTotalAmount"] or 0) - Decimal(totals["AllowanceTotalAmount"] or 0)
    net = net or str(made)
    vat = (Decimal(net) / 5).quantize(Decimal("0.01"), ROUND_HALF_UP)
    gross = Decimal(net) + vat
    sums = "".join(f"<ram:{name}>{one}</ram:{name}>" for name, one in totals.items() if one)
    sums += (
        f"<ram:TaxBasisTotalAmount>{net}</ram:TaxBasisTotalAmount>"
        f'<ram:TaxTotalAmount currencyID="EUR">{vat}</ram:TaxTotalAmount>'
        f"<ram:GrandTotalAmount>{gross}</ram:GrandTotalAmount>"
        f"<ram:DuePayableAmount>{gross}</ram:DuePayableAmount>"
    )
    tag = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"
    before, _, rest = usual.partition(f"<{tag}>")
    after = rest.partition(f"</{tag}>")[2]
    terms = "<ram:SpecifiedTradePaymentTerms>"
    adjusted = "".join(_adjustment("false", one) for one in allowances)
    adjusted += "".join(_adjustment("true", one) for one in charges)
    settled, _, due = before.rpartition(terms)
    rate, _, settled_after = settled.rpartition("<ram:ApplicableTradeTax>")
    settled_after = (
        _tax(str(net), str(vat)) + settled_after.partition("</ram:ApplicableTradeTax>")[2]
    )
    whole = rate + settled_after + adjusted + terms + due + f"<{tag}>{sums}</{tag}>" + after
    return whole.encode()


def _tax(base: str, vat: str) -> str:
    return (
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{vat}</ram:CalculatedAmount>"
        f"<ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>{base}</ram:BasisAmount>"
        "<ram:CategoryCode>S</ram:CategoryCode>"
        "<ram:RateApplicablePercent>20</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
    )


def _adjustment(is_charge: str, amount: str) -> str:
    return (
        "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator>"
        f"<udt:Indicator>{is_charge}</udt:Indicator></ram:ChargeIndicator>"
        f"<ram:ActualAmount>{amount}</ram:ActualAmount><ram:Reason>Agreed</ram:Reason>"
        "<ram:CategoryTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        "<ram:CategoryCode>S</ram:CategoryCode>"
        "<ram:RateApplicablePercent>20</ram:RateApplicablePercent></ram:CategoryTradeTax>"
        "</ram:SpecifiedTradeAllowanceCharge>"
    )
