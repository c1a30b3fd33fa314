"""The one engine of all wishes: claimed, settled, postponed, found again (docs/adr/0002).

```python
if row := claim(Mail, mail_id):        # in a transaction of its own: nothing stays locked
    try:
        ...
    except SMTPException as problem:
        postpone(row, str(problem))    # or `give_up`
    else:
        settle(row)
```

A claim is a lease: it ends by itself, so a worker that died holds nobody up. Its end names it:
`held` tells whether a claim is still the one that a worker was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, inspect, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.background.jobs import DELAYS, EARLY
from selfcare.database import db
from selfcare.models import Wish, WishState, now

PATIENCE = timedelta(seconds=30)
"""How late a wake-up may be before the sweep takes over from the queue's own retries."""

LONGEST = timedelta(seconds=DELAYS[-1])
"""How far ahead the next try is at most."""

CLOCKS = timedelta(minutes=1)
"""How far the clocks of two machines may be apart.

A date further ahead than this and its longest reason was written by a clock that had jumped.
"""

W = TypeVar("W", bound=Wish)


def key(kind: type[Wish]) -> InstrumentedAttribute[int]:
    """The column that names a wish: what its job is given."""
    [column] = inspect(kind).primary_key
    found: InstrumentedAttribute[int] = getattr(kind, column.key)
    return found


def can_be_taken(kind: type[Wish], present: datetime) -> ColumnElement[bool]:
    """Whether it is due and nobody has it, or whoever had it has died."""
    return _due(kind, present, queued_since=present + EARLY)


def claim(kind: type[W], row_id: int) -> W | None:
    """Take a wish if it can be taken; a sweep may have woken it more than once."""
    present = now()
    claimed = db.session.execute(
        update(kind)
        .where(key(kind) == row_id, can_be_taken(kind, present))
        .values(state=WishState.RUNNING, due_at=present + kind.LEASE)
        .returning(key(kind))
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    db.session.commit()
    return db.session.get(kind, row_id, populate_existing=True) if claimed else None


def held(kind: type[W], row_id: int, until: datetime | None) -> W | None:
    """The row, locked, if the claim that ends then still holds: nobody wished or took it anew."""
    row = db.session.get(kind, row_id, with_for_update=True, populate_existing=True)
    return row if row and row.state == WishState.RUNNING and row.due_at == until else None


def want(row: Wish) -> None:
    """Wish it, or wish it once more: from now on, with all its tries before it."""
    row.state, row.due_at, row.attempts, row.problem = WishState.QUEUED, now(), 0, None


def settle(row: Wish) -> None:
    """It is done."""
    row.state, row.due_at, row.attempts, row.problem = WishState.DONE, None, 0, None


def hand_on(row: Wish) -> None:
    """Let others have their turn: what remains is another job."""
    row.state, row.due_at = WishState.QUEUED, now()


def give_up(row: Wish, problem: str) -> None:
    """It will not be retried automatically."""
    row.state, row.due_at, row.problem = WishState.FAILED, None, problem[:500]


def postpone(
    row: Wish, problem: str, *, for_ever: bool = False, at_least: timedelta = timedelta()
) -> None:
    """Note a try that came to nothing, and when the next one is; after the last one, give up.

    Args:
        row: the wish.
        problem: why.
        for_ever: after the longest delay, that one again and again.
        at_least: how long whoever was asked wants to be left alone (at most `LONGEST`).
    """
    row.attempts += 1
    if row.attempts > len(DELAYS) and not for_ever:
        give_up(row, problem)
        return
    usual = timedelta(seconds=DELAYS[min(row.attempts, len(DELAYS)) - 1])
    row.state, row.problem = WishState.QUEUED, problem[:500]
    row.due_at = now() + min(max(usual, at_least), LONGEST)


def overdue(
    kind: type[Wish], *conditions: ColumnElement[bool], at: datetime | None = None
) -> Sequence[int]:
    """Wishes whose wake-up was lost, or whose worker died; the oldest first."""
    present = at or now()
    found = (
        select(key(kind))
        .where(kind.due_at.is_not(None))  # what is in the index, said in its words
        .where(_due(kind, present, queued_since=present - PATIENCE), *conditions)
        .order_by(kind.due_at)
        .limit(1000)
    )
    return db.session.execute(found).scalars().all()


def _due(kind: type[Wish], present: datetime, *, queued_since: datetime) -> ColumnElement[bool]:
    """The first two lines are all that an index needs; the rest tells the two states apart."""
    ahead: Callable[[timedelta], Any] = lambda most: kind.due_at > present + most + CLOCKS  # noqa: E731
    queued = or_(kind.due_at <= queued_since, ahead(LONGEST))
    running = or_(kind.due_at < present, ahead(kind.LEASE))
    return or_(
        and_(kind.state == WishState.QUEUED, queued),
        and_(kind.state == WishState.RUNNING, running),
    )
