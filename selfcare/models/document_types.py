"""The types an invoice or credit note may have (BT-3, INVOICES-3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class InvoiceKind(StrEnum):
    """An invoice asks for money, a credit note gives some back."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


DOCUMENT_TYPES: Mapping[str, InvoiceKind] = {
    "71": InvoiceKind.INVOICE,
    "80": InvoiceKind.INVOICE,
    "81": InvoiceKind.CREDIT_NOTE,
    "82": InvoiceKind.INVOICE,
    "83": InvoiceKind.CREDIT_NOTE,
    "84": InvoiceKind.INVOICE,
    "102": InvoiceKind.INVOICE,
    "130": InvoiceKind.INVOICE,
    "202": InvoiceKind.INVOICE,
    "203": InvoiceKind.INVOICE,
    "204": InvoiceKind.INVOICE,
    "211": InvoiceKind.INVOICE,
    "218": InvoiceKind.INVOICE,
    "219": InvoiceKind.INVOICE,
    "261": InvoiceKind.CREDIT_NOTE,
    "262": InvoiceKind.CREDIT_NOTE,
    "295": InvoiceKind.INVOICE,
    "296": InvoiceKind.CREDIT_NOTE,
    "308": InvoiceKind.CREDIT_NOTE,
    "325": InvoiceKind.INVOICE,
    "326": InvoiceKind.INVOICE,
    "331": InvoiceKind.INVOICE,
    "380": InvoiceKind.INVOICE,
    "381": InvoiceKind.CREDIT_NOTE,
    "382": InvoiceKind.INVOICE,
    "383": InvoiceKind.INVOICE,
    "384": InvoiceKind.INVOICE,
    "385": InvoiceKind.INVOICE,
    "386": InvoiceKind.INVOICE,
    "387": InvoiceKind.INVOICE,
    "388": InvoiceKind.INVOICE,
    "389": InvoiceKind.INVOICE,
    "390": InvoiceKind.INVOICE,
    "393": InvoiceKind.INVOICE,
    "394": InvoiceKind.INVOICE,
    "395": InvoiceKind.INVOICE,
    "396": InvoiceKind.CREDIT_NOTE,
    "420": InvoiceKind.CREDIT_NOTE,
    "456": InvoiceKind.INVOICE,
    "457": InvoiceKind.INVOICE,
    "458": InvoiceKind.CREDIT_NOTE,
    "471": InvoiceKind.INVOICE,
    "472": InvoiceKind.INVOICE,
    "473": InvoiceKind.INVOICE,
    "500": InvoiceKind.INVOICE,
    "501": InvoiceKind.INVOICE,
    "502": InvoiceKind.CREDIT_NOTE,
    "503": InvoiceKind.CREDIT_NOTE,
    "527": InvoiceKind.INVOICE,
    "532": InvoiceKind.CREDIT_NOTE,
    "553": InvoiceKind.INVOICE,
    "575": InvoiceKind.INVOICE,
    "623": InvoiceKind.INVOICE,
    "633": InvoiceKind.INVOICE,
    "751": InvoiceKind.INVOICE,
    "780": InvoiceKind.INVOICE,
    "817": InvoiceKind.INVOICE,
    "870": InvoiceKind.INVOICE,
    "875": InvoiceKind.INVOICE,
    "876": InvoiceKind.INVOICE,
    "877": InvoiceKind.INVOICE,
    "935": InvoiceKind.INVOICE,
}
"""EN 16931's list (UNTDID 1001, subset) and how it says each type is to be understood.

As in the code lists in force since May 2026; `document_names.py` has their names.
"""

USUAL_TYPE = {InvoiceKind.INVOICE: "380", InvoiceKind.CREDIT_NOTE: "381"}

IN_ADVANCE = frozenset({"325", "386", "500"})
"""Types that ask for money before anything was used: pro forma and prepayment invoices."""

CORRECTIONS = frozenset({"384", "471", "472", "473"})
"""Types that take the place of another document (BT-25)."""
