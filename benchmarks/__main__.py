"""`make bench`: bytes, requests, statements and CPU of every page, and what sweeps take."""

from __future__ import annotations

import contextlib
import platform
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks import measure, sweeps
from benchmarks.portal import CONTRACT, Portal, serving
from demo.servers import ServerUnavailableError, postgres_server, redis_server

GROWTH = (1_000, 100_000, 1_000_000)


@click.command()
@click.option("--orders", default=100_000, help="Rows on the contract that is looked at.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both")
@click.option("--growth", is_flag=True, help="Also 1 000, 100 000 and 1 000 000 orders.")
@click.option("--write", type=click.Path(path_type=Path), help="Keep the tables in this file, too.")
def main(*, orders: int, database: str, growth: bool, write: Path | None) -> None:
    """Measure the portal on this machine; goals are those of the project's quality page."""
    lines = [
        "# Measured",
        "",
        f"{datetime.now(UTC):%d/%m/%Y}, {platform.machine()}, Python {platform.python_version()}.",
        "One gunicorn worker, French, brotli. CPU is the web process's; the ratio is to the bare",
        "route of the same process in the same run.",
        "",
    ]
    databases = ["sqlite", "postgresql"] if database == "both" else [database]
    for name in databases:
        try:
            lines += _pages(name, orders)
            lines += sweeps.table(name, GROWTH[-1] if growth else orders)
        except ServerUnavailableError as missing:
            lines += [f"**{name}: not measured, {missing}**", ""]
    if growth:
        lines += _growth(databases[-1])
    text = "\n".join(lines)
    click.echo(text)
    if write:
        write.write_text(text.rstrip() + "\n")


@contextlib.contextmanager
def _portal(database: str, orders: int) -> Iterator[Portal]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        if database == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{folder}/portal.sqlite3"
        else:
            url = stack.enter_context(postgres_server()).create_database("bench")
        click.echo(f"… {database}: {orders} orders", err=True)
        yield stack.enter_context(serving(url, redis, orders=orders))


def _pages(database: str, orders: int) -> list[str]:
    pages = measure.subjects(CONTRACT)
    with _portal(database, orders) as portal:
        statements = measure.count_statements(portal.environ, portal.cookie, pages)
        results = [measure.weigh(portal, page, statements) for page in pages]
        bare = measure.time_cpu(portal, results)
    lines = [
        f"## {database}, {orders} orders on the contract",
        "",
        f"Bare route: {bare:.2f} CPU ms.",
        "",
        "| page | HTML | on the wire | first visit | requests | again | SQL | CPU ms | × bare |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in results:
        whole = "–" if r.subject.part else f"{r.first_visit / 1000:.1f} kB"
        lines.append(
            f"| {r.subject.name} | {r.plain / 1000:.1f} kB | {r.wire / 1000:.1f} kB | {whole} |"
            f" {r.requests} | {r.unchanged} | {r.statements} | {r.cpu_ms:.2f} | {r.ratio:.1f} |"
        )
    return [*lines, ""]


def _growth(database: str) -> list[str]:
    """How much slower a page gets as the table grows."""
    lines = [
        f"## {database}, as the orders grow",
        "",
        "Median answer time in ms, as the person waits for it.",
        "",
        "| orders | orders page | search |",
        "|---:|---:|---:|",
    ]
    for orders in GROWTH:
        with _portal(database, orders) as portal:
            page, search = (
                _median_ms(portal, f"/contracts/{CONTRACT}/orders{query}")
                for query in ("", "?q=c2.large")
            )
        lines.append(f"| {orders} | {page:.1f} | {search:.1f} |")
    return [*lines, ""]


def _median_ms(portal: Portal, path: str) -> float:
    return statistics.median(portal.get(path).seconds for _ in range(60)) * 1000


if __name__ == "__main__":
    main()
