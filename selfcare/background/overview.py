"""What workers have before them: wishes by state, queues, and the workers alive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rq import Worker
from sqlalchemy import func, select

from selfcare.background.jobs import QUEUES, queue
from selfcare.database import db
from selfcare.models import Wish

Facts = Mapping[str, Any]


def kinds() -> list[type[Wish]]:
    """Every kind of wish there is."""
    found = list(Wish.__subclasses__())
    for kind in found:
        found += kind.__subclasses__()
    return sorted((kind for kind in found if hasattr(kind, "__tablename__")), key=_name)


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
