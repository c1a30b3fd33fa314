"""What is shown of all that waits: the most urgent first, some of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from selfcare.database import db
from selfcare.models import now
from selfcare.services.invoices.due import days_around
from selfcare.services.staff.asking import ASKED_FOR
from selfcare.services.todo.items import Item, Kind
from selfcare.services.todo.statement import MOST, statement

SOON = timedelta(days=60)
"""A subscription that ends within this is to be renewed."""
SHOWN = 5


@dataclass(frozen=True)
class Todo:
    """What is shown, and how much there is besides."""

    shown: Sequence[Item]
    others: int
    is_counted: bool
    """False where there are more than `others`: not all were read."""


def of(account_id: int, *, today: date, contract_id: int | None, every: bool) -> Todo:
    """What waits for somebody.

    Args:
        account_id: who.
        today: in their time zone.
        contract_id: on this contract; None: on all of theirs.
        every: show all that was read, not the first few.
    """
    asked = {
        "account": account_id,
        "contract": contract_id,
        "soon": today + SOON,
        "asked_since": now() - ASKED_FOR,
        **days_around(today),
    }
    wanted = statement(db.engine.dialect.name, on_one=contract_id is not None)
    rows = db.session.execute(wanted, asked)
    found = sorted((Item(Kind(row[0]), *row[1:]) for row in rows), key=_urgency)
    by_kind = [list(some) for _, some in groupby(found, key=lambda item: item.kind)]
    shown = found if every else sorted(_in_turn(by_kind, SHOWN), key=_urgency)
    full = any(len(some) == MOST for some in by_kind)
    return Todo(shown, len(found) - len(shown), not full)


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _urgency(item: Item) -> tuple[Any, ...]:
    since = item.at.date() if item.at else date.max
    return _ORDER[item.kind], item.day or since, item.contract_ref, item.key


def _in_turn(by_kind: Sequence[Sequence[Item]], most: int) -> list[Item]:
    """The first of each kind, then the second of each: no kind hides the others."""
    placed = [
        (place, number, item)
        for number, some in enumerate(by_kind)
        for place, item in enumerate(some)
    ]
    return [item for _, _, item in sorted(placed, key=lambda one: one[:2])[:most]]
