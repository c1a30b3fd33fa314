"""The common base of wishes: a row with the wanted state, and a worker's progress with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from selfcare.models.base import index_of, now

GIVEN_UP = "state = 'failed'"
"""The wishes that were given up, in the words of an index and of a statement alike."""


class WishState(StrEnum):
    """`queued` → `running` → `done`; back to `queued` after a try that came to nothing.

    `failed` is a wish that was given up: somebody has to decide.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Wish:
    """The columns of a wish; `background.claims` moves them (docs/adr/0002)."""

    LEASE: ClassVar[timedelta] = timedelta(seconds=30)
    """A worker that has said nothing for so long has died; the wish is anybody's again."""

    state: Mapped[WishState] = mapped_column(String(8), default=WishState.QUEUED)
    due_at: Mapped[datetime | None] = mapped_column(default=now)
    """When to try next; while `running`, when the claim ends; None where nothing is to be done."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Tries that came to nothing since it was wished."""
    problem: Mapped[str | None] = mapped_column(String(500))
    """Why the last try came to nothing."""


def rules_of_a_wish(*others: Any) -> tuple[Any, ...]:
    """The constraints of a wish's table, beside its own; the index holds what is to be done."""
    return (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        index_of("due_at IS NOT NULL", None, "due_at"),
        *others,
    )
