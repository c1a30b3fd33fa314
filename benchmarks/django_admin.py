"""`make bench-django`: our list of orders beside Django's admin list of the same rows.

Both on one database, each with one gunicorn worker of four threads, asked in turns by as many
browsers. Each writes a line for each request. Django's answers are not compressed, ours are.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks import report
from benchmarks.portal import CONTRACT, Answer, Portal, serving
from demo.children import end, start
from demo.ports import HOST, free_port
from demo.servers import postgres_server, redis_server

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(__file__).parent / "django_site"
VENV = ROOT / "var" / "bench" / "django"
PACKAGES = ("django~=5.2.0", "psycopg[binary]~=3.3", "dj-database-url", "gunicorn[fast]~=26.2")
BROWSERS, ROUNDS, SECONDS = 4, 5, 4.0


class Met(NamedTuple):
    """What browsers met: answers a second, the 95th percentile of their times, CPU an answer."""

    rate: float
    late_ms: float
    cpu_ms: float


@click.command()
@click.option("--orders", default=100_000, help="Rows on the contract that is looked at.")
@click.option("--rows", default=50, help="Rows on a page.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="postgresql")
@click.option("--write", type=click.Path(path_type=Path), help="Put the table into this file, too.")
def main(*, orders: int, rows: int, database: str, write: Path | None) -> None:
    """Compare requests per second and response times, ours and Django's, in one run."""
    os.environ["BENCH_ROWS"] = str(rows)
    _install()
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        if database == "sqlite":
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/portal.sqlite3"
        else:
            url = stack.enter_context(postgres_server()).create_database("bench")
        ours = stack.enter_context(serving(url, redis, orders=orders))
        django = stack.enter_context(_django(url))
        sites = {
            "the portal": (ours, f"/contracts/{CONTRACT}/orders"),
            "Django's admin": (django, "/admin/auth/order/"),
        }
        met: dict[str, list[Met]] = {name: [] for name in sites}
        for _ in range(ROUNDS):
            for name, (site, path) in sites.items():
                met[name].append(_asked(site, path))
    found = {
        f"{database}, beside Django's admin": report.taken([
            f"{rows} of {orders} orders on a page, {BROWSERS} browsers, four threads each site.",
            "",
            "| list of orders | answers a second | 95 of 100 within ms | CPU ms |",
            "|---|---:|---:|---:|",
            *_lines(*(_median(rounds) for rounds in met.values())),
        ])
    }  # fmt: skip
    click.echo(report.text(found))
    if write:
        report.write(found, write)


def _median(rounds: Sequence[Met]) -> Met:
    return Met(*(statistics.median(values) for values in zip(*rounds, strict=True)))


def _lines(ours: Met, django: Met) -> list[str]:
    """Both, and ours in Django's."""
    times = Met(*(a / b for a, b in zip(ours, django, strict=True)))
    return [
        *(f"| {name} | {met.rate:.1f} | {met.late_ms:.1f} | {met.cpu_ms:.2f} |"
          for name, met in (("the portal", ours), ("Django's admin", django))),
        f"| times | {times.rate:.1f} | {times.late_ms:.2f} | {times.cpu_ms:.2f} |",
    ]  # fmt: skip


def _asked(site: Portal, path: str) -> Met:
    """What one round met."""
    began = site.cpu_seconds()
    seconds: list[float] = []
    over = time.monotonic() + SECONDS

    def browse() -> None:
        browser = Portal(site.port, site.master, site.environ, site.cookie)
        while time.monotonic() < over:
            answer = browser.get(path)
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            seconds.append(answer.seconds)

    threads = [threading.Thread(target=browse) for _ in range(BROWSERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Met(
        rate=len(seconds) / SECONDS,
        late_ms=statistics.quantiles(seconds, n=20)[-1] * 1000,
        cpu_ms=(site.cpu_seconds() - began) / len(seconds) * 1000,
    )


def _install() -> None:
    stamp = VENV / "-".join(("installed", *PACKAGES))
    if stamp.exists():
        return
    click.echo(f"… Django, into {VENV}", err=True)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([VENV / "bin" / "python", *pip, *PACKAGES], check=True)
    stamp.touch()


@contextlib.contextmanager
def _django(database_url: str) -> Iterator[Portal]:
    environ = {**os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "of a benchmark" * 4}
    python = VENV / "bin" / "python"
    made = subprocess.run(
        [python, "prepare.py"], cwd=SITE, env=environ, capture_output=True, text=True, check=True
    )
    port = free_port()
    master = start(
        [
            *(python, "-m", "gunicorn", "peer:application", "--no-control-socket"),
            *("--bind", f"{HOST}:{port}", "--worker-class", "gthread", "--threads", "4"),
            *("--keep-alive", "60", "--access-logfile", "-"),
        ],
        when_orphaned=signal.SIGTERM,
        environment=environ,
        output=subprocess.DEVNULL,
        folder=SITE,
    )
    try:
        site = Portal(port, master, environ, made.stdout.strip())
        _await(site)
        yield site
    finally:
        end(master, signal.SIGTERM, within=10)


def _await(site: Portal) -> Answer:
    for _ in range(100):
        try:
            return site.get("/admin/")
        except OSError:
            site.connection.close()
            time.sleep(0.1)
    raise RuntimeError("Django did not start")


if __name__ == "__main__":
    main()
