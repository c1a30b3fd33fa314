"""The one engine of all wishes: claimed, settled, postponed, found again (docs/adr/0002).

```python
if mine := claim(Mail, mail_id):       # in a transaction of its own: nothing stays locked
    with mine:                         # it does not run out while the block lasts
        try:
            ...
        except SMTPException as problem:
            postpone(mine.held(), str(problem))    # or `give_up`
        else:
            settle(mine.held())
```

A claim is a lease of some seconds, which a thread makes longer as long as its worker lives. So a
worker that died holds nobody up, and long work needs no long lease. The end of the lease names the
claim: `held` gives the row to whoever has it still, and stops everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, inspect, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.background.jobs import DELAYS, EARLY, Overtaken
from selfcare.database import db
from selfcare.models import Wish, WishState, now

PATIENCE = timedelta(seconds=30)
"""How late a wake-up may be before the sweep takes over from the queue's own retries."""

BEAT = 7.0
"""Seconds between two signs of life of a worker, well within the shortest lease."""

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


class Claim(Generic[W]):
    """A wish that this worker has, while its block lasts (`with`, or `kept_alive`).

    Attributes:
        until: when the claim ends; in the row, it names the claim.
        naming: held while `until` is read or written: the thread that extends it does both.
    """

    def __init__(self, kind: type[W], row_id: int, until: datetime) -> None:
        self.kind, self.row_id = kind, row_id
        self.until = until
        self.naming = Lock()
        self._block = ExitStack()

    def __enter__(self) -> Claim[W]:
        self._block.enter_context(kept_alive([self]))
        return self

    def __exit__(self, *_: object) -> None:
        self._block.close()

    def seen(self) -> W:
        """The row as it is by now, to read what is wished."""
        return db.session.get_one(self.kind, self.row_id, populate_existing=True)

    def held(self) -> W:
        """The row, locked, to write the outcome into.

        Raises:
            Overtaken: it was wished anew meanwhile, or another worker took it.
        """
        row = held_of([self]).get(self.row_id)
        if row is None:
            raise Overtaken(f"{self.kind.__name__} {self.row_id}")
        return row

    def extend(self, connection: Connection) -> None:
        """A sign of life. A row that is locked is passed over: its outcome is being written now."""
        column, until = key(self.kind), now() + self.kind.LEASE
        mine = select(column).where(
            column == self.row_id,
            self.kind.state == WishState.RUNNING,
            self.kind.due_at == self.until,
        )
        extended = connection.execute(
            update(self.kind)
            .where(column.in_(mine.with_for_update(skip_locked=True)))
            .values(due_at=until)
        )
        connection.commit()
        if extended.rowcount:
            self.until = until


@contextmanager
def kept_alive(claimed: Sequence[Claim[Any]]) -> Iterator[None]:
    """These claims do not run out while the block lasts: one thread makes them longer."""
    over, engine = Event(), db.engine

    def stay_alive() -> None:
        while not over.wait(BEAT):
            with suppress(SQLAlchemyError), engine.connect() as connection:
                for mine in claimed:
                    with mine.naming:
                        if over.is_set():
                            return
                        mine.extend(connection)

    Thread(target=stay_alive, name=f"claims-{len(claimed)}", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def held_of(claimed: Sequence[Claim[W]]) -> dict[int, W]:
    """The rows of those claims that nobody has overtaken, by id: locked, to be written into."""
    kind = claimed[0].kind
    db.session.connection()  # before the claims' locks: the thread takes both in this order
    with ExitStack() as naming:
        for mine in claimed:
            naming.enter_context(mine.naming)
        rows = db.session.execute(
            select(kind)
            .where(key(kind).in_([mine.row_id for mine in claimed]))
            .order_by(key(kind))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalars()
        until = {mine.row_id: mine.until for mine in claimed}
        found = {int(inspect(row).identity[0]): row for row in rows}
        return {
            row_id: row
            for row_id, row in found.items()
            if row.state == WishState.RUNNING and row.due_at == until[row_id]
        }


def claim(kind: type[W], row_id: int) -> Claim[W] | None:
    """Take a wish if it can be taken; a sweep may have woken it more than once."""
    present = now()
    until = present + kind.LEASE
    claimed = db.session.execute(
        update(kind)
        .where(key(kind) == row_id, can_be_taken(kind, present))
        .values(state=WishState.RUNNING, due_at=until)
        .returning(key(kind))
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    db.session.commit()
    return Claim(kind, row_id, until) if claimed else None


def claim_some(kind: type[W], *conditions: ColumnElement[bool], most: int) -> list[Claim[W]]:
    """Take those that have waited longest. A row that another worker locks is left out."""
    present = now()
    until = present + kind.LEASE
    waiting = (
        select(key(kind).label("id"))
        .where(kind.due_at.is_not(None), can_be_taken(kind, present), *conditions)
        .order_by(kind.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("waiting")
    )
    claimed = db.session.execute(
        update(kind)
        .where(key(kind).in_(select(waiting.c.id)))
        .values(state=WishState.RUNNING, due_at=until)
        .returning(key(kind))
        .execution_options(synchronize_session=False)
    ).scalars()
    taken = [Claim(kind, row_id, until) for row_id in sorted(claimed)]
    db.session.commit()
    return taken


def next_due(kind: type[Wish], *conditions: ColumnElement[bool]) -> int | None:
    """The wish that has waited longest, of those that can be taken now."""
    found = select(key(kind)).where(
        kind.due_at.is_not(None), can_be_taken(kind, now()), *conditions
    )
    return db.session.execute(found.order_by(kind.due_at).limit(1)).scalar_one_or_none()


def want(row: Wish) -> None:
    """Wish it, or wish it once more: from now on, with all its tries before it."""
    row.state, row.due_at, row.attempts, row.problem = WishState.QUEUED, now(), 0, None


def settle(row: Wish) -> None:
    """It is done."""
    row.state, row.due_at, row.attempts, row.problem = WishState.DONE, None, 0, None


def hand_on(row: Wish) -> None:
    """Let others have their turn: what remains is another job."""
    row.state, row.due_at = WishState.QUEUED, now()


def later(row: Wish, after: timedelta) -> None:
    """It is done for now, and wished again for then (within `LONGEST`)."""
    row.state, row.due_at, row.attempts, row.problem = WishState.QUEUED, now() + after, 0, None


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
    """Whether it has waited since `queued_since`, or the claim on it is over."""

    def ahead(most: timedelta) -> ColumnElement[bool]:
        """Whether the date was written by a clock that had jumped."""
        return kind.due_at > present + most + CLOCKS

    queued = or_(kind.due_at <= queued_since, ahead(LONGEST))
    running = or_(kind.due_at < present, ahead(kind.LEASE))
    return or_(
        and_(kind.state == WishState.QUEUED, queued),
        and_(kind.state == WishState.RUNNING, running),
    )
