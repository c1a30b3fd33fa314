"""LIST-1: every list finds its rows by what its reader sees of them."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from selfcare.language.i18n import Reader, speaking
from selfcare.lists.activity import ActivityList
from selfcare.lists.audit import AuditList
from selfcare.lists.contracts import ContractList
from selfcare.lists.invoices import InvoiceList, UsageLineList, UsageReportList
from selfcare.lists.orders import MyOrderList, OrderList
from selfcare.lists.query import ListQuery
from selfcare.lists.subscriptions import MySubscriptionList, SubscriptionList
from selfcare.lists.users import ConsoleUserList, UserList
from tests.lists.test_sorting import LISTS
from tests.lists.world import World, made

ORDERS = ("date", "ref", "name", "by")
SUBSCRIPTIONS = ("date", "ref", "name", "start", "end")
USERS = ("login", "last", "first", "email", "created")
FOUND_BY: dict[type[ListQuery], tuple[str, ...]] = {
    OrderList: ORDERS,
    MyOrderList: ORDERS,
    SubscriptionList: SUBSCRIPTIONS,
    MySubscriptionList: SUBSCRIPTIONS,
    ContractList: ("name", "ref", "platform"),
    UserList: USERS,
    ConsoleUserList: USERS,
    InvoiceList: ("date", "number"),
    UsageReportList: ("month", "currency"),
    UsageLineList: ("service", "project", "label", "resource"),
    ActivityList: ("date", "what", "by", "contract", "from"),
    AuditList: ("date", "what", "by", "contract", "from"),
}
"""The columns whose cells are looked for, as people copy them from the list."""


@pytest.fixture
def world(app, cast) -> Iterator[World]:
    """The rows of all lists, and a context to read them in."""
    world = made(app, cast)
    with app.app_context():
        yield world


def test_list_1_every_list_is_searched_here():
    assert FOUND_BY.keys() == LISTS.keys()


def shown(world: World, kind: type[ListQuery], reader: Reader, q: str = "") -> list[dict[str, str]]:
    """The rows found, cell by cell."""
    rows = LISTS[kind](world).asked({"q": q}, path="/", reader=reader).everything()
    return [{column.key: column.cell(row, reader) for column in kind.columns} for row in rows]


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_list_1_a_row_is_found_by_each_cell_that_is_searched(world, kind):
    for language in ("en", "fr"):
        reader = Reader(language, ZoneInfo("Europe/Paris"))
        with speaking(language):
            everything = shown(world, kind, reader)
            assert len(everything) >= 7
            for key in FOUND_BY[kind]:
                cells = {row[key]: row for row in everything if row[key]}
                for cell, row in cells.items():
                    found = shown(world, kind, reader, cell)
                    assert row in found, f"{key}: {cell}"
                    assert len(found) < len(everything) or len(cells) == 1, f"{key}: {cell}"


def test_users_7_the_console_s_users_are_those_with_a_role_there(world):
    reader = Reader("en", ZoneInfo("Europe/Paris"))
    with speaking("en"):
        everybody = shown(world, UserList, reader)
        there = shown(world, ConsoleUserList, reader)
    assert sorted(row["login"] for row in everybody if row["roles"]) == sorted(
        row["login"] for row in there
    )
    assert any(row["login"] and not row["roles"] for row in everybody)
