"""The dashboard's figures (DASH-1), worked out by the database in two statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, case, func, select

from selfcare.database import db
from selfcare.models import Subscription

MONTHS = 12
SOON = timedelta(days=90)


@dataclass(frozen=True)
class Spend:
    """What the subscriptions cost per month, in one currency, oldest month first."""

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
    """How many subscriptions run or start soon, which end next, and the spend per currency."""

    active: int
    subscribed: int
    ending: Sequence[Row[*tuple[Any, ...]]]
    spend: list[Spend]


def of_contract(contract_id: int, today: date) -> Figures:
    """The figures of a contract on a day."""
    months = last_months(today)
    mine = Subscription.contract_id == contract_id
    running = (Subscription.starts_on <= today) & (Subscription.ends_on >= today)
    costs = [func.sum(_cost(first, after)) for first, after in pairwise(months)]
    rows = db.session.execute(
        select(
            Subscription.currency,
            func.count().filter(running),
            func.count().filter(Subscription.starts_on > today),
            *costs,
        )
        .where(mine, Subscription.ends_on >= months[0])
        .group_by(Subscription.currency)
        .order_by(Subscription.currency)
    ).all()
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
        active=sum(row[1] for row in rows),
        subscribed=sum(row[2] for row in rows),
        ending=ending,
        spend=[spend_of(row[0], months, row[3:]) for row in rows if any(row[3:])],
    )


def last_months(today: date) -> list[date]:
    """The first days of the last twelve months, this one included, and of the next."""
    number = today.year * 12 + today.month - 1
    starts = range(number - MONTHS + 1, number + 2)
    return [date(start // 12, start % 12 + 1, 1) for start in starts]


def _cost(first: date, after: date) -> Any:
    """A month's price while it runs, and the upfront payment in the month it starts."""
    runs = (Subscription.starts_on < after) & (Subscription.ends_on >= first)
    starts = (Subscription.starts_on >= first) & (Subscription.starts_on < after)
    return case((runs, Subscription.price), else_=0) + case((starts, Subscription.upfront), else_=0)


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
