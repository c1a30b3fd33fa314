"""The job that carries the table out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, inspect, select

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    Base,
    now,
)
from selfcare.services.retention.forgotten import FORGOTTEN
from selfcare.services.retention.lines import Forgotten

ROUND = 1000
"""Rows of a kind that one transaction deletes; where there are more, another follows."""


def period(model: type[Base]) -> timedelta:
    """How long rows of a model are kept, for whoever must not use them any longer."""
    [line] = [line for line in FORGOTTEN if line.model is model]
    return line.period


@job(queue="sweeps")
def forget() -> None:
    """Delete what was kept long enough; a round at a time, so that nobody waits for its locks."""
    full = [_forget(line) >= ROUND for line in _with_old_rows()]
    if any(full):
        forget.after_commit()


def _with_old_rows() -> list[Forgotten]:
    """The lines that there is something to delete of, nearly always none: asked all at once."""
    found = db.session.execute(select(*(_old(line).exists() for line in FORGOTTEN))).one()
    return [line for line, is_there in zip(FORGOTTEN, found, strict=True) if is_there]


def _old(line: Forgotten) -> Select[Any]:
    """The keys of rows that were kept long enough."""
    [key] = inspect(line.model).primary_key
    old = select(key).where(line.since < now() - line.period)
    return old if line.only is None else old.where(line.only)


def _forget(line: Forgotten) -> int:
    """Delete a round of rows; says how many."""
    [key] = inspect(line.model).primary_key
    mine = _old(line).limit(ROUND).with_for_update(skip_locked=True)  # two sweeps, no row twice
    gone = db.session.execute(delete(line.model).where(key.in_(mine)).returning(key))
    return len(gone.all())
