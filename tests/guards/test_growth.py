"""fast: a page's statements do as much among many rows as among few.

Counted, not timed: SQLite tells its steps. How lists are read, `tests/lists` asks both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from selfcare.database import db
from selfcare.lists.growing import Growing
from selfcare.models import Base, SubscriptionTotal, now
from selfcare.services.orders import latest
from selfcare.services.todo import waiting
from tests.cast import account_of
from tests.lists.test_plans import RELUCTANT, nodes
from tests.planning import forget_statistics

HERE, ELSEWHERE = "OCB0000124", "OCB0000777"
PAGES = (
    "/",
    f"/contracts/{HERE}/",
    f"/contracts/{HERE}/dashboard",
    f"/contracts/{HERE}/orders",
    f"/contracts/{HERE}/orders?sort=price",
    f"/contracts/{HERE}/subscriptions",
    "/account/orders",
    "/account/orders?status=in_progress",
    "/account/subscriptions",
    "/account/contracts",
)
FEW, TIMES = 240, 10
BETWEEN = 10
"""Steps between two looks."""

MORE_ORDERS = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :times)
INSERT INTO orders (ref, {columns}) SELECT ref || '-' || n, {columns} FROM orders, numbers
"""
MORE_SUBSCRIPTIONS = """
INSERT INTO subscriptions (order_id, ref, {columns})
SELECT made.id, made.ref, {columns}
FROM (SELECT id, ref FROM orders) AS made
JOIN (SELECT ref AS first_ref, {columns} FROM subscriptions) ON made.ref LIKE first_ref || '-%'
"""


def more() -> None:
    """Each order and each subscription some times."""
    for statement, table in ((MORE_ORDERS, "orders"), (MORE_SUBSCRIPTIONS, "subscriptions")):
        names = {column.name for column in Base.metadata.tables[table].columns}
        columns = ", ".join(sorted(names - {"id", "ref", "order_id"}))
        db.session.execute(text(statement.format(columns=columns)), {"times": TIMES - 1})


def counted_anew() -> None:
    """As after an upgrade: SQLite plans by what it has counted, on new connections."""
    SubscriptionTotal.work_out_all(db.session.connection())
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    db.dispose()


@pytest.fixture
def steps(app: Flask) -> Iterator[Callable[[Callable[[], object]], int]]:
    """The steps that SQLite takes while something is asked."""
    count = 0

    def step() -> int:
        nonlocal count
        count += BETWEEN
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.connection.driver_connection.set_progress_handler(step, BETWEEN)

    def taken(ask: Callable[[], object]) -> int:
        nonlocal count
        count = 0
        ask()
        return count

    engine = app.extensions["read_engine"]
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL tells no steps")
    event.listen(engine, "before_cursor_execute", watch)
    yield taken
    event.remove(engine, "before_cursor_execute", watch)
    with app.app_context():
        db.session.execute(text("DELETE FROM sqlite_stat1"))
        db.session.commit()
        db.dispose()


@pytest.mark.once
def test_fast_a_page_takes_as_many_steps_among_ten_times_the_rows(
    app, cast, browse_as, steps, monkeypatch
):
    monkeypatch.setattr(Growing, "counted_up_to", 20)  # there are more of each status among few
    cast.member("paul.dupont", referent=True)
    cast.member("paul.dupont", ref=ELSEWHERE, referent=True)
    cast.orders(FEW)
    with app.app_context():
        there = "(SELECT id FROM contracts WHERE ref = :ref)"
        some = text(f"UPDATE orders SET contract_id = {there} WHERE id % 3 = 0")
        db.session.execute(some, {"ref": ELSEWHERE})
        db.session.commit()
    cast.subscriptions_of_orders()
    paul = browse_as("paul.dupont")

    def count() -> dict[str, int]:
        return {path: steps(lambda path=path: paul.get(path)) for path in PAGES}

    with app.app_context():
        soon = "UPDATE subscriptions SET ends_on = date('now', '+30 days') WHERE id % 2 = 0"
        db.session.execute(text(soon))
        counted_anew()
    among_few = count()
    with app.app_context():
        more()
        counted_anew()
    among_many = count()
    grown = {path: (among_few[path], among_many[path]) for path in PAGES}
    assert min(among_few.values()) > 100, grown
    assert [path for path, (few, many) in grown.items() if many > 1.3 * few] == [], grown


def latest_orders(account_id: int) -> None:
    latest.latest_of(account_id)


def what_waits(account_id: int) -> None:
    waiting.of(account_id, today=now().date(), contract_id=None, every=False)


@pytest.mark.parametrize(
    ("ask", "tables"), [(latest_orders, {"orders"}), (what_waits, {"orders", "subscriptions"})]
)
def test_fast_the_home_page_reads_the_first_rows_of_each_contract_alone(app, cast, ask, tables):
    """Those of all contracts, sorted to see the first of them, were a million rows."""
    cast.member("paul.dupont", referent=True)
    asked: list[tuple[str, Any]] = []
    with app.app_context():
        account = account_of("paul.dupont").id
        event.listen(
            db.engine, "before_cursor_execute", note := lambda *given: asked.append(given[2:4])
        )
        ask(account)
        event.remove(db.engine, "before_cursor_execute", note)
        [(statement, values)] = asked
        db.session.rollback()
        with db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                read = read_below_a_limit(connection, statement, values)
            else:
                read = read_row_by_row(connection, statement, values)
    assert tables <= read, read


def read_below_a_limit(connection: Connection, statement: str, values: Any) -> set[str]:
    """The tables of which a contract's rows are read in an index's order, as far as needed."""
    for setting in (*RELUCTANT, "enable_mergejoin", "enable_incremental_sort"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    forget_statistics(connection)
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    [plan] = explained.scalar_one()
    return {
        step["Relation Name"]
        for step, above in nodes(plan["Plan"])
        if "contract_id" in step.get("Index Cond", "") and above[-1] == "Limit"
    }


def read_row_by_row(connection: Connection, statement: str, values: Any) -> set[str]:
    """The tables whose first rows are looked up for each contract."""
    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    lists = {step.id for step in steps if step.detail.startswith("CORRELATED LIST")}
    return {step.detail.split()[1] for step in steps if step.parent in lists}
