"""`make bench`: bytes, statements and CPU of every page; how long jobs and starts take."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks import imports, mails, measure, report, sign_on, start, sweeps
from benchmarks.portal import CONTRACT, Portal, serving
from demo.servers import ServerUnavailableError, postgres_server, redis_server

COLUMNS = (
    *("page", "HTML", "on the wire", "first visit", "requests", "again"),
    *("SQL", "CPU ms", "× bare", "wait ms", "database ms"),
)
PARTS = ("pages", "sign-on", "sweeps", "import", "mails", "start", "growth")
GROWTH = ((1_000, 0), (1_000, 400_000), (100_000, 0), (1_000_000, 0))
"""Orders of the contract that is looked at, and of a thousand others."""


@click.command()
@click.option("--orders", default=100_000, help="Rows on the contract that is looked at.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both")
@click.option("--people", default=2000, help="Lines of the imported file.")
@click.option("--only", type=click.Choice(PARTS), help="Measure only this.")
@click.option("--growth", is_flag=True, help="Also 1 000 to 1 000 000 orders.")
@click.option(
    "--write",
    type=click.Path(path_type=Path),
    help="Put the tables into this file, too; what was not measured stays as it is there.",
)
def main(
    *,
    orders: int,
    people: int,
    database: str,
    only: str | None,
    growth: bool,
    write: Path | None,
) -> None:
    """Measure the portal on this machine; goals are those of the project's quality page."""
    sections: dict[str, list[str]] = {}
    databases = ["sqlite", "postgresql"] if database == "both" else [database]
    for name in databases:
        try:
            if only in {None, "pages"}:
                with _portal(name, orders) as portal:
                    sections[f"{name}, {orders} orders on the contract"] = _pages(portal)
            if only in {None, "sign-on"}:
                with _portal(name, 10) as portal:
                    sections[f"{name}, single sign-on"] = sign_on.table(portal)
            if only in {None, "sweeps"}:
                rows = GROWTH[-1][0] if growth else orders
                sections[f"{name}, sweeps at {rows} rows"] = sweeps.table(name, rows)
            if only in {None, "import"}:
                sections[f"{name}, import of {people} people"] = imports.table(name, people)
            if only in {None, "mails"}:
                sections[f"{name}, mails"] = mails.table(name)
        except ServerUnavailableError as missing:
            click.echo(f"{name}: not measured, {missing}", err=True)
    if only in {None, "start"}:
        sections["Start"] = start.table()
    if growth or only == "growth":
        sections[f"{databases[-1]}, as the orders grow"] = _growth(databases[-1])
    found = {heading: report.taken(lines) for heading, lines in sections.items()}
    click.echo(report.text(found))
    if write:
        report.write(found, write)


@contextlib.contextmanager
def _portal(database: str, orders: int, *, others: int = 0) -> Iterator[Portal]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        if database == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{folder}/portal.sqlite3"
        else:
            url = stack.enter_context(postgres_server()).create_database("bench")
        click.echo(f"… {database}: {orders} orders", err=True)
        yield stack.enter_context(serving(url, redis, orders=orders, others=others))


def _pages(portal: Portal) -> list[str]:
    pages = measure.subjects(CONTRACT)
    asked = measure.ask_database(portal.environ, portal.cookie, pages)
    results = [measure.weigh(portal, page, asked[page]) for page in pages]
    bare = measure.time_cpu(portal, results)
    lines = [
        f"Bare route: {bare:.2f} CPU ms. Wait: the median until a person has the whole answer; the",
        "database's part of it: how long the web process waits for its statements.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) - 1)}",
    ]
    for r in results:
        whole = "–" if r.subject.part else f"{r.first_visit / 1000:.1f} kB"
        lines.append(
            f"| {r.subject.name} | {r.plain / 1000:.1f} kB | {r.wire / 1000:.1f} kB | {whole} |"
            f" {r.requests} | {r.unchanged} | {r.statements} | {r.cpu_ms:.2f} | {r.ratio:.1f} |"
            f" {r.wait_ms:.1f} | {r.database_ms:.1f} |"
        )
    return lines


def _growth(database: str) -> list[str]:
    """Measure how much slower a page gets as its contract's orders grow, and those of others."""
    base = f"/contracts/{CONTRACT}"
    pages = {
        "home": "/",
        "orders": f"{base}/orders",
        "search": f"{base}/orders?q=c2.large",
        "rare word": f"{base}/orders?q=1703-007",
        "by status": f"{base}/orders?sort=status",
        "by price": f"{base}/orders?sort=price",
        "page 40": f"{base}/orders?page=40",
        "last page": f"{base}/orders?page=400",
        "subscriptions": f"{base}/subscriptions",
        "my orders": "/account/orders",
        "my last page": "/account/orders?page=400",
        "my subscriptions": "/account/subscriptions",
    }
    lines = [
        "Answer time in ms, as the person waits for it, the least of sixty: it tells least of what",
        "else the machine does. The last page is the last that pages lead to.",
        "",
        f"| orders of the contract | of others | {' | '.join(pages)} |",
        f"|---:|---:|{'---:|' * len(pages)}",
    ]
    for orders, others in GROWTH:
        with _portal(database, orders, others=others) as portal:
            waits = [_least_ms(portal, path) for path in pages.values()]
        shown = " | ".join(f"{wait:.1f}" for wait in waits)
        lines.append(f"| {orders} | {others} | {shown} |")
    return [*lines, ""]


def _least_ms(portal: Portal, path: str) -> float:
    return min(portal.get(path).seconds for _ in range(60)) * 1000


if __name__ == "__main__":
    main()
