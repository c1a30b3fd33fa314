"""LIST-1: every list, sorted by every column, as its reader sees the column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Date, DateTime
from sqlalchemy.types import TypeDecorator

from selfcare.language.i18n import Reader, speaking
from selfcare.lists.activity import ActivityList
from selfcare.lists.audit import AuditList
from selfcare.lists.columns import Column
from selfcare.lists.contracts import ContractList
from selfcare.lists.invoices import InvoiceList, UsageLineList, UsageReportList
from selfcare.lists.orders import MyOrderList, OrderList
from selfcare.lists.query import ListOf, ListQuery
from selfcare.lists.subscriptions import MySubscriptionList, SubscriptionList
from selfcare.lists.users import ConsoleUserList, UserList
from selfcare.models import fold
from tests.lists.world import World, made

LISTS: dict[type[ListQuery], Callable[[World], ListOf[Any]]] = {
    OrderList: lambda world: OrderList.of_contract(world.contract.id),
    MyOrderList: lambda world: MyOrderList.of_account(world.account.id),
    SubscriptionList: lambda world: SubscriptionList.of_contract(world.contract.id),
    MySubscriptionList: lambda world: MySubscriptionList.of_account(world.account.id),
    ContractList: lambda world: ContractList.of_account(world.account, section=None),
    UserList: lambda world: UserList.of_contract(world.contract),
    ConsoleUserList: lambda world: ConsoleUserList.of_contract(world.contract),
    InvoiceList: lambda world: InvoiceList.of_contract(world.contract),
    UsageReportList: lambda world: UsageReportList.of_contract(world.contract),
    UsageLineList: lambda world: UsageLineList.of_report(world.report),
    ActivityList: lambda world: ActivityList.concerning(world.account),
    AuditList: lambda _: AuditList.of_all(),
}
IN_ENGLISH = {"name": "name_en"}

LIVES = {
    "en": (
        ["submitted", "in progress", "completed", "cancelled"],
        ["subscribed", "active", "ended"],
        ["being prepared", "ready", "failed"],
    ),
    "fr": (
        ["enregistrée", "en cours", "terminée", "annulée"],
        ["souscrit", "en cours", "terminé"],
        ["en préparation", "prêt", "en échec"],
    ),
}
"""Words that stand in the order of what they name, not of the alphabet."""

SHAPES: tuple[Callable[[str], Any], ...] = (
    lambda cell: datetime.strptime(cell, "%d/%m/%Y %H:%M"),  # noqa: DTZ007 (as it is read)
    lambda cell: datetime.strptime(cell, "%d/%m/%Y"),  # noqa: DTZ007
    lambda cell: datetime.strptime(cell, "%m/%Y"),  # noqa: DTZ007
    lambda cell: Decimal(cell.replace(",", ".")),
)


@pytest.fixture
def world(app, cast) -> Iterator[World]:
    """The rows of all lists, and a context to read them in."""
    world = made(app, cast)
    with app.app_context():
        yield world


def as_seen(cells: list[str], language: str) -> list[Any]:
    """What a reader makes of a column's cells: dates, numbers, stages of a life, or words."""
    filled = {cell for cell in cells if cell}
    for life in LIVES[language]:
        if filled <= set(life):
            return [life.index(cell) if cell else -1 for cell in cells]
    for shape in SHAPES:
        try:
            read = {cell: shape(cell) for cell in filled}
        except (ValueError, ArithmeticError):
            continue
        return [(cell != "", read.get(cell, "")) for cell in cells]
    return [fold(cell) for cell in cells]


def exported(wanted: ListOf[Any], column: Column, *, language: str, down: bool) -> list[Any]:
    """The column as an export has it, when the list is sorted by it."""
    reader = Reader(language, ZoneInfo("Europe/Paris"))
    with speaking(language):
        rows = wanted.asked(
            {"sort": ("-" if down else "") + column.key},
            path="/",
            reader=reader,
        )
        assert rows.sorted_by == (column.key, down)
        cells = [column.cell(row, reader) for row in rows.everything()]
    return as_seen(cells, language)


def is_sorted(values: list[Any], *, down: bool) -> bool:
    return all(b <= a if down else a <= b for a, b in pairwise(values))


def sortable(kind: type[ListQuery]) -> list[Column]:
    return [column for column in kind.columns if column.sort is not None]


def is_dated(column: Column) -> bool:
    return isinstance(getattr(column.sort, "type", None), (Date, DateTime, TypeDecorator))


def subclasses(kind: type[ListQuery]) -> Iterator[type[ListQuery]]:
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def test_list_1_every_list_is_sorted_here():
    ours = {kind for kind in subclasses(ListQuery) if kind.__module__.startswith("selfcare.")}
    assert {kind for kind in ours if hasattr(kind, "columns")} == LISTS.keys()


def test_list_1_the_newest_comes_first_where_rows_have_a_date():
    expected: dict[type[ListQuery], str] = {ContractList: "name", UsageLineList: "-amount"}
    for kind in LISTS:
        dated = [column.key for column in kind.columns if is_dated(column)]
        if dated:
            expected[kind] = f"-{dated[0]}"
    assert {kind: kind.default_sort for kind in LISTS} == expected


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_list_1_every_column_is_sorted_as_its_reader_sees_it(world, kind):
    wanted = LISTS[kind](world)
    for column, language, down in product(sortable(kind), ("en", "fr"), (False, True)):
        seen = exported(wanted, column, language=language, down=down)
        assert len(seen) >= 7
        assert is_sorted(seen, down=down), f"{column.key}, {language}, {down=}: {seen}"


def _another(kind: type[ListQuery], column: Column) -> str:
    """What a list is sorted by that is not sorted by this column."""
    by = [one.key for one in sortable(kind) if one is not column]
    return kind.default_sort if kind.default_sort.removeprefix("-") in by else by[0]


@pytest.mark.once
@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_list_1_these_rows_tell_a_wrong_order_from_the_right_one(world, kind):
    """Sorted by any other value of its rows, no column looks sorted."""
    wanted = LISTS[kind](world)
    for column, other in product(sortable(kind), wanted.chosen.statement.selected_columns):
        if other.name not in {column.shows or column.key, IN_ENGLISH.get(column.key)}:
            wrong = replace(column, sort=other, by_index=False)
            columns = tuple(wrong if one is column else one for one in kind.columns)
            changed = {
                "columns": columns,
                "default_sort": _another(kind, column),
                "has_pills": False,  # they are counted in the order that is wrong here
                "counting": ListQuery.__dict__["counting"],
            }
            mutant = replace(wanted, kind=type("Mutant", (kind,), changed))
            seen = exported(mutant, wrong, language="en", down=False)
            assert not is_sorted(seen, down=False), f"{column.key} by {other}: {seen}"
