"""Sanity limits for well-formed values: dates, amounts, currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel import Locale

_YEARS = range(2000, 2100)
_MOST = 10**11
"""Amounts the database takes."""


def is_currency(code: str) -> bool:
    """Whether it is the code of a currency there is, or was."""
    return code in Locale("en").currencies


def is_day(day: date) -> bool:
    """Whether something can have been issued, used or due then."""
    return day.year in _YEARS


def is_amount(amount: Decimal) -> bool:
    """Whether it is a number, and not beyond measure."""
    return amount.is_finite() and abs(amount) < _MOST
