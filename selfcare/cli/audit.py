"""`flask audit`: who did what (STAFF-4)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import click
from flask.cli import AppGroup
from sqlalchemy import Select, func, or_, select

from selfcare.cli.printing import Facts, as_json, print_rows, stream
from selfcare.database import db
from selfcare.models import AuditEntry
from selfcare.services.months import zone

audit_group = AppGroup("audit", help="The audit log: who did what, on what, from where.")

_LOOKS = 1.0
"""Seconds between two looks for what is new."""

_ENTRIES = select(
    AuditEntry.at,
    AuditEntry.action,
    AuditEntry.actor,
    AuditEntry.on_behalf_of,
    AuditEntry.subject,
    AuditEntry.contract_ref,
    AuditEntry.ip,
    AuditEntry.request_id,
    AuditEntry.details,
)


def _filters(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--action", help="Only these: a whole name, or its beginning, like `user.`."),
        click.option("--contract", help="Only on this contract."),
        click.option("--login", help="Only by, for, or about this account."),
    ):
        command = option(command)
    return command


def _chosen(login: str | None, contract: str | None, action: str | None) -> Select[tuple[object]]:
    found = _ENTRIES
    if login:
        name = login.lower()
        found = found.where(
            or_(
                func.lower(AuditEntry.actor) == name,
                func.lower(AuditEntry.on_behalf_of) == name,
                func.lower(AuditEntry.subject) == name,
            )
        )
    if contract:
        found = found.where(AuditEntry.contract_ref == contract.upper())
    if action:
        found = found.where(AuditEntry.action.startswith(action, autoescape=True))
    return found


@audit_group.command("tail")
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--follow", is_flag=True, help="Go on with what is done from now on.")
@_filters
@as_json
def tail(
    *,
    count: int,
    follow: bool,
    login: str | None,
    contract: str | None,
    action: str | None,
    as_json: bool,
) -> None:
    """Print the latest entries, the newest last. Without an actor: the portal or an operator."""
    chosen = _chosen(login, contract, action)
    latest = db.session.execute(
        chosen.add_columns(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(count)
    ).all()
    entries: Iterator[Facts] = (_without_id(row._asdict()) for row in reversed(latest))
    if follow:
        last = db.session.execute(select(func.max(AuditEntry.id))).scalar() or 0
        entries = chain(entries, _coming(chosen, last))
    print_rows(entries, as_json=as_json, nothing="No such entry.")


def _coming(chosen: Select[tuple[object]], last: int) -> Iterator[Facts]:
    """What is written from now on; ends with the command."""
    with_id = chosen.add_columns(AuditEntry.id).order_by(AuditEntry.id)
    while True:
        db.session.rollback()
        for row in db.session.execute(with_id.where(AuditEntry.id > last)).all():
            last = row.id
            yield _without_id(row._asdict())
        time.sleep(_LOOKS)


def _without_id(entry: Facts) -> Facts:
    return {name: value for name, value in entry.items() if name != "id"}


@audit_group.command("export")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day.")
@_filters
def export(
    *,
    first: datetime | None,
    last: datetime | None,
    login: str | None,
    contract: str | None,
    action: str | None,
) -> None:
    """Print entries as JSON, an object a line, the oldest first; days as customers see them."""
    chosen = _chosen(login, contract, action)
    if first:
        chosen = chosen.where(AuditEntry.at >= _begin(first.date()))
    if last:
        chosen = chosen.where(AuditEntry.at < _begin(last.date() + timedelta(days=1)))
    print_rows(stream(chosen.order_by(AuditEntry.at, AuditEntry.id)), as_json=True)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)
