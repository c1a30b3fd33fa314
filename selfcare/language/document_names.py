"""The names of invoices and credit notes, by type (BT-3, INVOICES-3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from selfcare.language import _, _l
from selfcare.models import CORRECTIONS, DOCUMENT_TYPES, InvoiceKind

DOCUMENT_TYPE: Mapping[str, Any] = {
    "71": _l("request for payment"),
    "80": _l("debit note for goods or services"),
    "81": _l("credit note for goods or services"),
    "82": _l("metered services invoice"),
    "83": _l("credit note for financial adjustments"),
    "84": _l("debit note for financial adjustments"),
    "102": _l("tax notification"),
    "130": _l("invoicing data sheet"),
    "202": _l("direct payment valuation"),
    "203": _l("provisional payment valuation"),
    "204": _l("payment valuation"),
    "211": _l("interim application for payment"),
    "218": _l("final payment request on completion of work"),
    "219": _l("payment request for completed units"),
    "261": _l("self-billed credit note"),
    "262": _l("consolidated credit note"),
    "295": _l("price variation invoice"),
    "296": _l("credit note for price variation"),
    "308": _l("del credere credit note"),
    "325": _l("pro forma invoice"),
    "326": _l("partial invoice"),
    "331": _l("commercial invoice with packing list"),
    "380": _l("invoice"),
    "381": _l("credit note"),
    "382": _l("commission note"),
    "383": _l("debit note"),
    "384": _l("corrected invoice"),
    "385": _l("consolidated invoice"),
    "386": _l("prepayment invoice"),
    "387": _l("hire invoice"),
    "388": _l("tax invoice"),
    "389": _l("self-billed invoice"),
    "390": _l("del credere invoice"),
    "393": _l("factored invoice"),
    "394": _l("lease invoice"),
    "395": _l("consignment invoice"),
    "396": _l("factored credit note"),
    "420": _l("optically read payment credit note"),
    "456": _l("debit advice"),
    "457": _l("reversal of debit"),
    "458": _l("reversal of credit"),
    "471": _l("self-billed corrected invoice"),
    "472": _l("factored corrected invoice"),
    "473": _l("self-billed factored corrected invoice"),
    "500": _l("self-billed prepayment invoice"),
    "501": _l("self-billed factored invoice"),
    "502": _l("self-billed factored credit note"),
    "503": _l("credit note for a prepayment invoice"),
    "527": _l("self-billed debit note"),
    "532": _l("forwarder’s credit note"),
    "553": _l("forwarder’s invoice discrepancy report"),
    "575": _l("insurer’s invoice"),
    "623": _l("forwarder’s invoice"),
    "633": _l("port charges document"),
    "751": _l("invoice information for accounting"),
    "780": _l("freight invoice"),
    "817": _l("claim notification"),
    "870": _l("consular invoice"),
    "875": _l("partial construction invoice"),
    "876": _l("partial final construction invoice"),
    "877": _l("final construction invoice"),
    "935": _l("customs invoice"),
}


def document_name(code: str, gross: Decimal, corrects: str | None = None) -> str:
    """« facture rectificative de FA-17 », « avoir », « facture à montant négatif ».

    Args:
        gross: a credit note's is negative, an invoice's only where its issuer wrote it so.
        corrects: the number of the document that a correction takes the place of.
    """
    name = str(DOCUMENT_TYPE[code])
    if corrects and code in CORRECTIONS:
        name = _("%(document)s of %(number)s") % {"document": name, "number": corrects}
    if gross < 0 and DOCUMENT_TYPES[code] == InvoiceKind.INVOICE:
        name = _("%(document)s with a negative amount") % {"document": name}
    return name


class Document(Protocol):
    """An invoice, or a row about one."""

    number: Any
    type_code: Any
    issued_on: Any


def file_stem(document: Document, *, ref: str) -> str:
    """`Facture-OCB0000124-2017-01-FA-2017-0111`: a download's name, without its suffix.

    What it is, of which contract, of when, its number: without what file systems, spreadsheets or
    old browsers misread.

    Args:
        ref: the contract's reference.
    """
    day: date = document.issued_on
    kind = _plain(str(DOCUMENT_TYPE[document.type_code]))
    number = _plain(document.number) or "0"
    return f"{kind[:1].upper()}{kind[1:]}-{ref}-{day:%Y-%m}-{number}"


def _plain(text: str) -> str:
    """Letters without their accents, figures, and single hyphens for all else."""
    letters = unicodedata.normalize("NFKD", re.sub(r"[\W_]+", "-", text))
    plain = letters.encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
