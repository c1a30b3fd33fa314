"""Invoices as a billing system makes them: Factur-X PDF files, for the demo and the tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from facturx import generate_cii_xml, generate_from_binary
from fpdf.enums import DocumentCompliance

from selfcare.language.i18n import day, long_day, money
from selfcare.services.documents.paper import Paper
from selfcare.services.months import first_day, last_day

SELLER = "Example Cloud"
VAT_RATE = Decimal(20)
_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class Bill:
    """The content of an invoice or credit note; VAT is worked out on the sum of its lines."""

    number: str
    issued_on: date
    contract_ref: str
    lines: tuple[tuple[str, Decimal], ...]
    customer: str = "Société HONEY1655"
    siren: str = ""
    currency: str = "EUR"
    is_credit_note: bool = False
    corrects: tuple[str, date] | None = None
    """Number and date of the invoice that a corrected invoice takes the place of."""
    is_prepayment: bool = False
    days_to_pay: int = 30

    @property
    def kind(self) -> tuple[str, str]:
        """The type (BT-3), and its name."""
        if self.is_credit_note:
            return "381", "Avoir"
        if self.corrects:
            return "384", "Facture rectificative"
        return ("386", "Facture d'acompte") if self.is_prepayment else ("380", "Facture")

    @property
    def net(self) -> Decimal:
        """The amount excluding tax."""
        return sum((amount for _, amount in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """The tax, rounded once."""
        return (self.net * VAT_RATE / 100).quantize(_CENTS, ROUND_HALF_UP)

    @property
    def gross(self) -> Decimal:
        """The amount including tax."""
        return self.net + self.vat

    @property
    def period(self) -> tuple[date, date]:
        """The month invoiced: the one before."""
        first = first_day(self.issued_on, ahead=-1)
        return first, last_day(first)

    @property
    def due_on(self) -> date:
        """The day to pay by."""
        return self.issued_on + timedelta(days=self.days_to_pay)


@lru_cache(maxsize=32)  # tests draw the same ones hundreds of times
def document(bill: Bill) -> bytes:
    """Return the PDF with its data attached: a Factur-X file of the profile EN 16931."""
    about = {
        "title": f"{_title(bill)}, {SELLER}",
        "author": SELLER,
        "keywords": "Factur-X",
        "subject": f"{_title(bill)} du {long_day(bill.issued_on, 'fr')}, {bill.contract_ref}",
    }
    made = generate_from_binary(_page(bill), xml(bill), lang="fr-FR", pdf_metadata=about)
    return bytes(made)


def xml(bill: Bill) -> bytes:
    """Return the data alone, checked against the standard's schema."""
    parties = _parties(bill)
    found: Any = generate_cii_xml(
        {
            "BT-1": bill.number,
            "BT-2": bill.issued_on,
            "BT-3": bill.kind[0],
            "BT-5": bill.currency,
            "BT-9": bill.due_on,
            "BT-12": bill.contract_ref,
            "BT-24": "urn:cen.eu:en16931:2017",
            "BT-72": bill.period[1],
            "BT-73": bill.period[0],
            "BT-74": bill.period[1],
            "BT-106": str(bill.net),
            "BT-109": str(bill.net),
            "BT-110": str(bill.vat),
            "BT-112": str(bill.gross),
            "BT-115": str(bill.gross),
            **parties,
            "BG-3": _references(bill),
            "BG-23": [
                {
                    "BT-116": str(bill.net),
                    "BT-117": str(bill.vat),
                    "BT-118": "S",
                    "BT-119": str(VAT_RATE),
                }
            ],
            "BG-25": [_line(number, *line) for number, line in enumerate(bill.lines, 1)],
        },
        level="en16931",
        check_schematron=False,
    )
    return bytes(found)


def _parties(bill: Bill) -> dict[str, Any]:
    buyer: dict[str, Any] = {"name": bill.customer, "country_code": "FR"}
    if bill.siren:
        buyer |= {"legal_identifier": bill.siren, "legal_identifier_schemeid": "0002"}
    seller = {
        "name": SELLER,
        "country_code": "FR",
        "vat_identifier": "FR00000000000",
        "legal_identifier": "000000000",
        "legal_identifier_schemeid": "0002",
    }
    return {"BG-4": seller, "BG-7": buyer}


def _references(bill: Bill) -> list[dict[str, Any]]:
    if bill.corrects is None:
        return []
    number, issued_on = bill.corrects
    return [{"BT-25": number, "BT-26": issued_on}]


def _line(number: int, name: str, amount: Decimal) -> dict[str, Any]:
    return {
        "BT-126": str(number),
        "BT-129": "1",
        "BT-130": "C62",
        "BT-131": str(amount),
        "BT-146": str(amount),
        "BT-151": "S",
        "BT-152": str(VAT_RATE),
        "BT-153": name,
    }


def _page(bill: Bill) -> bytes:
    """Draw the page that people read: A4, PDF/A-3B."""
    pdf = Paper(_title(bill), author=SELLER, compliance=DocumentCompliance.PDFA_3B)
    first, last = bill.period
    for text in (
        f"{SELLER} · {bill.customer}",
        f"Contrat {bill.contract_ref}",
        f"Émise le {long_day(bill.issued_on, 'fr')}, à régler avant le {day(bill.due_on, 'fr')}",
        f"Période du {day(first, 'fr')} au {day(last, 'fr')}",
    ):
        pdf.say(text)

    def shown(amounts: Iterable[tuple[str, Decimal]]) -> list[tuple[str, str]]:
        return [(name, money(amount, bill.currency, "fr")) for name, amount in amounts]

    sums = (
        ("Total HT", bill.net),
        (f"TVA {VAT_RATE} %", bill.vat),
        ("Total TTC", bill.gross),
    )
    pdf.amounts(("Désignation", "Montant HT"), shown(bill.lines), shown(sums))
    return bytes(pdf.output())


def _title(bill: Bill) -> str:
    return f"{bill.kind[1]} {bill.number}"
