"""Figures of a contract's subscriptions, beside those of a month ago (DASH-1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from selfcare.services.months import twelve_until
from selfcare.services.spending.by_month import NOTHING, Month, Share, Spend
from selfcare.services.spending.subscribed import Amounts, Periods, costs, no_amounts

MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Monthly:
    """What running subscriptions cost a month in one currency."""

    currency: str
    amount: Decimal
    before: Decimal

    @property
    def difference(self) -> Decimal:
        """How much more it is than a month ago."""
        return self.amount - self.before


@dataclass(frozen=True)
class Figures:
    """Counts and costs of a contract's subscriptions.

    Attributes:
        active: those that run today; `before`, that ran a month ago.
        subscribed: those that have not begun.
        monthly: by currency, the dearest first.
        spends: twelve months of each currency, if they were wanted.
    """

    active: int
    before: int
    subscribed: int
    monthly: list[Monthly]
    spends: list[Spend]


def of(periods: Periods, today: date, *, drawn_as: str) -> Figures:
    """The figures of a contract on a day.

    Args:
        periods: those of the contract's subscriptions.
        today: the day.
        drawn_as: what the picture of twelve months calls subscriptions; empty: none is drawn.
    """
    *months, _next = twelve_until(today)
    active, before, subscribed = 0, 0, 0
    running: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    recurring: dict[str, Amounts] = defaultdict(no_amounts)
    once: dict[str, Amounts] = defaultdict(no_amounts)
    for period in periods:
        now, then = (period.starts_on <= day <= period.ends_on for day in (today, today - MONTH))
        active += period.count * now
        before += period.count * then
        subscribed += period.count * (today < period.starts_on)
        running[period.currency][0] += period.price * now
        running[period.currency][1] += period.price * then
        for month, price, upfront in costs(period, months) if drawn_as else ():
            recurring[period.currency][month] += price
            once[period.currency][month] += upfront
    monthly = [Monthly(currency, *amounts) for currency, amounts in running.items() if any(amounts)]
    return Figures(
        active,
        before,
        subscribed,
        sorted(monthly, key=lambda one: (-one.amount, one.currency)),
        [
            _spend(currency, months, recurring[currency], once[currency], drawn_as)
            for currency in sorted(recurring)
        ],
    )


def _spend(
    currency: str, months: list[date], recurring: Amounts, once: Amounts, name: str
) -> Spend:
    amounts = tuple(recurring.get(month, NOTHING) for month in months)
    told = tuple(
        Month(month, (amount,), once.get(month, NOTHING), invoiced=None, is_reported=False)
        for month, amount in zip(months, amounts, strict=True)
    )
    return Spend(currency, (Share(name, amounts),), told, is_invoiced=True)
