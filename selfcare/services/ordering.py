"""Orders: their references (ORDERS-2), and the subscription a completed one gives rise to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import contains_eager

from selfcare.database import db, insert_unless_there
from selfcare.models import Contract, Customer, Membership, Order, OrderCounter, Subscription
from selfcare.services.months import starts_after


def next_reference(customer: Customer, on: date) -> str:
    """`HONEY1655-1710-008`: the next number of the customer's month.

    The counter row stays locked until the caller's transaction ends, and goes back with it: no
    gap and no double, whoever orders at the same time.

    Args:
        on: the day of the order where the customers are.
    """
    month = f"{on:%y%m}"
    # A row that is there is locked by the update, one that is not by the insert.
    insert_unless_there(OrderCounter, customer_id=customer.id, month=month, last=0)
    last = db.session.execute(
        update(OrderCounter)
        .where(OrderCounter.customer_id == customer.id, OrderCounter.month == month)
        .values(last=OrderCounter.last + 1)
        .returning(OrderCounter.last)
    ).scalar_one()
    return f"{customer.code}-{month}-{last:03}"


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
    starts_on = found.starts_on or starts_after(found.placed_at)
    return Commitment(found.months, starts_on, found.ref)
