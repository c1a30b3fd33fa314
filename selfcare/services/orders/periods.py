"""When what an order leads to starts and ends (SUBS-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from selfcare.database import db
from selfcare.models import Order, Subscription
from selfcare.services.months import lasting, starts_after


@dataclass(frozen=True)
class Commitment:
    """The subscription an order leads to, before and after the order is completed."""

    months: int
    starts_on: date
    ref: str | None
    """Of the subscription, once it is there (SUBS-2)."""
    renews: str | None
    """The reference of the subscription that it renews, if it does (SUBS-3)."""


def commitment(order_id: int) -> Commitment | None:
    """The subscription an order gives rise to; None where it leads to none."""
    former = aliased(Subscription)
    found = db.session.execute(
        select(
            func.coalesce(Subscription.months, Order.months).label("months"),
            Order.placed_at,
            func.coalesce(Subscription.starts_on, Order.starts_on).label("starts_on"),
            Subscription.ref,
            former.ref.label("renews"),
        )
        .outerjoin(Subscription, Subscription.order_id == Order.id)
        .outerjoin(former, former.order_id == Order.renews_id)
        .where(Order.id == order_id)
    ).one()
    if not found.months:
        return None
    starts_on = found.starts_on or starts_after(found.placed_at)
    return Commitment(found.months, starts_on, found.ref, found.renews)


def period_of(order: Order, months: int) -> tuple[date, date]:
    """First and last day of what an order leads to: after the order, or as it renews (SUBS-3)."""
    return lasting(order.starts_on or starts_after(order.placed_at), months)
