"""LIST-1, at size: an index holds every order that a long list offers, and finds its words.

The database is asked for its plan; it is told to sort and to read through only where it must.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import bindparam, text

from selfcare.database import db
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column
from selfcare.lists.growing import Growing, Keys
from selfcare.lists.orders import MyOrderList, OrderList
from selfcare.lists.query import ListOf, ListQuery
from selfcare.lists.subscriptions import MySubscriptionList, SubscriptionList
from selfcare.models import Order
from tests.lists.test_sorting import LISTS, sortable, world
from tests.lists.world import World
from tests.planning import forget_statistics

__all__ = ["world"]  # a fixture

GROWING: tuple[type[Growing], ...] = (
    OrderList,
    MyOrderList,
    SubscriptionList,
    MySubscriptionList,
)
READERS = [Reader(language, ZoneInfo("Europe/Paris")) for language in ("fr", "en")]
RELUCTANT = ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin")


def nodes(plan: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Every node of PostgreSQL's plan, with the kinds of those above it."""
    yield plan, above
    for below in plan.get("Plans", ()):
        yield from nodes(below, (*above, plan["Node Type"]))


def asks_of(kind: type[Growing], column: Column, reader: Reader, *, down: bool) -> Any:
    """The keys of a page, with what a request fills in."""
    most: Any = bindparam("most")
    keys = Keys(kind.tie_break, kind.branches, ())
    return keys.first(column.sorts_by(reader), down=down, limit=most).limit(most)


def indexed() -> list[Any]:
    return [
        pytest.param(kind, column, id=f"{kind.__name__}-{column.key}")
        for kind in GROWING
        for column in kind.columns
        if column.by_index
    ]


@pytest.mark.parametrize(("kind", "column"), indexed())
def test_fast_an_index_holds_the_order_of_a_page(world: World, kind, column):
    table = kind.tie_break.table.name
    values = {"contract": world.contract.id, "account": world.account.id, "most": 26}
    for reader in READERS:
        for down in (False, True):
            asked = asks_of(kind, column, reader, down=down)
            with db.engine.connect() as connection:
                if connection.dialect.name == "postgresql":
                    for setting in RELUCTANT:
                        connection.execute(text(f"SET LOCAL {setting} = off"))
                    forget_statistics(connection)
                    read_by_index(connection, asked, values, table)
                else:
                    searched_by_index(connection, asked, values, table, len(kind.branches))


def explained(connection: Any, asked: Any, values: dict[str, Any], how: str) -> Any:
    compiled = asked.compile(connection)
    filled = compiled.construct_params(values)
    names = compiled.positiontup
    parameters = tuple(filled[name] for name in names) if names else filled
    return connection.exec_driver_sql(f"{how} {compiled}", parameters)


def read_by_index(connection: Any, asked: Any, values: dict[str, Any], table: str) -> None:
    [plan] = explained(connection, asked, values, "EXPLAIN (FORMAT JSON)").scalar_one()
    scans = [(n, above) for n, above in nodes(plan["Plan"]) if n.get("Relation Name") == table]
    assert scans
    for scan, above in scans:
        assert scan["Node Type"] in {"Index Scan", "Index Only Scan"}, plan
        assert "contract_id" in scan["Index Cond"], plan
        nearest = next(kind for kind in reversed(above) if kind in {"Limit", "Sort"})
        assert nearest == "Limit", plan  # at most a page's rows of each contract are sorted


def searched_by_index(
    connection: Any, asked: Any, values: dict[str, Any], table: str, branches: int
) -> None:
    steps = [row[3] for row in explained(connection, asked, values, "EXPLAIN QUERY PLAN")]
    assert [step for step in steps if re.match(rf"SEARCH {table} .*\(contract_id=\?", step)], steps
    assert not [step for step in steps if step.startswith(f"SCAN {table}")], steps
    if branches == 1:
        assert not [step for step in steps if "TEMP B-TREE" in step], steps


def test_fast_a_search_looks_among_the_contract_s_rows_alone(world: World):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no index of words")
    listing = LISTS[OrderList](world).asked({"q": "echo"}, path="/", reader=READERS[0])
    values = {"contract": world.contract.id, "most": 26, "skipped": 0, "reach": 26}
    ours = {"id", "ref", "draft_key", "search_text"}
    columns = ", ".join(c.name for c in Order.__table__.columns if c.name not in ours)
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO orders (ref, search_text, {columns})"
            f" SELECT ref || '-' || n, md5(ref || n), {columns}"
            " FROM orders, generate_series(1, 3000) AS n"
        )
        connection.exec_driver_sql("ANALYZE orders")
        for other in ("indexscan", "seqscan"):  # few rows: else it reads on
            connection.exec_driver_sql(f"SET LOCAL enable_{other} = off")
        asked = listing._statements.page
        [plan] = explained(connection, asked, values, "EXPLAIN (FORMAT JSON)").scalar_one()
        connection.rollback()
    [found] = [
        n["Index Cond"]
        for n, _ in nodes(plan["Plan"])
        if n.get("Index Name") == "ix_orders_search_text"
    ]
    assert "contract_id" in found
    assert "%echo%" in found


def test_fast_a_search_is_planned_for_its_words(world: World):
    """A plan for any word would read a million rows for one that most of them hold."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no plans")
    for args in [{"q": "echo"}, {}] * 8:
        LISTS[OrderList](world).asked(args, path="/", reader=READERS[0])
    kept = db.session.connection().exec_driver_sql("SELECT statement FROM pg_prepared_statements")
    statements = kept.scalars().all()
    assert [one for one in statements if "FROM orders" in one]
    assert not [one for one in statements if "search_text" in one]


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_list_1_the_pages_in_a_row_are_the_whole_list(world: World, kind, monkeypatch):
    monkeypatch.setattr(kind, "page_size", 3)
    wanted = LISTS[kind](world)
    for column in sortable(kind):
        for sort in (column.key, f"-{column.key}"):
            rows = [row.id for page in pages(wanted, sort) for row in page.rows]
            whole = [row.id for row in page_of(wanted, sort, 1).everything()]
            assert rows == whole
            assert len(set(rows)) == len(rows) >= 7


def page_of(wanted: ListOf[Any], sort: str, number: int) -> ListQuery:
    args = {"sort": sort, "page": str(number)}
    listing: ListQuery = wanted.asked(args, path="/", reader=READERS[0])
    return listing


def pages(wanted: ListOf[Any], sort: str) -> Iterator[ListQuery]:
    page, number = page_of(wanted, sort, 1), 1
    yield page
    while page.has_next:
        number += 1
        page = page_of(wanted, sort, number)
        yield page
