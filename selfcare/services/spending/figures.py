"""The dashboard's figures (DASH-1), in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select

from selfcare.database import db
from selfcare.models import Subscription
from selfcare.services.months import twelve_until
from selfcare.services.spending.subscribed import Amounts, costs, no_amounts, periods

SOON = timedelta(days=90)


@dataclass(frozen=True)
class Spend:
    """An amount per month, in one currency, oldest month first."""

    currency: str
    months: list[tuple[date, Decimal]]

    @property
    def highest(self) -> Decimal:
        """The tallest bar."""
        return max((amount for _, amount in self.months), default=Decimal(0))

    @property
    def total(self) -> Decimal:
        """All months together."""
        return sum((amount for _, amount in self.months), Decimal(0))


@dataclass(frozen=True)
class Figures:
    """The counts of running and coming subscriptions, the next to end, the spend per currency."""

    active: int
    subscribed: int
    ending: Sequence[Row[*tuple[Any, ...]]]
    spend: list[Spend]


def of_contract(contract_id: int, today: date) -> Figures:
    """The figures of a contract on a day."""
    *months, _next = twelve_until(today)
    active, subscribed = 0, 0
    spent: dict[str, Amounts] = defaultdict(no_amounts)
    for period in periods(contract_id, months[0]):
        active += period.count * (period.starts_on <= today <= period.ends_on)
        subscribed += period.count * (today < period.starts_on)
        for month, price, upfront in costs(period, months):
            spent[period.currency][month] += price + upfront
    ending = db.session.execute(
        select(
            Subscription.ref,
            Subscription.name,
            Subscription.ends_on,
            Subscription.price,
            Subscription.currency,
        )
        .where(
            Subscription.contract_id == contract_id,
            Subscription.ends_on.between(today, today + SOON),
        )
        .order_by(Subscription.ends_on, Subscription.id)
        .limit(5)
    ).all()
    spend = [spend_of(one, months, spent[one]) for one in sorted(spent) if any(spent[one].values())]
    return Figures(active, subscribed, ending, spend)


def spend_of(currency: str, months: Sequence[date], amounts: Amounts) -> Spend:
    """Amounts beside their months; a month without one has none."""
    return Spend(currency, [(month, amounts.get(month, Decimal(0))) for month in months])
