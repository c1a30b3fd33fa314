"""A Redis client for processes that are nothing without their Redis: it waits until Redis is back.

RQ gives up at the first command that fails, and its worker ends. With this client no command
fails: each is tried again, with growing pauses, until Redis answers. The log says so once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import structlog
from redis import Redis
from redis.backoff import EqualJitterBackoff
from redis.exceptions import (
    ConnectionError,  # noqa: A004 (redis-py's name)
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,  # noqa: A004
)
from redis.retry import Retry

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 10.0
"""Seconds between two tries at most."""

SILENCE = 30.0
"""Seconds after which a Redis that says nothing counts as away."""

_LEAVING = 2.0
"""Seconds that a process which was told to stop still gives its Redis."""

_PASSING = ("MISCONF", "NOREPLICAS", "LOADING", "TRYAGAIN", "CLUSTERDOWN")
"""How refusals begin that will pass, and for which redis-py has no class of its own."""

T = TypeVar("T")


class Patience(Retry):
    """Tries for ever, until the process is told to stop (`hurry`)."""

    leaving: ClassVar[bool] = False
    _speaker: ClassVar[int | None] = None
    """Which connection has said that Redis is away; the others need not."""

    def __init__(self) -> None:
        pauses = EqualJitterBackoff(cap=LONGEST_PAUSE, base=0.5)
        super().__init__(pauses, -1, (ConnectionError, TimeoutError, OSError, ResponseError))
        self._owner = os.getpid()
        self._depth = 0  # a command connects first: a connection alone is not an answer
        self._since = 0.0

    def call_with_retry(
        self,
        do: Callable[[], T],
        fail: Callable[[Exception], Any] | Callable[[Exception, int], Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        """What redis-py calls for each command and each connection."""

        def waits(error: Exception) -> bool:
            return (is_retryable is None or is_retryable(error)) and self._waits(error)

        self._depth += 1
        try:
            answer = super().call_with_retry(do, fail, waits, with_failure_count)
        finally:
            self._depth -= 1
        if not self._depth:
            self._answered()
        return answer

    def _waits(self, error: Exception) -> bool:
        if not passes(error):
            return False
        if Patience.leaving:
            self.update_retries(0)  # and not False: redis-py has to drop the connection first
            return True
        if os.getpid() != self._owner:
            if os.getppid() != self._owner:
                os._exit(1)  # the worker is gone, and Redis is: nobody is left to work for
            return True  # the worker says it for its children
        if Patience._speaker is None:
            Patience._speaker, self._since = id(self), time.monotonic()
            log.warning("redis_away", problem=str(error))
        return True

    def _answered(self) -> None:
        if Patience._speaker == id(self) and os.getpid() == self._owner:
            Patience._speaker = None
            log.warning("redis_back", seconds=round(time.monotonic() - self._since))


def passes(error: Exception) -> bool:
    """Whether a Redis that answers so, or not at all, may do what it is asked later."""
    if isinstance(error, ResponseError):
        kinds = (OutOfMemoryError, ReadOnlyError, MasterDownError)
        return isinstance(error, kinds) or str(error).startswith(_PASSING)
    return True


def connect(url: str) -> Redis:
    """A client that waits for its Redis."""
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        socket_timeout=SILENCE,
        health_check_interval=30,
        retry=Patience(),
    )


def hurry(client: Redis) -> None:
    """This process is told to stop: from now on its client waits for nobody."""
    Patience.leaving = True
    client.connection_pool.connection_kwargs.update(
        socket_timeout=_LEAVING, socket_connect_timeout=_LEAVING
    )
    client.connection_pool.reset()
