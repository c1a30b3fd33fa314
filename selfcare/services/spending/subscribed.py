"""What a contract's subscriptions cost in each month, from their sums by period."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, select

from selfcare.database import db
from selfcare.models import SubscriptionTotal
from selfcare.services.months import first_day, twelve_until

Amounts = dict[date, Decimal]
"""By the first day of their month."""
Periods = Sequence[Row[Any]]
"""Rows of `SubscriptionTotal`."""
_PERIODS = select(*SubscriptionTotal.__table__.c).where(
    SubscriptionTotal.contract_id == bindparam("contract"),
    SubscriptionTotal.ends_on >= bindparam("since"),
)


def no_amounts() -> Amounts:
    """Amounts to add to."""
    return defaultdict(Decimal)


def periods(contract_id: int, today: date) -> Periods:
    """Those that run in the last twelve months or begin later."""
    asked = {"contract": contract_id, "since": twelve_until(today)[0]}
    return db.session.execute(_PERIODS, asked).all()


def costs(period: Row[Any], months: Sequence[date]) -> Iterator[tuple[date, Decimal, Decimal]]:
    """Price and upfront payment of each of the months (their first days) that a period runs in."""
    start = first_day(period.starts_on)
    for month in months[bisect_left(months, start) : bisect_right(months, period.ends_on)]:
        yield month, period.price, period.upfront if month == start else Decimal(0)
