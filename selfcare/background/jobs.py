"""Background work: a wish is a row, a job is the wake-up (docs/adr/0002).

```python
@job(queue="mail")
def deliver(mail_id: int) -> None: ...

deliver.after_commit(mail.id)  # in the request: enqueued once the row is really there
```

A job runs in one transaction of its own and may run twice or late: it re-reads its row and *sets*
the outcome. Redis away: nothing is enqueued, the row stays, the sweep
(`selfcare.services.schedule`) finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from flask import current_app, g
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry as RedisRetry
from rq import Queue, Retry, get_current_job
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from selfcare import config
from selfcare.database import db

log = structlog.get_logger(__name__)

QUEUES = ("interactive", "mail", "iam", "orders", "documents", "sweeps", "looks")
"""Where somebody waits comes first; the others take turns, before the last one
(`selfcare.background.worker`)."""

SHORT = 100
"""Below this queue length a sweep enqueues without checking for duplicates."""

DELAYS = (10, 60, 300, 900, 3600, 14400)
"""Seconds before each new try of a failed job."""

EARLY = timedelta(seconds=2)
"""A retry may start this much before its date, since the queue counts whole seconds."""

CROWDED = 5000
"""From this length on, sweeps add nothing: their rows are already queued."""


FORGOTTEN_AFTER = 60
"""Seconds after which a wake-up in a queue no longer stands for those that came after it."""


class Overtaken(Exception):
    """Somebody else has what this job was about: it ends here, and saves nothing more."""


def connect(url: str) -> Redis:
    """A Redis client that gives up at once; a worker's waits (`background.patience`)."""
    return Redis.from_url(
        url,
        socket_connect_timeout=0.5,
        socket_timeout=1.0,
        retry=RedisRetry(NoBackoff(), 1),
    )


def redis() -> Redis:
    """The application's Redis client."""
    client: Redis = current_app.extensions["redis"]
    return client


def own(name: str) -> str:
    """A name in Redis that no other portal which shares it has."""
    return f"{config.current().own_name}:{name}"


def queue(name: str, client: Redis | None = None) -> Queue:
    """The portal's queue of that name, of `QUEUES`."""
    return Queue(own(name), connection=client or redis())


def kind_of(found: Queue) -> str:
    """Which of `QUEUES` it is."""
    return found.name.rpartition(":")[2]


@dataclass(frozen=True)
class Job:
    """A function that a worker runs; made by `@job`."""

    function: Callable[..., None]
    queue: str
    timeout: int
    once: bool = False
    """Whether one wake-up in the queue stands for all with the same arguments."""

    @property
    def path(self) -> str:
        """The name a worker imports it by."""
        return f"{self.function.__module__}.{self.function.__name__}"

    def __call__(self, *args: Any) -> None:
        """Run now, in an application context of its own, in one transaction."""
        cause = _cause_of_this_job()
        with (
            structlog.contextvars.bound_contextvars(job=self.path, **cause),
            current_app._get_current_object().app_context(),  # type: ignore[attr-defined]
        ):
            g.request_id = cause.get("request_id", "")
            if self.once:
                with suppress(RedisError):
                    redis().delete(self._mark(args))  # what is wished from now on is a new one
            try:
                self.function(*args)
            except Overtaken:
                db.session.rollback()
                log.info("job_overtaken", job=self.path, args=args)
                return
            db.session.commit()

    def _mark(self, args: tuple[Any, ...]) -> str:
        return own(f"waiting:{self.path}:{args}")

    def enqueue(self, *args: Any, first: bool = False) -> None:
        """Hand it to the workers now; `first` where somebody waits for just this one.

        Raises:
            RedisError: nobody took it.
        """
        if self.once and not redis().set(self._mark(args), 1, nx=True, ex=FORGOTTEN_AFTER):
            return
        queue(self.queue).enqueue(
            self.path,
            *args,
            at_front=first,
            retry=Retry(max=len(DELAYS), interval=list(DELAYS)),
            job_timeout=self.timeout,
            result_ttl=60,
            failure_ttl=7 * 86400,
            meta=_cause_of_what_follows(),
        )

    def after_commit(self, *args: Any, first: bool = False) -> None:
        """Enqueue when the present transaction is committed; never for a rolled-back one."""
        wakeups = db.session.info.setdefault("wakeups", [])
        if (self, args, first) not in wakeups:
            wakeups.append((self, args, first))

    def wake(self, ids: Iterable[int]) -> None:
        """Enqueue rows whose wake-up was probably lost, oldest first.

        As many rows as the queue still holds are skipped: a long queue is not a lost wake-up.
        Behind a slow SMTP server or IAM, each sweep would otherwise enqueue all of them again.
        """
        found = list(ids)
        try:
            waiting = queue(self.queue).count
        except RedisError:
            waiting = 0  # whether anybody takes them is seen after the commit
        if waiting >= CROWDED:
            log.warning("queue_crowded", queue=self.queue, job=self.path)
            return
        room = max(len(found), SHORT) - waiting
        for row_id in found[: max(room, 0)]:
            self.after_commit(row_id)


def _cause_of_what_follows() -> dict[str, str]:
    """The request that wishes it, for the job's log lines, its audit rows and its error reports."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return {"request_id": found} if found else {}


def _cause_of_this_job() -> dict[str, str]:
    present = get_current_job()
    found = present.meta.get("request_id") if present else None
    return {"request_id": found} if found else _cause_of_what_follows()


def job(
    *, queue: str, timeout: int = 120, once: bool = False
) -> Callable[[Callable[..., None]], Job]:
    """Make a function a job of one of `QUEUES`; `timeout` in seconds, `once` as in `Job`."""
    if queue not in QUEUES:
        raise ValueError(f"unknown queue {queue!r}")

    def decorate(function: Callable[..., None]) -> Job:
        return Job(function, queue, timeout, once)

    return decorate


@event.listens_for(Session, "after_commit")
def _wake(session: Session) -> None:
    if session.in_nested_transaction():  # the hook fires for savepoints too
        return
    waiting = session.info.pop("wakeups", [])
    for number, (wanted, args, first) in enumerate(waiting):
        try:
            wanted.enqueue(*args, first=first)
        except RedisError as problem:  # a Redis that hangs takes its time to say so, each time
            left = len(waiting) - number
            log.warning("job_left_to_the_sweep", job=wanted.path, left=left, problem=str(problem))
            return


_before: WeakKeyDictionary[SessionTransaction, int] = WeakKeyDictionary()
"""How many wake-ups there were when a savepoint began."""


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    """Remember what was wished before a savepoint."""
    if transaction.nested:
        _before[transaction] = len(session.info.get("wakeups", []))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """A savepoint takes back what was wished in it, a transaction everything."""
    del session.info.get("wakeups", [])[_before.get(transaction, 0) :]
