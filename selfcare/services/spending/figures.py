"""The dashboard's figures (DASH-1), worked out by the database in two statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, func, select

from selfcare.database import db
from selfcare.models import Subscription
from selfcare.services.months import twelve_until

SOON = timedelta(days=90)


@dataclass(frozen=True)
class Spend:
    """The cost of the subscriptions per month, in one currency, oldest month first."""

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
    months = twelve_until(today)
    mine = Subscription.contract_id == contract_id
    # Thousands of subscriptions are few periods: these are summed there, and laid out here.
    periods = db.session.execute(
        select(
            Subscription.currency,
            Subscription.starts_on,
            Subscription.ends_on,
            func.count(),
            func.sum(Subscription.price),
            func.sum(Subscription.upfront),
        )
        .where(mine, Subscription.ends_on >= months[0])
        .group_by(Subscription.currency, Subscription.starts_on, Subscription.ends_on)
    ).all()
    costs: dict[str, list[Decimal]] = {}
    for currency, starts_on, ends_on, _count, price, upfront in periods:
        amounts = costs.setdefault(currency, [Decimal(0)] * (len(months) - 1))
        for number, (first, after) in enumerate(pairwise(months)):
            if starts_on < after and ends_on >= first:
                amounts[number] += price
            if first <= starts_on < after:
                amounts[number] += upfront
    ending = db.session.execute(
        select(
            Subscription.ref,
            Subscription.name,
            Subscription.ends_on,
            Subscription.price,
            Subscription.currency,
        )
        .where(mine, Subscription.ends_on >= today, Subscription.ends_on <= today + SOON)
        .order_by(Subscription.ends_on, Subscription.id)
        .limit(5)
    ).all()
    return Figures(
        active=sum(row[3] for row in periods if row.starts_on <= today <= row.ends_on),
        subscribed=sum(row[3] for row in periods if row.starts_on > today),
        ending=ending,
        spend=[spend_of(one, months, costs[one]) for one in sorted(costs) if any(costs[one])],
    )


def spend_of(currency: str, months: list[date], amounts: Any) -> Spend:
    """Amounts beside their months, in cents; a month without one has none."""
    cents = Decimal("0.01")
    return Spend(
        currency,
        [
            (month, Decimal(str(amount or 0)).quantize(cents))
            for month, amount in zip(months, amounts, strict=False)
        ],
    )
