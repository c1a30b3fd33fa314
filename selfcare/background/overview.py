"""What workers have before them: wishes by state, queues, and the workers alive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from redis import RedisError
from rq import Worker
from sqlalchemy import func, select, text

from selfcare.background.jobs import QUEUES, own, queue, redis
from selfcare.database import db
from selfcare.models import GIVEN_UP, Wish, WishState, now

Facts = Mapping[str, Any]


def kinds() -> list[type[Wish]]:
    """Every kind of wish there is."""
    found = list(Wish.__subclasses__())
    for kind in found:
        found += kind.__subclasses__()
    return sorted((kind for kind in found if hasattr(kind, "__tablename__")), key=_name)


def counts() -> Iterator[tuple[str, str, int]]:
    """How many wishes are in each state but done, by kind; all states are named."""
    for kind in kinds():
        found: dict[WishState, int] = dict.fromkeys(_OPEN, 0)
        waiting = select(kind.state, func.count()).where(kind.due_at.is_not(None))
        given_up = select(func.count()).select_from(kind).where(text(GIVEN_UP))
        for state, count in db.session.execute(waiting.group_by(kind.state)):
            found[WishState(state)] = count
        found[WishState.FAILED] = db.session.execute(given_up).scalar_one()
        for state, count in found.items():
            yield _name(kind), state.value, count


def note_sweep() -> None:
    """Say that the sweep has run, for whoever watches it."""
    with suppress(RedisError):
        redis().set(own(_SWEPT), now().isoformat())


def since_last_sweep() -> float | None:
    """Seconds since the sweep last ran; None if nobody remembers.

    Raises:
        RedisError: Redis is away.
    """
    said: Any = redis().get(own(_SWEPT))
    if said is None:
        return None
    return (now() - datetime.fromisoformat(said.decode())).total_seconds()


_SWEPT = "last-sweep"
_OPEN = (WishState.QUEUED, WishState.RUNNING, WishState.FAILED)


def wishes() -> Iterator[Facts]:
    """Those that are not done, by kind and state, and since when the first of them is due."""
    for kind in kinds():
        open_ones = (
            select(kind.state, func.count(), func.min(kind.due_at))
            .where(kind.due_at.is_not(None))
            .group_by(kind.state)
        )
        for state, count, due in db.session.execute(open_ones.order_by(kind.state)):
            yield {"wish": _name(kind), "state": state, "count": count, "due_since": due}


def queues() -> list[Facts]:
    """How many jobs wait in each queue.

    Raises:
        RedisError: Redis is away.
    """
    return [
        {"queue": name, "waiting": found.count, "failed": found.failed_job_registry.count}
        for name in QUEUES
        for found in [queue(name)]
    ]


def workers() -> list[Facts]:
    """The workers that gave a sign of life, and what each does.

    Raises:
        RedisError: Redis is away.
    """
    return [
        {
            "worker": worker.name,
            "state": worker.get_state(),
            "since": worker.birth_date,
            "done": worker.successful_job_count,
            "failed": worker.failed_job_count,
        }
        for worker in Worker.all(queue=queue(QUEUES[0]))
    ]


def _name(kind: type[Wish]) -> str:
    return str(kind.__tablename__)  # type: ignore[attr-defined]
