"""`make load`: people who click for a while; no error, and memory stays flat."""

from __future__ import annotations

import contextlib
import random
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

import click

from benchmarks.measure import subjects
from benchmarks.portal import CONTRACT, Portal, serving
from demo.servers import postgres_server, redis_server

SEARCHES = ("c2", "windows", "2025", "10/2025", "paul", "zzz", "%", "réservation")


@dataclass
class Seen:
    """The answers that all people together got."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int, seconds: float) -> None:
        """Count an answer."""
        with self.lock:
            self.statuses[status] += 1
            self.seconds.append(seconds)

    def trouble(self, what: str) -> None:
        """Count an error, or a missing answer."""
        with self.lock:
            self.troubles[what] += 1


@click.command()
@click.option("--people", default=200, help="Signed in at the same time.")
@click.option("--minutes", default=10.0, help="How long.")
@click.option("--pause", default=5.0, help="Seconds between two clicks of one person, on average.")
@click.option("--orders", default=20_000, help="Rows on the contract that is looked at.")
def main(*, people: int, minutes: float, pause: float, orders: int) -> None:
    """Simulate people who click on a portal with two web processes, on PostgreSQL."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        database = stack.enter_context(postgres_server()).create_database("load")
        portal = stack.enter_context(serving(database, redis, orders=orders, processes=2))
        seen, over = Seen(), threading.Event()
        click.echo(f"{people} people sign in", err=True)
        crowd = [_signed_in(portal) for _ in range(people)]
        threads = [
            threading.Thread(target=_click_around, args=(person, pause, seen, over))
            for person in crowd
        ]
        for thread in threads:
            thread.start()
        memory = [portal.memory()]
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            over.wait(min(60.0, max(0.0, ends - time.monotonic())))
            memory.append(portal.memory())
            click.echo(
                f"{len(seen.seconds)} answers, {sum(seen.troubles.values())} troubles,"
                f" {memory[-1] / 1e6:.0f} MB",
                err=True,
            )
        over.set()
        for thread in threads:
            thread.join()
    click.echo(_report(seen, memory, people=people, minutes=minutes))
    raise SystemExit(1 if seen.troubles else 0)


def _signed_in(portal: Portal) -> Portal:
    person = Portal(portal.port, portal.master, portal.environ)
    person.sign_in()
    return person


def _click_around(person: Portal, pause: float, seen: Seen, over: threading.Event) -> None:
    """Return pages one may see, some of them twice, some as parts for htmx."""
    pages = [page for page in subjects(CONTRACT) if page.signed_in]
    etags: dict[tuple[str, str], str] = {}
    dice = random.Random()
    while not over.wait(dice.uniform(0, 2 * pause)):
        page = dice.choice(pages)
        path = page.path
        if path.endswith("/orders") and dice.random() < 0.4:
            path += "?" + urlencode({"q": dice.choice(SEARCHES), "page": dice.randint(1, 40)})
        try:
            key = (path, page.part)
            answer = person.get(path, part=page.part, etag=etags.get(key, ""))
        except OSError as problem:
            seen.trouble(type(problem).__name__)
            person.connection.close()
            continue
        etags[key] = answer.headers.get("ETag", "")
        seen.note(answer.status, answer.seconds)
        if answer.status not in {200, 304}:
            seen.trouble(f"{answer.status} {page.path}")


def _report(seen: Seen, memory: list[int], *, people: int, minutes: float) -> str:
    parts = statistics.quantiles(seen.seconds, n=100)
    met = ", ".join(f"{status}: {count}" for status, count in sorted(seen.statuses.items()))
    used = " → ".join(f"{size / 1e6:.0f}" for size in memory)
    troubles = ", ".join(f"{what}: {count}" for what, count in seen.troubles.items()) or "none"
    count = len(seen.seconds)
    return (
        f"{people} people, {minutes:g} minutes, {count} answers"
        f" ({count / minutes / 60:.0f} a second).\n"
        f"Answers by status: {met}. Troubles: {troubles}.\n"
        f"Seconds to the answer: median {parts[49]:.3f}, 95 %: {parts[94]:.3f},"
        f" 99 %: {parts[98]:.3f}.\n"
        f"Memory of the web processes, MB: {used}."
    )


if __name__ == "__main__":
    main()
