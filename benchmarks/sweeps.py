"""`python -m benchmarks.sweeps`: how long each sweep, and `/metrics`, takes at a million rows.

The tables that sweeps look through get that many rows that are done with, each of another time.
"""

from __future__ import annotations

import contextlib
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import Table, text

from demo.servers import postgres_server, redis_server
from selfcare import config, create_app
from selfcare.database import db
from selfcare.models import Base
from selfcare.services.schedule import SCHEDULE
from selfcare.web.metrics import Present

MOST_MS = 20
"""The goal, for each."""

DONE: dict[str, dict[str, str]] = {
    "orders": {
        "status": "'completed'",
        "fulfilment": "'automatic'",
        "price_kind": "'monthly'",
    },
    "mails": {"state": "'done'", "due_at": "NULL"},
    "console_accesses": {
        "state": "'done'",
        "due_at": "NULL",
        "account_id": "1 + n % 1000",
        "contract_id": "1 + n / 1000",
        "iam_username": "'somebody'",
        "iam_email": "'somebody@example.com'",
    },
    "sign_ins": {},
    "oidc_grants": {},
    "audit_entries": {},
}
"""Tables, and what makes a row of each one that nothing is to be done with."""


@click.command()
@click.option("--rows", default=1_000_000, help="In each table that sweeps look through.")
@click.option("--database", type=click.Choice(["sqlite", "postgresql", "both"]), default="both")
def main(*, rows: int, database: str) -> None:
    """Measure every sweep."""
    for name in ["sqlite", "postgresql"] if database == "both" else [database]:
        click.echo("\n".join([f"## {name}, sweeps at {rows} rows", "", *table(name, rows), ""]))


def table(database: str, rows: int) -> list[str]:
    """The measurements as lines of a document."""
    lines = [
        f"Median of 9 runs in ms, database and worker; the goal is {MOST_MS} each.",
        "",
        "| asked | ms |",
        "|---|---:|",
    ]
    with _filled(database, rows) as app:
        asked: dict[str, Callable[[], object]] = {
            sweep.function.__name__: sweep.function for sweep in SCHEDULE
        }
        asked["`/metrics`"] = lambda: list(Present().collect())
        for name, ask in asked.items():
            taken = statistics.median(_seconds(app, ask) for _ in range(9)) * 1000
            lines.append(f"| {name} | {taken:.1f} |")
    return lines


def _seconds(app: Flask, ask: Callable[[], object]) -> float:
    with app.app_context():
        db.session.connection()
        began = time.perf_counter()
        ask()
        taken = time.perf_counter() - began
        db.session.rollback()
        return taken


@contextlib.contextmanager
def _filled(database: str, rows: int) -> Iterator[Flask]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        redis = stack.enter_context(redis_server())
        url = f"sqlite:///{folder}/portal.sqlite3"
        if database == "postgresql":
            url = stack.enter_context(postgres_server()).create_database("sweeps")
        app = create_app(
            config.load(
                {},
                secret_key=secrets.token_hex(32),
                database_url=url,
                redis_url=redis,
                assets_dir=Path(folder),
                documents_url=f"file://{folder}",
                iam_url="http://127.0.0.1:9/v3",  # sweeps ask nothing there
                iam_username="nobody",
                iam_password="nobody",  # noqa: S106 (nobody has it)
                log_level="ERROR",
            )
        )
        with app.app_context():
            Base.metadata.create_all(db.engine)
            _fill(rows)
            yield app
            db.dispose()


def _fill(rows: int) -> None:
    sqlite = db.engine.dialect.name == "sqlite"
    unchecked = "PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica"
    with db.engine.connect() as connection:
        connection.execute(text(unchecked))  # whose rows they are is of no interest here
        connection.commit()
        for name, values in DONE.items():
            click.echo(f"… {rows} {name}", err=True)
            connection.execute(text(_insert(Base.metadata.tables[name], rows, values)))
        connection.execute(text("ANALYZE"))
        connection.commit()
        connection.invalidate()


def _insert(found: Table, rows: int, values: dict[str, str]) -> str:
    """One statement that invents so many rows: the n-th of the last n minutes."""
    sqlite = db.engine.dialect.name == "sqlite"
    past = (
        "datetime('now', '-' || n || ' seconds')" if sqlite else "now() - n * interval '1 second'"
    )
    kinds = {"DATETIME": past, "DATE": "CURRENT_DATE", "BOOLEAN": "false", "JSON": "'{}'"}
    given: dict[str, str] = {}
    for column in found.columns:
        kind = str(column.type).split("(")[0]
        length = getattr(column.type, "length", None) or 20
        word = f"substr(n || '-{column.name}', 1, {length})"
        usual = kinds.get(kind, word if kind == "VARCHAR" else "1")
        if column.primary_key and kind == "INTEGER":
            usual = "n + 1"
        if not column.nullable or kind == "DATETIME":
            given[column.name] = usual
    given |= values
    series = (
        f"WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {rows - 1})"  # noqa: S608 (numbers, and names of our tables)
        if sqlite
        else f"WITH s(n) AS (SELECT generate_series(0, {rows - 1}))"
    )
    names, sources = ", ".join(f'"{name}"' for name in given), ", ".join(given.values())
    return f'INSERT INTO "{found.name}" ({names}) {series} SELECT {sources} FROM s'  # noqa: S608 (as above)


if __name__ == "__main__":
    main()
