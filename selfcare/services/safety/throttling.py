"""Brakes against guessing: per account and per network address, growing, never for ever (AUTH-6).

Counted in Redis over moving windows. While Redis is away each process counts in its own memory:
guessing stays slow, nobody is locked out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from flask import Flask, current_app
from limits import RateLimitItem, WindowStats, parse_many
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from selfcare.config import Settings
from selfcare.services.safety.browsers import Browser

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


class TooManyAttempts(Exception):
    """Wait until `retry_at`; nothing was tried."""

    own: bool | None = None
    """Of an export that waits for its turn: whether the one before it is the same person's."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"too many attempts, retry at {retry_at:%H:%M:%S}")
        self.retry_at = retry_at

    @property
    def seconds(self) -> int:
        """The time to wait, at least one second."""
        return max(1, math.ceil((self.retry_at - datetime.now(UTC)).total_seconds()))

    @property
    def minutes(self) -> int:
        """The same in whole minutes, rounded up."""
        return -(-self.seconds // 60)


PAUSE = 5.0
"""Seconds without asking a Redis that did not answer: a sign-in asks a dozen times, and each
time could take the whole timeout."""


@dataclass
class Brakes:
    """The limiter in use: Redis, or this process's memory while Redis is away."""

    shared: MovingWindowRateLimiter
    alone: MovingWindowRateLimiter
    away_until: float = 0.0

    def may(self, item: RateLimitItem, key: str) -> bool:
        """Whether the limit leaves room for one more attempt."""
        return self._asked(lambda limiter: limiter.test(item, key))

    def hit(self, item: RateLimitItem, key: str) -> bool:
        """Count one attempt; False if there was no room for it."""
        return self._asked(lambda limiter: limiter.hit(item, key))

    def left(self, item: RateLimitItem, key: str) -> WindowStats:
        """How many attempts the limit still allows, and when it allows them all."""
        return self._asked(lambda limiter: limiter.get_window_stats(item, key))

    def clear(self, item: RateLimitItem, key: str) -> None:
        """Forget the attempts."""
        self._asked(lambda limiter: limiter.clear(item, key))

    def _asked(self, ask: Callable[[MovingWindowRateLimiter], Answer]) -> Answer:
        """The shared limiter's answer, or our own if it is away."""
        if time.monotonic() >= self.away_until:
            try:
                return ask(self.shared)
            except RedisError as problem:
                self.away_until = time.monotonic() + PAUSE
                log.warning("throttling_alone", problem=str(problem))
        return ask(self.alone)


class _OnlyRedis(RedisStorage):
    """The storage in Redis, which loads no second client that happens to be installed."""

    DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}  # noqa: RUF012 (the library's)


def init_app(app: Flask, settings: Settings) -> None:
    """Prepare the brakes; connects to nothing yet."""
    url = settings.redis_url
    storage: Storage = _OnlyRedis(
        url.replace("unix://", "redis+unix://", 1) if url.startswith("unix") else url,
        key_prefix=f"{settings.own_name}:throttle",
        socket_connect_timeout=0.5,
        socket_timeout=1.0,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # handed to redis-py
    )
    app.extensions["brakes"] = Brakes(
        MovingWindowRateLimiter(storage), MovingWindowRateLimiter(MemoryStorage())
    )


@dataclass(frozen=True)
class Brake:
    """One thing that is slowed down: its limits and what they are counted by."""

    limits: tuple[RateLimitItem, ...]
    key: str

    def check(self) -> None:
        """Go on only while no limit is reached; counts nothing.

        Raises:
            TooManyAttempts: some limit is reached.
        """
        self._refuse([item for item in self.limits if not _brakes().may(item, self.key)])

    def take(self) -> None:
        """Count one attempt before it is made, so that parallel ones cannot slip through.

        Raises:
            TooManyAttempts: some limit is reached.
        """
        self.check()  # what is refused counts nowhere, in the longer windows neither
        self._refuse([item for item in self.limits if not _brakes().hit(item, self.key)])

    def count(self) -> None:
        """Count one failed attempt."""
        for item in self.limits:
            _brakes().hit(item, self.key)

    def exhausted(self) -> bool:
        """Whether the next attempt would have to wait."""
        return any(_brakes().left(item, self.key).remaining == 0 for item in self.limits)

    def release(self) -> None:
        """Forget the attempts: the right password was given."""
        for item in self.limits:
            _brakes().clear(item, self.key)

    def _refuse(self, reached: list[RateLimitItem]) -> None:
        if reached:
            free = max(_brakes().left(item, self.key).reset_time for item in reached)
            raise TooManyAttempts(datetime.fromtimestamp(free, UTC))


def _brakes() -> Brakes:
    found: Brakes = current_app.extensions["brakes"]
    return found


def of_account(login: str, *, known: bool, limits: str) -> Brake:
    """Per login as typed, whoever it is; browsers that it signed in with before count apart.

    So a stranger who fails on purpose slows the stranger down, not the owner.
    """
    return of_subject("account", f"{login}|{login if known else ''}", limits)


def of_address(browser: Browser, limits: str, *, kind: str = "address") -> Brake:
    """Per IPv4 address or IPv6 /64 (one subscriber holds a whole /64)."""
    ip = browser.ip
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return Brake(tuple(parse_many(limits)), f"{kind}:unknown")
    if address.version == 6:
        ip = str(ipaddress.ip_network((address, 64), strict=False))
    return Brake(tuple(parse_many(limits)), f"{kind}:{ip}")


def of_subject(kind: str, subject: str, limits: str) -> Brake:
    """Per anything else: a mailbox, an account's codes, a login asked for; its name is not kept."""
    who = hashlib.sha256(subject.casefold().encode()).hexdigest()[:32]
    return Brake(tuple(parse_many(limits)), f"{kind}:{who}")
