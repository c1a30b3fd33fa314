"""The worker that serves the queues in turns, so that a big import makes nobody wait for ever.

`interactive` comes first, always: somebody is looking at the page. The other queues take turns by
the time they use, not by jobs: one that has been served for `TURN` seconds goes to the end of the
line. A thousand mails do not hold up console accounts, nor a thousand accounts the mails. `looks`
comes last, always: nobody waits for it, and whoever stops the worker does not either.

A worker whose Redis goes away waits for it (`background.patience`), and leaves when it is told to.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL
from smtplib import SMTPException
from socket import gaierror
from ssl import SSLError
from types import FrameType
from typing import Any

import structlog
from redis import RedisError
from redis.client import Pipeline
from rq import Queue, Worker
from rq.cron import CronScheduler
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.scheduler import RQScheduler
from sqlalchemy.exc import OperationalError

from selfcare.background import patience
from selfcare.background.jobs import kind_of

FIRST, LAST = "interactive", "looks"
TURN = 5.0

WORKER_TTL = 75
"""Seconds for which an idle worker waits for a job, and 15 more: what RQ takes for a sign of life.
A Redis that says nothing for 10 seconds longer than that counts as away."""

_SCHEDULER_STOPS = 5.0
"""Seconds that the process of delayed retries has to stop in; it may be waiting for its Redis."""


_EXPECTED = (ConnectionError, TimeoutError, SMTPException, gaierror, SSLError, OperationalError)
"""What goes wrong while an SMTP server, the console or the database is away; beside it whatever
says `is_expected` of itself."""

log = structlog.get_logger(__name__)


class TurnTakingWorker(Worker):
    """RQ's worker, with turns of a few seconds instead of one queue emptied before the next."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn_of, self._since = "", 0.0
        self._serving = ""

    def reorder_queues(self, reference_queue: Queue) -> None:
        """RQ asks this as it takes a job: who is served next time?"""
        name, present = kind_of(reference_queue), self.clock()
        if name in {FIRST, LAST}:
            return
        if name != self._turn_of:
            self._turn_of, self._since = name, present
        elif present - self._since >= TURN:
            self._ordered_queues.remove(reference_queue)
            self._ordered_queues.append(reference_queue)
            self._ordered_queues.sort(key=lambda queue: kind_of(queue) == LAST)
            self._turn_of = ""

    # A job that is tried again

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say what RQ would say of a failed job: where it had to be expected, in one line."""
        problem = exc_info[1]
        if isinstance(problem, _EXPECTED) or getattr(problem, "is_expected", False):
            log.warning(
                "job_tried_again",
                job=job.func_name,
                args=job.args,
                tries_left=job.retries_left or 0,
                problem=f"{type(problem).__name__}: {problem}",
                **job.meta,
            )
        else:
            super().handle_exception(job, *exc_info)

    # A Redis that was emptied

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """RQ's sign of life; a Redis that was emptied learns of this worker anew."""
        if pipeline is None and not self.connection.sismember(self.redis_workers_keys, self.key):
            self.connection.delete(self.key)  # half of it may have been written already
            self.register_birth()  # type: ignore[no-untyped-call]
        super().heartbeat(timeout, pipeline)

    # Leaving while Redis is away: nothing below may wait for it, or end in a traceback

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """RQ's loop. One that is stopped before it has begun leaves no process behind, either."""
        self._install_signal_handlers()  # type: ignore[no-untyped-call]
        try:
            if self.scheduler:
                self.scheduler.acquire_locks(auto_start=True)  # type: ignore[no-untyped-call]
            return super().work(*args, **kwargs)
        except StopRequested:
            self.teardown()
            return False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """What SIGTERM calls."""
        patience.hurry(self.connection)
        if self._serving == LAST and self.horse_pid:
            self.kill_horse(SIGKILL)  # nobody waits for it, and its row says how far it came
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """A note for people who look at RQ's workers."""
        with suppress(RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Said while a job runs in a process of its own, which goes on in any case."""
        with suppress(RedisError):
            super().maintain_heartbeats(job, execution)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job; what Redis was not told is found by the sweep, or by another worker."""
        self._serving = kind_of(queue)
        try:
            super().execute_job(job, queue)
        except RedisError:
            if patience.Patience.leaving:
                raise StopRequested from None
            raise
        finally:
            self._serving = ""

    def stop_scheduler(self) -> None:
        """End the process of delayed retries, which may be waiting for its Redis."""
        process = self.scheduler._process if self.scheduler else None
        if process and process.is_alive():
            process.terminate()
            process.join(_SCHEDULER_STOPS)
            process.kill()
            process.join()

    def teardown(self) -> None:
        """Sign off; RQ forgets a worker that could not after a minute."""
        with suppress(RedisError):
            super().teardown()  # type: ignore[no-untyped-call]


class Scheduler(RQScheduler):
    """RQ's process of delayed retries, which does not outlive its worker.

    One process of all workers has the lock of a queue. Where cron has no process of its own, the
    one that has the sweeps' lock wakes them.
    """

    def __init__(
        self, *args: Any, cron: CronScheduler | None = None, sweeps: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._worker = os.getpid()
        self._cron, self._sweeps = cron, sweeps

    def heartbeat(self) -> None:
        """Said once a second."""
        if os.getpid() != self._worker != os.getppid():
            self._stop_requested = True
        super().heartbeat()  # type: ignore[no-untyped-call]
        if self._cron and self._sweeps in self.acquired_locks:
            self._cron.enqueue_jobs()


class Cron(CronScheduler):
    """RQ's cron, which leaves when it is told to, Redis or not."""

    def _request_stop(self, signum: int, frame: FrameType | None) -> None:
        patience.hurry(self.connection)
        super()._request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def register_death(self, pipeline: Pipeline | None = None) -> None:
        """Sign off; RQ forgets a cron that could not."""
        with suppress(RedisError):
            super().register_death(pipeline)
