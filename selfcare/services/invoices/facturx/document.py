"""An invoice's XML (UN/CEFACT CII): opened safely, checked, and read by paths."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from lxml import etree

from selfcare.services.files import limits
from selfcare.services.invoices.facturx.pdf import LARGEST_DATA, Unreadable

_NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}

_OTHERS = {
    "CrossIndustryDocument": "ZUGFeRD 1.0, long out of use: ask for Factur-X or ZUGFeRD 2",
    "SCRDMCCBDACIOMessageStructure": "Order-X: an order, no invoice",
    "Invoice": "UBL, not the CII that Factur-X is made of",
    "CreditNote": "UBL, not the CII that Factur-X is made of",
}
_CENTS = Decimal("0.01")


class Part:
    """An element of a document; paths begin at it, or at the document's root with `/`."""

    def __init__(self, element: Any) -> None:
        self._element = element

    def parts(self, path: str) -> list[Part]:
        """Whatever elements are at a path."""
        return [Part(found) for found in self._element.xpath(path, namespaces=_NAMESPACES)]

    def attribute(self, name: str) -> str | None:
        """The element's attribute, if it has it."""
        found: str | None = self._element.get(name)
        return found

    @property
    def written(self) -> str:
        """The element's own text."""
        return (self._element.text or "").strip()

    def optional(self, path: str) -> str:
        """The text at a path, or nothing."""
        found = self.parts(path)
        return found[0].written if found else ""

    def text(self, path: str) -> str:
        """The text at a path.

        Raises:
            Unreadable: there is none.
        """
        found = self.optional(path)
        if not found:
            raise Unreadable(f"{path.rsplit(':', 1)[1]} is missing")
        return found

    def amount(self, path: str) -> Decimal:
        """The amount at a path.

        Raises:
            Unreadable: there is none, or not in cents.
        """
        return _amount(self.text(path))

    def optional_amount(self, path: str) -> Decimal | None:
        """The amount at a path, if there is one.

        Raises:
            Unreadable: not in cents.
        """
        found = self.optional(path)
        return _amount(found) if found else None

    def amounts(self, path: str) -> list[Decimal]:
        """Every amount at a path.

        Raises:
            Unreadable: one is not in cents.
        """
        return [_amount(found.written) for found in self.parts(path)]

    def day(self, path: str) -> date | None:
        """The date at a path, if there is one; `udt` or `qdt`, always in the format 102.

        Raises:
            Unreadable: there is something else.
        """
        found = self.parts(f"{path}/*[local-name()='DateTimeString'][@format='102']")
        if not found:
            return None
        try:
            return datetime.strptime(found[0].written, "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            raise Unreadable(f"{found[0].written!r} is not a date") from None


class Document(Part):
    """A whole Factur-X document."""

    def __init__(self, xml: bytes) -> None:
        """Open a document; nothing outside it is ever opened.

        Raises:
            Unreadable: too large, broken, with a document type, or something else than such an
                invoice.
        """
        if len(xml) > LARGEST_DATA:
            raise Unreadable(f"its invoice data is larger than {LARGEST_DATA // 1_000_000} MB")
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
            kind = _OTHERS.get(name, f"XML of a kind {name!r}")
            raise Unreadable(f"no Factur-X invoice, but {kind}")
        super().__init__(root)

    @cached_property
    def profile(self) -> str:
        """`minimum`, `basicwl`, `basic`, `en16931`, `extended` or `extended-ctc-fr` (BT-24).

        Raises:
            Unreadable: it names no profile we know.
        """
        from facturx import get_level  # noqa: PLC0415 (heavy)

        try:
            return str(get_level(self._element, flavor="factur-x"))
        except ValueError:
            named = self.optional("//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID")
            raise Unreadable(f"unknown profile {named!r} (BT-24)") from None

    @property
    def is_extended(self) -> bool:
        """Whether its sums may be off a cent for each of their parts."""
        return self.profile in {"extended", "extended-ctc-fr"}

    def check_schema(self) -> None:
        """Hold it against the XML schema of its profile.

        Raises:
            Unreadable: with the first thing that is wrong, and its line.
        """
        from facturx import xml_check_xsd  # noqa: PLC0415 (heavy)

        try:
            xml_check_xsd(self._element, flavor="factur-x", level=self.profile)
        except Unreadable:
            raise
        except Exception as problem:  # noqa: BLE001 (the package raises nothing else)
            reason = str(problem).rpartition("problem: ")[2]
            plain = re.sub(r"\{[^{}]*\}", "", reason).replace(").,", "),").rstrip(".")
            raise Unreadable(f"not valid (profile {self.profile}): {plain}") from None

    def without_national_profile(self) -> str:
        """The XML, in which what keeps EN 16931 under a name of its own says just that.

        XRechnung is one (BT-24 `urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:…`): it only
        narrows the standard, whose rules want to read their own name.
        """
        whole = etree.fromstring(etree.tostring(self._element))
        if self.profile == "en16931":
            path = "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
            for named in whole.xpath(path, namespaces=_NAMESPACES):
                named.text = "urn:cen.eu:en16931:2017"
        return str(etree.tostring(whole, encoding="unicode"))


def _amount(written: str) -> Decimal:
    """An amount as it is kept: in cents, and of a size the database takes."""
    try:
        found = Decimal(written)
    except InvalidOperation:
        raise Unreadable(f"{written!r} is not an amount") from None
    if not limits.is_amount(found) or found != found.quantize(_CENTS):
        raise Unreadable(f"{written!r} is not an amount in cents")
    return found.quantize(_CENTS)
