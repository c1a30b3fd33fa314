"""Renewing a subscription: an order that goes on where it ends, once (SUBS-3).

A renewal names the order of the subscription that it renews. One that was cancelled renews nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, literal_column, select, text
from sqlalchemy.orm import aliased

from selfcare.database import db
from selfcare.models import Order, Subscription
from selfcare.models.order import RENEWS
from selfcare.services.months import first_day, lasting

_renewal = aliased(Order, name="renewal")
_IN_FORCE = literal_column("renewal.status") != literal_column("'cancelled'")
"""In the words of the index of renewals."""
RENEWED_BY = (
    select(_renewal.ref)
    .where(_renewal.renews_id == Subscription.order_id, _IN_FORCE)
    .correlate(Subscription)
    .scalar_subquery()
)
"""The reference of the order that renews a subscription, beside its row."""


class RenewedAlready(Exception):
    """An order renews this subscription already."""

    def __init__(self, ref: str) -> None:
        super().__init__(ref)
        self.ref = ref


def renewed(order_id: int) -> Row[*tuple[Any, ...]]:
    """Reference, name and end of the subscription that this order led to."""
    wanted = select(Subscription.ref, Subscription.name, Subscription.ends_on)
    return db.session.execute(wanted.where(Subscription.order_id == order_id)).one()


def period(ends_on: date, months: int, *, ordered_on: date) -> tuple[date, date]:
    """First and last day of a renewal: after the former end, or the order if that is later."""
    return lasting(first_day(max(ends_on, ordered_on), ahead=1), months)


def claim(order_id: int) -> None:
    """Renew the subscription of this order; nobody else does until the transaction ends.

    Raises:
        RenewedAlready: another order does.
    """
    db.session.execute(select(Order.id).where(Order.id == order_id).with_for_update()).one()
    found = select(Order.ref).where(text(RENEWS), Order.renews_id == order_id)
    if ref := db.session.execute(found).scalar_one_or_none():
        raise RenewedAlready(ref)
