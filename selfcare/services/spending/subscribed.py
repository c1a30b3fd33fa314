"""What a contract's subscriptions cost in each month, from their sums by period."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import SubscriptionTotal
from selfcare.services.months import first_day

Amounts = dict[date, Decimal]
"""By the first day of their month."""


def no_amounts() -> Amounts:
    """Amounts to add to."""
    return defaultdict(Decimal)


def periods(contract_id: int, since: date) -> Sequence[SubscriptionTotal]:
    """The periods that run on a day or begin after it."""
    statement = select(SubscriptionTotal).where(
        SubscriptionTotal.contract_id == contract_id, SubscriptionTotal.ends_on >= since
    )
    return db.session.execute(statement).scalars().all()


def costs(
    period: SubscriptionTotal, months: Sequence[date]
) -> Iterator[tuple[date, Decimal, Decimal]]:
    """Price and upfront payment of each of the months (their first days) that a period runs in."""
    start = first_day(period.starts_on)
    for month in months[bisect_left(months, start) : bisect_right(months, period.ends_on)]:
        yield month, period.price, period.upfront if month == start else Decimal(0)
