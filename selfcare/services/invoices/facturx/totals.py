"""Whether an invoice's amounts add up, by the rules of EN 16931 (BR-CO-10 to BR-CO-17).

The XML schema knows nothing of sums. In the profiles EXTENDED each amount that goes into a sum may
be rounded by itself, so a cent for each of them is let through there, as the standard does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from selfcare.services.invoices.facturx import paths
from selfcare.services.invoices.facturx.document import Document
from selfcare.services.invoices.facturx.pdf import Unreadable

_CENT = Decimal("0.01")
_RATES = f"{paths.SETTLEMENT}/ram:ApplicableTradeTax"
_FOR_OTHERS = f"{paths.SETTLEMENT}/ram:SpecifiedFinancialAdjustment/ram:ActualAmount"


def vat(document: Document, currency: str) -> Decimal | None:
    """BT-110: the VAT in the invoice's own currency (BT-111 may stand beside it in another)."""
    for found in document.parts(f"{paths.SUMS}/ram:TaxTotalAmount"):
        if (found.attribute("currencyID") or currency) == currency:
            return found.amount(".")
    return None


def for_others(document: Document) -> Decimal:
    """BT-179: what is collected with it for somebody else; EXTENDED has it."""
    return _all(document.amounts(_FOR_OTHERS))


def check(document: Document, currency: str) -> None:
    """Work every sum of the document out again.

    Raises:
        Unreadable: one is not what its parts make, with both and their numbers in the standard.
    """
    lines = document.amounts(f"{paths.LINES}/{paths.LINE_AMOUNT}")
    allowances = [part.amount(paths.ADJUSTED_BY) for part in document.parts(paths.ALLOWANCES)]
    charges = [part.amount(paths.ADJUSTED_BY) for part in document.parts(paths.CHARGES)]

    def spare(*parts: Sequence[Decimal]) -> Decimal:
        return _CENT * sum(map(len, parts)) if document.is_extended else Decimal(0)

    of_lines, less, more, paid, rounding = (
        _optional(document, name)
        for name in (
            *("LineTotalAmount", "AllowanceTotalAmount", "ChargeTotalAmount"),
            *("TotalPrepaidAmount", "RoundingAmount"),
        )
    )
    net, gross = _sum(document, "TaxBasisTotalAmount"), _sum(document, "GrandTotalAmount")
    if lines and of_lines is not None:
        _hold("sum of the lines (BT-106)", of_lines, _all(lines), spare(lines))
    _hold("sum of the allowances (BT-107)", less or 0, _all(allowances), spare(allowances))
    _hold("sum of the charges (BT-108)", more or 0, _all(charges), spare(charges))
    spared = spare(lines, allowances, charges)
    if of_lines is not None:
        _hold("total excl. tax (BT-109)", net, of_lines - (less or 0) + (more or 0), spared)
    rates = document.amounts(f"{_RATES}/ram:CalculatedAmount")
    tax = vat(document, currency)
    if rates and tax is not None:
        _hold("VAT (BT-110)", tax, _all(rates))
    _hold("total incl. tax (BT-112)", gross, net + (tax or 0), spared)
    if document.profile != "minimum":  # which cannot say what was paid already
        due = gross - (paid or 0) + (rounding or 0) + for_others(document)
        _hold("amount due (BT-115)", _sum(document, "DuePayableAmount"), due)


def remarks(document: Document) -> Iterator[str]:
    """Where the VAT of a rate is more than a cent off its share of the base (BR-CO-17).

    Some billing systems round each line's VAT: the sums hold, so this is said and not refused.
    """
    for rate in document.parts(_RATES):
        said, base = (
            rate.optional_amount(f"ram:{name}") for name in ("CalculatedAmount", "BasisAmount")
        )
        percent = rate.optional("ram:RateApplicablePercent")
        if said is None or base is None or not percent:
            continue
        found = (base * Decimal(percent) / 100).quantize(_CENT, ROUND_HALF_UP)
        if abs(said - found) > _CENT:
            yield f"its VAT at {percent} % of {base} says {said}, not {found} (BR-CO-17)"


def _hold(what: str, said: Decimal | int, found: Decimal, spare: Decimal | int = 0) -> None:
    if abs(said - found) > spare:
        raise Unreadable(f"the amounts do not add up: {what} says {said}, its parts make {found}")


def _sum(document: Document, name: str) -> Decimal:
    return document.amount(f"{paths.SUMS}/ram:{name}")


def _optional(document: Document, name: str) -> Decimal | None:
    return document.optional_amount(f"{paths.SUMS}/ram:{name}")


def _all(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
