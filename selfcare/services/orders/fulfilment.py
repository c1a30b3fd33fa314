"""Carrying orders out: by an operator, or by a job; every move is recorded and mailed (SERVICES-4).

The port is `Carrier`: what happens when an order is handed over. Which one an order has is kept
on its row, so that changing `FULFILMENT` moves no order that is on its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    LONGEST_NOTE,
    Order,
    OrderEvent,
    OrderStatus,
    Subscription,
    now,
)
from selfcare.services.mail.kinds import orders as mails
from selfcare.services.mail.kinds.orders import Told
from selfcare.services.orders import renewals
from selfcare.services.orders.periods import period_of
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.SUBMITTED: frozenset(
        {OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.CANCELLED}
    ),
    OrderStatus.IN_PROGRESS: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""The next statuses of each status; the last two are final."""

OPERATOR, AUTOMATIC = "operator", "automatic"


class MoveRefused(Exception):
    """An order cannot go there from where it is."""

    def __init__(self, order: Order, to: OrderStatus) -> None:
        why = " already" if order.status == to else f": it cannot become {to}"
        super().__init__(f"{order.ref} is {order.status}{why}")
        self.order, self.to = order, to


class Carrier(Protocol):
    """A way to carry out an order that was just placed."""

    def take(self, order: Order) -> None:
        """See that it gets carried out, after the present transaction."""


class Manual:
    """An operator gets a mail, finds it with `flask orders list` too, and moves it on."""

    def take(self, order: Order) -> None:
        """Tell the operators, if the settings name some; the row is in their list anyway."""
        mails.order_to_do(told=told(order), by=order.placed_by)


class Automatic:
    """A job completes it."""

    def take(self, order: Order) -> None:
        """Wake the job once the order is really there."""
        carry_out.after_commit(order.id)


CARRIERS: Mapping[str, Carrier] = {"manual": Manual(), "automatic": Automatic()}


def hand_over(order: Order) -> None:
    """A new order: the first line of its timeline, its mail, and its carrier."""
    _record(order, order.status, by=order.placed_by.login)
    mails.order_placed(order.placed_by, told=told(order))
    audit.record("order.placed", actor=order.placed_by, subject=order.ref, contract=order.contract)
    CARRIERS[order.fulfilment].take(order)


@job(queue="orders")
def carry_out(order_id: int) -> None:
    """Complete an order by itself; one that is finished already stays as it is."""
    order = _locked(Order.id == order_id)
    if order is None or order.fulfilment != "automatic":
        return
    if order.status == OrderStatus.SUBMITTED:
        move(order, OrderStatus.IN_PROGRESS, by=AUTOMATIC)
    if order.status == OrderStatus.IN_PROGRESS:
        move(order, OrderStatus.COMPLETED, by=AUTOMATIC)


def find(ref: str) -> Order | None:
    """The order of a reference, locked until the transaction ends."""
    return _locked(Order.ref == ref.strip().upper())


def move(order: Order, to: OrderStatus, *, by: str, note: str = "") -> None:
    """Move an order on: trace, mail, and the subscription of a completed one, all or nothing.

    Raises:
        MoveRefused: it cannot go there from where it is.
    """
    if to not in MOVES[OrderStatus(order.status)]:
        raise MoveRefused(order, to)
    order.status = to
    _record(order, to, by=by, note=note)
    if to == OrderStatus.COMPLETED and order.months:
        _subscribe(order, order.months)
    if not (by == AUTOMATIC and to == OrderStatus.IN_PROGRESS):  # its next mail leaves with it
        mails.order_moved(order.placed_by, told=told(order), status=to, note=note)
    db.session.flush()
    log.info("order_moved", order=order.ref, status=to.value, by=by)


def history(order_id: int) -> Sequence[OrderEvent]:
    """An order's timeline, oldest first."""
    return (
        db.session.execute(
            select(OrderEvent).where(OrderEvent.order_id == order_id).order_by(OrderEvent.id)
        )
        .scalars()
        .all()
    )


def _locked(condition: Any) -> Order | None:
    statement = (
        select(Order)
        .join(Order.placed_by)
        .join(Order.contract)
        .options(contains_eager(Order.placed_by), contains_eager(Order.contract))
        .where(condition)
        .with_for_update(of=Order)
        .execution_options(populate_existing=True)
    )
    return db.session.execute(statement).scalar_one_or_none()


def _record(order: Order, status: OrderStatus, *, by: str, note: str = "") -> None:
    db.session.add(OrderEvent(order_id=order.id, status=status, by=by, note=note[:LONGEST_NOTE]))


def _subscribe(order: Order, months: int) -> None:
    """The subscription of a completed order, however late it is completed (SUBS-2)."""
    starts_on, ends_on = period_of(order, months)
    db.session.add(
        Subscription(
            order=order,
            ref=order.ref,
            contract_id=order.contract_id,
            subscribed_by_id=order.placed_by_id,
            subscribed_at=now(),
            name=order.subscription_name or order.name_fr,
            months=months,
            price=order.price or 0,
            upfront=order.upfront,
            currency=order.currency,
            region=order.parameters.get("region", ""),
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )
    pre_invoice_making.subscribed(order.contract_id, starts_on, ends_on)


def told(order: Order) -> Told:
    """The facts of an order for mails and commands."""
    starts_on = period_of(order, order.months)[0] if order.months else None
    renews = renewals.renewed(order.renews_id).ref if order.renews_id else None
    return {
        "ref": order.ref,
        "contract_ref": order.contract.ref,
        "contract_name": order.contract.name,
        "name_fr": order.name_fr,
        "name_en": order.name_en,
        "price": str(order.price) if order.price is not None else None,
        "price_kind": str(order.price_kind),
        "upfront": str(order.upfront),
        "currency": order.currency,
        "months": order.months,
        "starts_on": starts_on.isoformat() if starts_on else None,
        "subscription_name": order.subscription_name,
        "renews": renews,
        "parameters": [
            [name, order.labels.get(name), value] for name, value in order.parameters.items()
        ],
    }
