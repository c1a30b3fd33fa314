"""Brakes against guessing: per account and per network address, growing, never for ever (AUTH-6).

Counted in Redis over moving windows. While Redis is away each process counts in its own memory:
guessing stays slow, nobody is locked out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from flask import Flask, current_app
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError

from selfcare.config import Settings

log = structlog.get_logger(__name__)
T = TypeVar("T")


class TooManyAttempts(Exception):
    """Wait until `retry_at`; nothing was tried."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"too many attempts, retry at {retry_at:%H:%M:%S}")
        self.retry_at = retry_at

    @property
    def seconds(self) -> int:
        """How long to wait, at least one second."""
        return max(1, math.ceil((self.retry_at - datetime.now(UTC)).total_seconds()))

    @property
    def minutes(self) -> int:
        """The same in whole minutes, rounded up."""
        return -(-self.seconds // 60)


@dataclass
class Brakes:
    """The limiter in use: Redis, or this process's memory while Redis is away."""

    shared: MovingWindowRateLimiter
    alone: MovingWindowRateLimiter

    def ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        """The shared limiter's answer, or our own if it is away."""
        try:
            return question(self.shared)
        except RedisError as problem:
            log.warning("throttling_alone", problem=str(problem))
            return question(self.alone)


def init_app(app: Flask, settings: Settings) -> None:
    """Prepare the brakes; connects to nothing yet."""
    url = settings.redis_url
    storage: Storage = RedisStorage(
        url.replace("unix://", "redis+unix://", 1) if url.startswith("unix") else url,
        key_prefix="throttle",
        socket_connect_timeout=0.5,
        socket_timeout=1.0,
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
        reached = [item for item in self.limits if not _ask(lambda b, i=item: b.test(i, self.key))]
        if reached:
            raise TooManyAttempts(self._free_again(reached))

    def take(self) -> None:
        """Count one attempt before it is made, so that parallel ones cannot slip through.

        Raises:
            TooManyAttempts: some limit is reached.
        """
        reached = [item for item in self.limits if not _ask(lambda b, i=item: b.hit(i, self.key))]
        if reached:
            raise TooManyAttempts(self._free_again(reached))

    def count(self) -> None:
        """Count one failed attempt."""
        for item in self.limits:
            _ask(lambda b, i=item: b.hit(i, self.key))

    def exhausted(self) -> bool:
        """Whether the next attempt would have to wait."""
        return any(
            _ask(lambda b, i=item: b.get_window_stats(i, self.key)).remaining == 0
            for item in self.limits
        )

    def release(self) -> None:
        """Forget the attempts: the right password was given."""
        for item in self.limits:
            _ask(lambda b, i=item: b.clear(i, self.key))

    def _free_again(self, reached: list[RateLimitItem]) -> datetime:
        stats = [_ask(lambda b, i=item: b.get_window_stats(i, self.key)) for item in reached]
        return datetime.fromtimestamp(max(s.reset_time for s in stats), UTC)


def _ask(question: Callable[[MovingWindowRateLimiter], T]) -> T:
    brakes: Brakes = current_app.extensions["brakes"]
    return brakes.ask(question)


def of_account(login: str, known_browser: str, limits: str) -> Brake:
    """Per login as typed, known or not; a browser that signed in before has its own count.

    So a stranger who fails on purpose slows the stranger down, not the owner.
    """
    who = hashlib.sha256(f"{login.casefold()}|{known_browser}".encode()).hexdigest()[:32]
    return Brake(tuple(parse_many(limits)), f"account:{who}")


def of_address(ip: str, limits: str) -> Brake:
    """Per IPv4 address or IPv6 /64 (one subscriber holds a whole /64)."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return Brake(tuple(parse_many(limits)), "address:unknown")
    if address.version == 6:
        ip = str(ipaddress.ip_network((address, 64), strict=False))
    return Brake(tuple(parse_many(limits)), f"address:{ip}")
