"""Orders: their references (ORDERS-2), and the subscription a completed one gives rise to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Insert, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager

from selfcare.database import db
from selfcare.models import Contract, Customer, Membership, Order, OrderCounter, Subscription


def next_reference(customer: Customer, on: date) -> str:
    """`HONEY1655-1710-008`: the next number of the customer's month.

    The counter row stays locked until the caller's transaction ends, and goes back with it: no
    gap and no double, whoever orders at the same time.

    Args:
        on: the day of the order where the customers are.
    """
    month = f"{on:%y%m}"
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(OrderCounter).values(customer_id=customer.id, month=month, last=1)
    statement: Insert = insert.on_conflict_do_update(
        index_elements=[OrderCounter.customer_id, OrderCounter.month],
        set_={"last": OrderCounter.last + 1},
    ).returning(OrderCounter.last)
    return f"{customer.code}-{month}-{db.session.execute(statement).scalar_one():03}"


def local_day(at: datetime) -> date:
    """The day of an order where the customers are: it decides its month and what it starts."""
    return at.astimezone(ZoneInfo(current_app.extensions["settings"].timezone)).date()


def reservation_period(ordered_on: date, months: int) -> tuple[date, date]:
    """First and last day of a reservation: from the 1st of next month, `months` long (SUBS-2).

    29/08/2017 for 24 months gives 01/09/2017 to 31/08/2019.
    """
    first = _month(ordered_on, 1)
    last = date.fromordinal(_month(first, months).toordinal() - 1)
    return first, last


def _month(day: date, ahead: int) -> date:
    """The first day of the month `ahead` months after the day's."""
    months = day.year * 12 + day.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def latest_of(account_id: int, *, contract: Contract | None = None, limit: int = 3) -> list[Order]:
    """Somebody's own latest orders, on all their contracts or on one (HOME-2, CONTRACT-1)."""
    mine = (
        select(Order)
        .join(Order.contract)
        .join(
            Membership,
            (Membership.contract_id == Order.contract_id)
            & (Membership.account_id == Order.placed_by_id),
        )
        .options(contains_eager(Order.contract))
        .where(Order.placed_by_id == account_id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(limit)
    )
    if contract is not None:
        mine = mine.where(Order.contract_id == contract.id)
    return list(db.session.execute(mine).scalars())


@dataclass(frozen=True)
class Commitment:
    """What an order leads to, before and after it is completed."""

    months: int
    starts_on: date
    ref: str | None
    """Of the subscription, once it is there (SUBS-2)."""


def commitment(order_id: int) -> Commitment | None:
    """The subscription an order gives rise to; None where it leads to none."""
    found = db.session.execute(
        select(
            func.coalesce(Subscription.months, Order.months).label("months"),
            Order.placed_at,
            Subscription.starts_on,
            Subscription.ref,
        )
        .outerjoin(Subscription, Subscription.order_id == Order.id)
        .where(Order.id == order_id)
    ).one()
    if not found.months:
        return None
    starts_on = found.starts_on or starts_after(found.placed_at, found.months)
    return Commitment(found.months, starts_on, found.ref)


def starts_after(at: datetime, months: int) -> date:
    """When a subscription ordered at a moment starts."""
    return reservation_period(local_day(at), months)[0]
