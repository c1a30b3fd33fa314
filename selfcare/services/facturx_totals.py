"""Whether an invoice's amounts add up, by the rules of EN 16931 (BR-CO-10, 13 to 16).

The XML schema knows nothing of sums. In the profile EXTENDED each amount that goes into a sum may
be rounded by itself, so a cent for each of them is let through there, as the standard does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from selfcare.services import facturx_xml as cii
from selfcare.services.facturx_pdf import Unreadable

_CENT = Decimal("0.01")
_OF_RATES = f"{cii.SETTLEMENT}/ram:ApplicableTradeTax/ram:CalculatedAmount"
_FOR_OTHERS = f"{cii.SETTLEMENT}/ram:SpecifiedFinancialAdjustment/ram:ActualAmount"


def vat(root: Any, currency: str) -> Decimal | None:
    """BT-110: the VAT in the invoice's own currency (BT-111 may stand beside it in another)."""
    for found in cii.find(root, f"{cii.SUMS}/ram:TaxTotalAmount"):
        if found.get("currencyID", currency) == currency:
            return cii.decimal(found.text)
    return None


def check(root: Any, currency: str) -> None:
    """Work every sum of the document out again.

    Raises:
        Unreadable: one is not what its parts make, with both and their numbers in the standard.
    """
    level = cii.profile(root)
    lines = cii.find(root, f"{cii.LINES}/{cii.LINE_AMOUNT}")
    spare = (
        _CENT * (len(lines) + len(cii.find(root, cii.ADJUSTMENTS))) if level == "extended" else 0
    )
    tax = vat(root, currency)
    net, gross = _sum(root, "TaxBasisTotalAmount"), _sum(root, "GrandTotalAmount")
    of_lines = _optional(root, "LineTotalAmount")
    if lines and of_lines is not None:
        _hold("sum of the lines (BT-106)", of_lines, _all(lines), spare)
    if of_lines is not None:
        less, more = (
            _optional(root, f"{kind}TotalAmount") or Decimal(0) for kind in ("Allowance", "Charge")
        )
        _hold("total excl. tax (BT-109)", net, of_lines - less + more, spare)
    rates = cii.find(root, _OF_RATES)
    if rates and tax is not None:
        _hold("VAT (BT-110)", tax, _all(rates), 0)
    _hold("total incl. tax (BT-112)", gross, net + (tax or 0), spare)
    if level != "minimum":  # which cannot say what was paid already
        paid, rounding = (
            _optional(root, name) or Decimal(0) for name in ("TotalPrepaidAmount", "RoundingAmount")
        )
        due = gross - paid + rounding + _all(cii.find(root, _FOR_OTHERS))
        _hold("amount due (BT-115)", _sum(root, "DuePayableAmount"), due, 0)


def _hold(what: str, said: Decimal, found: Decimal, spare: Decimal | int) -> None:
    if abs(said - found) > spare:
        raise Unreadable(f"the amounts do not add up: {what} says {said}, its parts make {found}")


def _sum(root: Any, name: str) -> Decimal:
    return cii.amount(root, f"{cii.SUMS}/ram:{name}")


def _optional(root: Any, name: str) -> Decimal | None:
    return cii.optional_amount(root, f"{cii.SUMS}/ram:{name}")


def _all(found: list[Any]) -> Decimal:
    return sum((cii.decimal(one.text) for one in found), Decimal(0))
