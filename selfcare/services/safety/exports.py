"""Exports take turns: one at a time for each account, a few at a time for each web process.

A list of a million rows keeps a thread and a database connection for a minute. Turns are kept in
Redis, for all web processes together; while it is away, each process keeps its own.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import structlog
from flask import current_app
from redis import RedisError
from redis.exceptions import LockError
from redis.lock import Lock

from selfcare.services.safety.throttling import TooManyAttempts

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Exports of one web process, of whomever; its other threads are for pages."""
GOOD_FOR = 60
"""Seconds after which a turn ends by itself, its process having died; `go_on` begins them anew."""
RENEWED_EVERY = 15.0

_seats = threading.BoundedSemaphore(AT_ONCE)
_running: set[int] = set()
_guard = threading.Lock()


class NoTurn(TooManyAttempts):
    """An export is running: of the same account (`own`), or too many of others."""

    def __init__(self, *, own: bool) -> None:
        super().__init__(datetime.now(UTC) + timedelta(seconds=30 if own else 60))
        self.own = own


class Turn:
    """The right to make one export; `end` gives it back, however often it is called."""

    def __init__(self, account_id: int) -> None:
        """Take the turn.

        Raises:
            NoTurn: somebody else has it.
        """
        self._account_id = account_id
        self._renewed = time.monotonic()
        self._lock: Lock | None = None
        with _guard:
            if account_id in _running:
                raise NoTurn(own=True)
            if not _seats.acquire(blocking=False):
                raise NoTurn(own=False)
            _running.add(account_id)
        self._has_it = True
        try:
            self._lock = self._of_all_processes()
        except BaseException:
            self.end()
            raise

    def _of_all_processes(self) -> Lock | None:
        name = f"export:{self._account_id}"
        lock: Lock = current_app.extensions["redis"].lock(
            name, timeout=GOOD_FOR, thread_local=False
        )
        try:
            if lock.acquire(blocking=False):
                return lock
        except RedisError as problem:
            log.warning("exports_alone", problem=str(problem))
            return None
        raise NoTurn(own=True)

    def go_on(self) -> None:
        """Keep the turn while the export is being made."""
        if self._lock is None or time.monotonic() - self._renewed < RENEWED_EVERY:
            return
        self._renewed = time.monotonic()
        try:
            self._lock.reacquire()
        except (LockError, RedisError) as problem:
            log.warning("exports_alone", problem=str(problem))
            self._lock = None

    def end(self) -> None:
        """Let the account's next export begin."""
        with _guard:
            if not self._has_it:
                return
            self._has_it = False
            _running.discard(self._account_id)
            _seats.release()
        if self._lock is not None:
            try:
                self._lock.release()
            except (LockError, RedisError) as problem:  # it ends by itself
                log.warning("exports_alone", problem=str(problem))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.end()
