"""What cron runs reads no table whole: each sweep's statements are explained by the database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from threading import get_ident
from typing import Any

import pytest
from sqlalchemy import event, insert, inspect, select, text, update

from selfcare.background import overview
from selfcare.background.jobs import Job
from selfcare.database import db
from selfcare.models import Base, ConsoleAccess, Contract, PreInvoice, UsageReport, WishState, now
from selfcare.services.retention.forgotten import FORGOTTEN
from selfcare.services.schedule import SCHEDULE
from tests.planning import forget_statistics

SMALL = {
    "oidc_keys": "a handful: they are rotated twice a year",
    "oidc_secrets": "two for each client",
    "oidc_clients": "as many as there are consoles",
}
"""Tables that may be read whole, and why."""

GROWING = {"mails", "console_accesses", "oidc_logouts"}
"""Of the other wishes there are as many as contracts, or as people who set an API password."""

FILLED = {UsageReport.__tablename__, PreInvoice.__tablename__}
"""Tables with enough rows to be planned for as they are: `reports_of_a_thousand_months`."""

Said = tuple[str, Any]


@contextmanager
def noted() -> Iterator[list[Said]]:
    """The statements that this thread sends meanwhile, with their values."""
    sent: list[Said] = []
    ours = get_ident()

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if get_ident() == ours:  # a server of another test may still answer
            sent.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("sweep", SCHEDULE, ids=lambda sweep: sweep.path)
def test_fast_no_sweep_reads_a_whole_table(app, stand_in_iam, cast, sweep: Job):
    cast.member("paul.dupont", console_roles=["guest"], console_state="queued")
    with app.app_context():
        db.session.execute(update(ConsoleAccess).values(due_at=now() - timedelta(hours=1)))
        reports_of_a_thousand_months()
        with noted() as sent:
            sweep.function()
        db.session.rollback()
        found = {f"{whole}: {one[0]}" for one in sent for whole in read_whole(*one) - SMALL.keys()}
    assert sent, "it asks the database something"
    assert found == set()


def test_fast_what_is_watched_reads_no_table_that_grows(app, cast):
    cast.member("paul.dupont", console_roles=["guest"], console_state="queued")
    with app.app_context():
        reports_of_a_thousand_months()
        with noted() as sent:
            counted = [*overview.counts()]
        db.session.rollback()
        found = {whole for one in sent for whole in read_whole(*one) if whole in GROWING}
    assert ("console_accesses", "queued", 1) in counted
    assert found == set()


def reports_of_a_thousand_months() -> None:
    """Enough for PostgreSQL to read a few of them by their month, not all."""
    contract = db.session.execute(select(Contract.id)).scalar_one()
    months = [date(1900 + number // 12, number % 12 + 1, 1) for number in range(1000)]
    same = {"contract_id": contract, "currency": "EUR", "total": 1, "digest": "x"}
    reports = [{**same, "month": month, "csv_key": "x", "csv_size": 1} for month in months]
    db.session.execute(insert(UsageReport), reports)
    ids = db.session.execute(select(UsageReport.id)).scalars()
    done = [{"report_id": key, "state": WishState.DONE, "due_at": None} for key in ids]
    db.session.execute(insert(PreInvoice), done)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        # What may happen at any time happens now.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def read_whole(statement: str, values: Any) -> set[str]:
    """The tables of which a statement reads all rows, or an index from end to end."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row.detail for row in plan]
            return {
                _table(step, statement)
                for step in steps
                if step.startswith("SCAN") and _reads(step)
            }
        for other in ("seqscan", "hashjoin", "mergejoin"):  # cheaper while the tables are empty
            connection.execute(text(f"SET LOCAL enable_{other} = off"))
        forget_statistics(connection, kept=FILLED)
        explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = explained.scalar_one()
        connection.rollback()
        return set(_whole(json.loads(plan) if isinstance(plan, str) else plan))


def _reads(step: str) -> bool:
    """Whether a SCAN of SQLite's plan is of a table, and not of a partial index or a result."""
    if "CONSTANT ROW" in step or step.startswith("SCAN ("):
        return False
    used = re.search(r"INDEX (\w+)", step)
    return not (used and used.group(1) in partial())


def _table(step: str, statement: str) -> str:
    """The table a step names; it may have another name in the statement."""
    name = step.split()[1]
    alias = re.search(rf"(\w+) AS {name}\b", statement)
    return alias.group(1) if alias else name


def _whole(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for part in plan:
            yield from _whole(part)
        return
    kind = plan.get("Node Type", "")
    if kind == "Seq Scan":
        yield plan["Relation Name"]
    elif kind in {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}:
        index = plan["Index Name"]
        if "Index Cond" not in plan and index not in partial():
            yield plan.get("Relation Name", index)
    for part in ("Plan", "Plans"):
        if part in plan:
            yield from _whole(plan[part])


def partial() -> set[str]:
    """The indexes that hold only rows that are to be looked at."""
    return {
        str(index.name)
        for table in Base.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }


def test_fast_what_is_forgotten_is_found_by_what_names_it(app):
    """A row that is deleted makes the database look for whoever names it: by an index, too."""
    forgotten = {line.model.__tablename__ for line in FORGOTTEN}
    with app.app_context():
        seen = inspect(db.engine)
        lacking = {
            f"{table.name}.{key.parent.name}"
            for table in Base.metadata.tables.values()
            for key in table.foreign_keys
            if key.column.table.name in forgotten and table.name not in SMALL
            if key.parent.name
            not in {index["column_names"][0] for index in seen.get_indexes(table.name)}
            | {seen.get_pk_constraint(table.name)["constrained_columns"][0]}
        }
    assert lacking == set()
