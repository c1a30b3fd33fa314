"""`flask orders`: what an operator does with the orders of the manual way (SERVICES-4)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from selfcare.cli.printing import (
    as_json,
    most,
    plain,
    print_facts,
    print_rows,
    refusing,
    say,
    stream,
)
from selfcare.database import db
from selfcare.language import formats
from selfcare.models import LONGEST_NOTE, Account, Contract, Order, OrderStatus
from selfcare.services.orders import fulfilment
from selfcare.services.orders.fulfilment import OPERATOR, MoveRefused
from selfcare.services.safety import audit

orders_group = AppGroup("orders", help="Orders to be carried out.")

OPEN = (OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS)

MOVED = {
    OrderStatus.IN_PROGRESS: "order.started",
    OrderStatus.COMPLETED: "order.completed",
    OrderStatus.CANCELLED: "order.cancelled",
}
"""The audit log's action of each move (STAFF-4)."""


@orders_group.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in OrderStatus]),
    help="Only these (default: open).",
)
@most
@as_json
def list_orders(*, status: str | None, limit: int | None, as_json: bool) -> None:
    """Print the orders that wait for somebody, oldest first; times as customers see them."""
    wanted = (OrderStatus(status),) if status else OPEN
    found = (
        select(
            Order.ref,
            Order.placed_at,
            Order.status,
            Order.fulfilment,
            Contract.ref.label("contract"),
            Account.login.label("by"),
            func.coalesce(Order.subscription_name, Order.name_en).label("what"),
        )
        .join(Contract, Contract.id == Order.contract_id)
        .join(Account, Account.id == Order.placed_by_id)
        .where(Order.status.in_(wanted))
        .order_by(Order.placed_at, Order.id)
        .limit(limit)
    )
    nothing = "None." if status else "No order is waiting."
    print_rows(stream(found), as_json=as_json, nothing=nothing)


@orders_group.command("show")
@click.argument("ref")
@as_json
def show(*, ref: str, as_json: bool) -> None:
    """Print one order: by whom, what was entered, and how far it is."""
    order = _found(ref)
    told, by = fulfilment.told(order), order.placed_by
    facts = {
        "ref": order.ref,
        "status": order.status,
        "contract": f"{told['contract_ref']} [{told['contract_name']}]",
        "by": f"{by.full_name} ({by.login}, {by.email})",
        "what": order.subscription_name or order.name_en,
        "price": formats.price(order.price, order.price_kind, order.currency, "en"),
        "upfront": order.upfront or None,
        "starts_on": told["starts_on"],
        "renews": told["renews"],
        **{name: str(value or "").splitlines() for name, _label, value in told["parameters"]},
        "history": [
            {"at": event.at, "status": event.status, "by": event.by, "note": event.note}
            for event in fulfilment.history(order.id)
        ],
    }
    print_facts(facts, as_json=as_json)
    db.session.rollback()  # it is not kept locked


def _found(ref: str) -> Order:
    order = fulfilment.find(ref)
    if order is None:
        raise click.ClickException(f"no order {plain(ref)}")
    return order


def _move(ref: str, to: OrderStatus, note: str, *, as_json: bool) -> None:
    order = _found(ref)
    if len(note) > LONGEST_NOTE:
        raise click.ClickException(f"a note takes {LONGEST_NOTE} characters at most")
    with refusing(MoveRefused):
        fulfilment.move(order, to, by=OPERATOR, note=note)
    audit.record(MOVED[to], actor=None, subject=order.ref, contract=order.contract)
    db.session.commit()
    say(f"{order.ref} is {to}.", as_json=as_json, ref=order.ref, status=to)


_note = click.option(
    "--note", default="", help=f"Said to the customer (at most {LONGEST_NOTE} characters)."
)


@orders_group.command("start")
@click.argument("ref")
@_note
@as_json
def start(*, ref: str, note: str, as_json: bool) -> None:
    """Say that an order is being carried out."""
    _move(ref, OrderStatus.IN_PROGRESS, note, as_json=as_json)


@orders_group.command("complete")
@click.argument("ref")
@_note
@as_json
def complete(*, ref: str, note: str, as_json: bool) -> None:
    """Say that an order is done: its subscription is made."""
    _move(ref, OrderStatus.COMPLETED, note, as_json=as_json)


@orders_group.command("cancel")
@click.argument("ref")
@click.option("--reason", required=True, help="Said to the customer.")
@as_json
def cancel(*, ref: str, reason: str, as_json: bool) -> None:
    """Cancel an order."""
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")
    _move(ref, OrderStatus.CANCELLED, reason, as_json=as_json)
