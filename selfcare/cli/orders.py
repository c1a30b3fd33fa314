"""`flask orders`: what an operator does with the orders of the manual way (SERVICES-4)."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import AppGroup
from sqlalchemy import select

from selfcare.cli.progress import plain
from selfcare.database import db
from selfcare.language import formats
from selfcare.models import LONGEST_NOTE, Account, Contract, Order, OrderStatus
from selfcare.services.months import zone
from selfcare.services.orders import fulfilment
from selfcare.services.orders.fulfilment import OPERATOR, MoveRefused

orders_group = AppGroup("orders", help="Orders to be carried out.")

OPEN = (OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS)


@orders_group.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in OrderStatus]),
    help="Only these (default: open).",
)
def list_orders(status: str | None) -> None:
    """Print the orders that wait for somebody, oldest first; times as customers see them."""
    wanted = (OrderStatus(status),) if status else OPEN
    rows = db.session.execute(
        select(Order, Contract.ref, Account.login)
        .join(Contract, Contract.id == Order.contract_id)
        .join(Account, Account.id == Order.placed_by_id)
        .where(Order.status.in_(wanted))
        .order_by(Order.placed_at, Order.id)
    ).all()
    for order, contract, login in rows:
        what = order.subscription_name or order.name_en
        click.echo(
            f"{order.ref}  {_local(order.placed_at)}  {order.status:<12}"
            f"  {order.fulfilment:<9}  {contract}  {login}  {what}"
        )
    if not rows:
        click.echo("No order is waiting." if not status else "None.")


@orders_group.command("show")
@click.argument("ref")
def show(ref: str) -> None:
    """Print one order: by whom, what was entered, and how far it is."""
    order = _found(ref)
    told, by = fulfilment.told(order), order.placed_by
    facts = {
        "status": order.status,
        "contract": f"{told['contract_ref']} [{told['contract_name']}]",
        "by": f"{by.full_name} ({by.login}, {by.email})",
        "what": order.subscription_name or order.name_en,
        "price": formats.price(order.price, order.price_kind, order.currency, "en"),
        "upfront": str(order.upfront) if order.upfront else "",
        "starts on": told["starts_on"],
        **{name: value for name, _label, value in told["parameters"]},
    }
    for name, value in facts.items():
        first, *more = str(value or "").splitlines() or ("–",)
        for heading, line in ((name, first), *(("", line) for line in more)):
            click.echo(f"{heading:<16}{plain(line)}")
    for event in fulfilment.history(order.id):
        note = f": {plain(event.note)}" if event.note else ""
        click.echo(f"{_local(event.at)}  {event.status} by {event.by}{note}")
    db.session.rollback()  # it is not kept locked


def _found(ref: str) -> Order:
    order = fulfilment.find(ref)
    if order is None:
        raise click.ClickException(f"no order {plain(ref)}")
    return order


def _local(at: datetime) -> str:
    """A moment as customers see it."""
    return f"{at.astimezone(zone()):%Y-%m-%d %H:%M}"


def _move(ref: str, to: OrderStatus, note: str) -> None:
    order = _found(ref)
    if len(note) > LONGEST_NOTE:
        raise click.ClickException(f"a note takes {LONGEST_NOTE} characters at most")
    try:
        fulfilment.move(order, to, by=OPERATOR, note=note)
    except MoveRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    db.session.commit()
    click.echo(f"{order.ref} is {to}.")


_note = click.option(
    "--note", default="", help=f"Said to the customer (at most {LONGEST_NOTE} characters)."
)


@orders_group.command("start")
@click.argument("ref")
@_note
def start(ref: str, note: str) -> None:
    """Say that an order is being carried out."""
    _move(ref, OrderStatus.IN_PROGRESS, note)


@orders_group.command("complete")
@click.argument("ref")
@_note
def complete(ref: str, note: str) -> None:
    """Say that an order is done: its subscription is made."""
    _move(ref, OrderStatus.COMPLETED, note)


@orders_group.command("cancel")
@click.argument("ref")
@click.option("--reason", required=True, help="Said to the customer.")
def cancel(ref: str, reason: str) -> None:
    """Cancel an order."""
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")
    _move(ref, OrderStatus.CANCELLED, reason)
