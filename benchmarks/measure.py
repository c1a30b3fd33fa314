"""Sizes, requests, statements and CPU time of pages; CPU as a ratio to the bare route.

Pages are measured in turns, a few requests each, and medians compared: a machine that gets
slower for a while does so for all of them.
"""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from benchmarks.portal import Portal

ROUNDS, TURNS = 15, 10
_LOADED = re.compile(
    rb'<(?:link[^>]+rel="(?:stylesheet|icon)"|script|img)[^>]+?(?:href|src)="([^"]+)"'
)
_SPRITE = re.compile(rb'<use href="([^"#]+)#')


@dataclass(frozen=True)
class Subject:
    """A page to measure, or one part of it."""

    name: str
    path: str
    part: str = ""
    signed_in: bool = True


@dataclass
class Result:
    """The measurements of one subject."""

    subject: Subject
    plain: int
    wire: int
    first_visit: int
    requests: int
    unchanged: int
    statements: int
    database_ms: float
    cpu_ms: float = 0.0
    ratio: float = 0.0
    wait_ms: float = 0.0


BARE = Subject("bare route", "/bare", signed_in=False)


def subjects(contract: str) -> list[Subject]:
    """Return the pages to measure."""
    base = f"/contracts/{contract}"
    return [
        Subject("sign-in", "/login", signed_in=False),
        Subject("home", "/"),
        Subject("contract", f"{base}/"),
        Subject("dashboard", f"{base}/dashboard"),
        Subject("services", f"{base}/services"),
        Subject("orders, 25 rows", f"{base}/orders"),
        Subject("orders, htmx part", f"{base}/orders", part="orders"),
        Subject("orders, page 100", f"{base}/orders?page=100"),
        Subject("orders, search", f"{base}/orders?q=c2.large"),
        Subject("subscriptions, 25 rows", f"{base}/subscriptions"),
        Subject("invoices", f"{base}/invoices"),
        Subject("support", f"{base}/support"),
        Subject("users", f"{base}/users"),
        Subject("console users", f"{base}/users/console"),
        Subject("my profile", "/account/profile"),
        Subject("my sessions", "/account/security/"),
        Subject("my activity", "/account/activity"),
        Subject("my contracts", "/account/contracts"),
        Subject("my orders, 25 rows", "/account/orders"),
    ]


def weigh(portal: Portal, subject: Subject, asked: tuple[int, float]) -> Result:
    """Measure bytes and requests of a subject: first visit, and a visit to an unchanged page."""
    answer = portal.get(subject.path, part=subject.part, signed_in=subject.signed_in)
    if answer.status != 200:
        raise RuntimeError(f"{subject.path} answered {answer.status}")
    html = _decoded(answer.body, answer.headers)
    loaded: set[bytes] = set() if subject.part else {*_LOADED.findall(html), *_SPRITE.findall(html)}
    files = [
        len(portal.get(urljoin(subject.path, path.decode()), signed_in=False).body)
        for path in sorted(loaded)
    ]
    again = portal.get(
        subject.path,
        part=subject.part,
        signed_in=subject.signed_in,
        etag=answer.headers.get("ETag", ""),
    )
    return Result(
        subject,
        plain=len(html),
        wire=len(answer.body),
        first_visit=len(answer.body) + sum(files),
        requests=1 + len(files),
        unchanged=again.status,
        statements=asked[0],
        database_ms=asked[1],
    )


def _decoded(body: bytes, headers: dict[str, str]) -> bytes:
    import brotli  # noqa: PLC0415

    encoded = headers.get("Content-Encoding") == "br"
    decoded: bytes = brotli.decompress(body) if encoded else body
    return decoded


def time_cpu(portal: Portal, results: list[Result]) -> float:
    """Measure CPU time and ratio; return the bare route's milliseconds."""
    everything: list[tuple[Subject, Result | None]] = [(BARE, None)]
    everything += [(result.subject, result) for result in results]
    taken: dict[Subject, list[float]] = {subject: [] for subject, _ in everything}
    waited: dict[Subject, list[float]] = {subject: [] for subject, _ in everything}
    for turn in range(ROUNDS + 1):
        for subject, _ in everything:
            began = portal.cpu_seconds()
            for _ in range(TURNS):
                answer = portal.get(subject.path, part=subject.part, signed_in=subject.signed_in)
                waited[subject].append(answer.seconds * 1000)
            if turn:  # the first one warms up
                taken[subject].append((portal.cpu_seconds() - began) / TURNS * 1000)
    bare = statistics.median(taken[BARE])
    for subject, result in everything:
        if result is not None:
            result.cpu_ms = statistics.median(taken[subject])
            result.ratio = result.cpu_ms / bare
            result.wait_ms = statistics.median(waited[subject])
    return bare


def ask_database(
    environ: dict[str, str], cookie: str, pages: list[Subject]
) -> dict[Subject, tuple[int, float]]:
    """Count and time each page's SQL statements, in a second application on the same database."""
    from sqlalchemy import event  # noqa: PLC0415

    from selfcare import config, create_app  # noqa: PLC0415

    settings = config.load(environ, log_level="WARNING")
    app = create_app(settings)
    client = app.test_client()
    name, _, value = cookie.partition("=")
    client.set_cookie(name, value, domain="127.0.0.1")
    began: list[float] = []
    took: list[float] = []
    engine = app.extensions["read_engine"]
    event.listen(engine, "before_cursor_execute", lambda *_: began.append(time.perf_counter()))
    event.listen(
        engine, "after_cursor_execute", lambda *_: took.append(time.perf_counter() - began.pop())
    )
    found: dict[Subject, tuple[int, float]] = {}
    for page in pages:
        headers = {"HX-Request": "true", "HX-Target": page.part} if page.part else {}
        sums = []
        for _ in range(TURNS):
            took.clear()
            client.get(page.path, base_url=settings.portal_url, headers=headers)
            sums.append(sum(took) * 1000)
        found[page] = len(took), statistics.median(sums)
    engine.dispose()
    return found
