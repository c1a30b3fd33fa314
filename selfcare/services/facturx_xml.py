"""The tree of an invoice's XML (UN/CEFACT CII): opened safely, checked, and read by paths."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from selfcare.services import plausible
from selfcare.services.facturx_pdf import Unreadable

_NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
DOCUMENT = "/rsm:CrossIndustryInvoice/rsm:ExchangedDocument"
TRADE = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction"
AGREEMENT = f"{TRADE}/ram:ApplicableHeaderTradeAgreement"
SETTLEMENT = f"{TRADE}/ram:ApplicableHeaderTradeSettlement"
SUMS = f"{SETTLEMENT}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
LINES = (
    f"{TRADE}/ram:IncludedSupplyChainTradeLineItem"
    "[not(ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode)"
    " or ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode='DETAIL']"
)
"""Lines that count: EXTENDED also has subtotals and information among them."""
ADJUSTMENTS = (
    f"{SETTLEMENT}/*[self::ram:SpecifiedTradeAllowanceCharge"
    " or self::ram:SpecifiedLogisticsServiceCharge]"
)
"""Allowances and charges on the whole document."""
LINE_AMOUNT = (
    "ram:SpecifiedLineTradeSettlement"
    "/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
)

_OTHERS = {
    "CrossIndustryDocument": "ZUGFeRD 1.0, long out of use: ask for Factur-X or ZUGFeRD 2",
    "SCRDMCCBDACIOMessageStructure": "Order-X: an order, no invoice",
    "Invoice": "UBL, not the CII that Factur-X is made of",
    "CreditNote": "UBL, not the CII that Factur-X is made of",
}
_CENTS = Decimal("0.01")


def parsed(xml: bytes) -> Any:
    """The root of a Factur-X document, of which nothing outside it is ever opened.

    Raises:
        Unreadable: broken, with a document type, or something else than such an invoice.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable(f"broken XML: {problem}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the XML declares a document type: refused")
    name = etree.QName(root).localname
    if name != "CrossIndustryInvoice":
        raise Unreadable(f"no Factur-X invoice, but {_OTHERS.get(name, f'XML of a kind {name!r}')}")
    return root


def profile(root: Any) -> str:
    """`minimum`, `basicwl`, `basic`, `en16931` or `extended` (BT-24).

    Raises:
        Unreadable: it names no profile we know.
    """
    from facturx import get_level  # noqa: PLC0415 (heavy)

    try:
        return str(get_level(root, flavor="factur-x"))
    except ValueError:
        named = optional(root, "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID")
        raise Unreadable(f"unknown profile {named!r} (BT-24)") from None


def check_schema(root: Any) -> None:
    """Hold it against the XML schema of its profile.

    Raises:
        Unreadable: with the first thing that is wrong, and its line.
    """
    from facturx import xml_check_xsd  # noqa: PLC0415 (heavy)

    level = profile(root)
    try:
        xml_check_xsd(root, flavor="factur-x", level=level)
    except Exception as problem:  # noqa: BLE001 (the package raises nothing else)
        reason = str(problem).rpartition("problem: ")[2]
        plain = re.sub(r"\{[^}]*\}", "", reason).replace(").,", "),").rstrip(".")
        raise Unreadable(f"not valid (profile {level}): {plain}") from None


def find(node: Any, path: str) -> list[Any]:
    """Whatever is at a path."""
    found: list[Any] = node.xpath(path, namespaces=_NAMESPACES)
    return found


def optional(node: Any, path: str) -> str:
    """The text at a path, or nothing."""
    found = find(node, path)
    return (found[0].text or "").strip() if found else ""


def text(node: Any, path: str) -> str:
    """The text at a path.

    Raises:
        Unreadable: there is none.
    """
    found = optional(node, path)
    if not found:
        raise Unreadable(f"{path.rsplit(':', 1)[1]} is missing")
    return found


def amount(node: Any, path: str) -> Decimal:
    """The amount at a path.

    Raises:
        Unreadable: there is none, or not in cents.
    """
    return decimal(text(node, path))


def optional_amount(node: Any, path: str) -> Decimal | None:
    """The amount at a path, if there is one.

    Raises:
        Unreadable: not in cents.
    """
    found = optional(node, path)
    return decimal(found) if found else None


def decimal(written: str | None) -> Decimal:
    """An amount as it is kept: in cents, and of a size the database takes.

    Raises:
        Unreadable: it is none.
    """
    try:
        found = Decimal((written or "").strip())
    except InvalidOperation:
        raise Unreadable(f"{written!r} is no amount") from None
    if not plausible.is_amount(found) or found != found.quantize(_CENTS):
        raise Unreadable(f"{written!r} is no amount in cents")
    return found.quantize(_CENTS)


def day(node: Any, path: str) -> date | None:
    """The date at a path, if there is one.

    Raises:
        Unreadable: there is something else.
    """
    found = find(node, f"{path}/udt:DateTimeString[@format='102']")
    if not found:
        return None
    try:
        return datetime.strptime((found[0].text or "").strip(), "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise Unreadable(f"{found[0].text!r} is no date") from None
