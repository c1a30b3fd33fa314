"""LIST-1: lists filtered by a status; how many rows each has; the words that mean one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, text

from selfcare.database import db
from selfcare.language.i18n import speaking
from selfcare.lists.growing import Growing, Keys
from selfcare.lists.orders import MyOrderList, OrderList
from selfcare.lists.query import ListQuery
from selfcare.lists.statuses import grouped
from selfcare.lists.subscriptions import MySubscriptionList, SubscriptionList
from selfcare.lists.users import ConsoleUserList, UserList
from selfcare.models import SubscriptionTotal, now
from selfcare.rights import Profile
from tests.browsing import column
from tests.lists.test_plans import (
    GROWING,
    READERS,
    RELUCTANT,
    explained,
    nodes,
    read_by_index,
    searched_by_index,
)
from tests.lists.test_sorting import LISTS, world
from tests.lists.world import World
from tests.planning import forget_statistics

__all__ = ["world"]  # a fixture

WITH_PILLS: tuple[type[ListQuery], ...] = (
    OrderList,
    MyOrderList,
    SubscriptionList,
    MySubscriptionList,
    UserList,
    ConsoleUserList,
)
C = "/contracts/OCB0000124"


def asked(kind: type[ListQuery], world: World, **args: str) -> Any:
    return LISTS[kind](world).asked(args, path="/", reader=READERS[0])


@pytest.mark.parametrize("kind", WITH_PILLS, ids=lambda kind: kind.__name__)
def test_list_1_a_pill_counts_the_rows_it_leads_to(world: World, kind):
    whole = asked(kind, world)
    assert whole.counts[0] == len(list(whole.everything()))
    for (key, _), count in zip(kind.statuses.items(), whole.counts[1:], strict=True):
        assert asked(kind, world, status=key).total == count
        assert len(list(asked(kind, world, status=key).everything())) == count
    if kind is not UserList:  # where somebody who has not come has a console as well
        assert sum(whole.counts[1:]) == whole.counts[0]
    assert len([count for count in whole.counts[1:] if count]) > 1


@pytest.mark.parametrize(
    "kind",
    [OrderList, MyOrderList, SubscriptionList, MySubscriptionList],
    ids=lambda kind: kind.__name__,
)
def test_fast_an_index_holds_the_rows_of_a_status(world: World, kind: type[Growing]):
    values = {"contract": world.contract.id, "account": world.account.id, "most": 26}
    most: Any = bindparam("most")
    for status in kind.statuses.values():
        of_status = status.where(READERS[0].today())
        by = kind.column_of(status.sort).sorts_by(READERS[0])
        keys = Keys(kind.tie_break, kind.branches, [of_status]).first(by, down=True, limit=most)
        with db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                for setting in RELUCTANT:
                    connection.execute(text(f"SET LOCAL {setting} = off"))
                read_by_index(connection, keys.limit(most), values, kind.tie_break.table.name)
            else:
                table = kind.tie_break.table.name
                searched_by_index(connection, keys.limit(most), values, table, len(kind.branches))


@pytest.mark.parametrize("kind", GROWING, ids=lambda kind: kind.__name__)
def test_list_1_a_count_stops_where_all_contracts_together_pass_it(world: World, kind, monkeypatch):
    rows = len(list(asked(kind, world).everything()))
    for most in (1, rows - 1, rows, rows + 1):
        monkeypatch.setattr(kind, "counted_up_to", most)
        listing = asked(kind, world)
        assert (listing.total, listing.total_is_exact) == (min(rows, most), rows <= most)
        assert {type(count) for count in listing.counts} == {int}


@pytest.mark.parametrize("kind", GROWING, ids=lambda kind: kind.__name__)
def test_fast_counts_sort_nothing_and_read_no_other_contract_s_rows(world: World, kind):
    values = {"contract": world.contract.id, "account": world.account.id, "counted": 26}
    counts = kind.counting(kind.statement, READERS[0])
    tables = {kind.tie_break.table.name, SubscriptionTotal.__tablename__}
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            for setting in (*RELUCTANT, "enable_mergejoin", "enable_incremental_sort"):
                connection.execute(text(f"SET LOCAL {setting} = off"))
            forget_statistics(connection)
            counted_by_index(connection, counts, values, tables)
        else:
            steps = [row[3] for row in explained(connection, counts, values, "EXPLAIN QUERY PLAN")]
            read = [step for step in steps if step.split()[1] in tables]
            assert read
            assert [step for step in read if "(contract_id=?" not in step] == []
            assert [step for step in steps if "TEMP B-TREE" in step] == []


def counted_by_index(connection: Any, asked: Any, values: dict[str, Any], tables: set[str]) -> None:
    [plan] = explained(connection, asked, values, "EXPLAIN (FORMAT JSON)").scalar_one()
    steps = [step for step, _ in nodes(plan["Plan"])]
    read = [step for step in steps if step.get("Relation Name") in tables]
    assert read
    assert [step for step in read if "contract_id" not in step.get("Index Cond", "")] == []
    assert [step for step in steps if step["Node Type"] == "Sort"] == []


def test_list_1_a_long_list_of_a_status_is_sorted_as_its_index_is(world: World, monkeypatch):
    monkeypatch.setattr(SubscriptionList, "counted_up_to", 1)
    lengths = asked(SubscriptionList, world).counts[1:]
    for (key, status), length in zip(SubscriptionList.statuses.items(), lengths, strict=True):
        listing = asked(SubscriptionList, world, status=key)
        if length <= 1:
            assert listing.asked.sort == "-date"
        else:
            assert listing.asked.sort == status.sort
    assert max(lengths) > 1


@pytest.mark.parametrize(
    ("language", "q", "groups"),
    [
        ("fr", "en attente", [("en attente", "submitted")]),
        ("fr", "EN ATT", [("EN ATT", "submitted")]),
        ("fr", "en", [("en", "")]),
        ("fr", "migration en cours", [("migration", ""), ("en cours", "in_progress")]),
        ("fr", "terminé 2026", [("terminé", "completed"), ("2026", "")]),
        ("fr", "annulee", [("annulee", "cancelled")]),
        ("en", "in progress", [("in progress", "in_progress")]),
        ("en", "waiting", [("waiting", "submitted")]),
        ("en", "c2.large", [("c2.large", "")]),
    ],
)
def test_list_1_words_mean_a_status_in_the_reader_s_language(app, language, q, groups):
    with app.test_request_context(), speaking(language):
        codes = {status: key for key, status in OrderList.statuses.items()}
        found = [
            (" ".join(together), "".join(codes[status] for status in meant))
            for together, meant in grouped(q.split(), OrderList.statuses)
        ]
    assert found == groups


class TestPages:
    @pytest.fixture(autouse=True)
    def orders(self, cast, paul):
        for status, count in (("submitted", 2), ("in_progress", 1), ("completed", 30)):
            for _ in range(count):
                cast.order(status=status)

    def test_list_1_pills_filter_by_an_address_each(self, paul):
        page = paul.get(f"{C}/orders")
        assert page.texts("nav.pills a") == [
            "All 33",
            "Submitted 2",
            "In progress 1",
            "Completed 30",
            "Cancelled 0",
        ]
        assert page.texts("nav.pills [aria-current]") == ["All 33"]
        links = [str(link["href"]) for link in page.all("nav.pills a")]
        assert links[0] == f"{C}/orders"
        page = paul.get(links[1])
        assert links[1] == f"{C}/orders?status=submitted"
        assert column(page, "Status") == ["submitted", "submitted"]
        assert page.texts("nav.pills [aria-current]") == ["Submitted 2"]
        assert page.texts(".count") == ["2 orders found"]
        export = paul.get(str(page.one("a.export")["href"]))
        assert len(export.text.splitlines()) == 1 + 2

    def test_list_1_pages_sorts_and_searches_stay_in_the_status(self, paul):
        page = paul.get(f"{C}/orders?status=completed")
        for link in page.all("thead a, nav.pager a"):
            assert "status=completed" in str(link["href"])
        assert page.one("form.search [name=status]")["value"] == "completed"
        page = paul.get(f"{C}/orders?status=completed&q=reservation")
        assert page.texts("nav.pills a")[3] == "Completed", "nobody has counted what is searched"
        assert "q=reservation" in str(page.all("nav.pills a")[1]["href"])
        part = paul.get(f"{C}/orders?status=submitted", part="orders")
        assert part.one("#orders-status")["value"] == "submitted", "what the search keeps"

    def test_list_1_a_status_without_rows_offers_them_all(self, paul):
        page = paul.get(f"{C}/orders?status=cancelled")
        assert "Nothing has the status “cancelled”." in page.words
        assert page.one(".empty a")["href"] == f"{C}/orders"

    def test_list_1_what_is_no_status_is_ignored(self, paul):
        for status in ("x", "submitted'", "%00", "SUBMITTED"):
            assert len(column(paul.get(f"{C}/orders?status={status}"), "Ref.")) == 25

    def test_list_1_status_words_are_found(self, paul):
        found = paul.get(f"{C}/orders?q=waiting")
        assert column(found, "Status") == ["submitted"] * 2
        paul.post("/account/language", {"locale": "fr"})
        found = paul.get(f"{C}/orders?q=en attente")
        assert found.texts("td.state") == ["enregistrée"] * 2
        assert paul.get("/account/orders?q=en cours").texts("td.state") == ["en cours"]

    def test_account_2_my_orders_and_subscriptions_have_pills_over_all_contracts(
        self, cast, browse_as
    ):
        cast.member("sophie.dupont", services=Profile.MANAGER)
        cast.member("sophie.dupont", ref="OCB0000412", referent=True)
        cast.order(by="sophie.dupont", status="submitted")
        cast.order(ref="OCB0000412", status="submitted")
        mine, theirs = cast.subscription(by="sophie.dupont"), cast.subscription(ref="OCB0000412")
        sophie = browse_as("sophie.dupont")
        page = sophie.get("/account/orders")
        assert page.texts("nav.pills a")[:2] == ["All 4", "Submitted 2"]
        page = sophie.get(str(page.all("nav.pills a")[1]["href"]))
        assert column(page, "Contract") == ["OCB0000412", "OCB0000124"]
        page = sophie.get("/account/subscriptions")
        assert page.texts("nav.pills a") == ["All 2", "Subscribed 0", "Active 0", "Ended 2"]
        page = sophie.get(str(page.all("nav.pills a")[3]["href"]))
        assert sorted(column(page, "Ref.")) == sorted([mine, theirs])

    def test_fast_pills_take_the_statement_of_the_count(self, paul, statements):
        for path in ("orders", "orders?status=submitted", "orders?status=completed&page=2"):
            statements.clear()
            paul.get(f"{C}/{path}")
            assert len(statements) <= 3, statements
            statements.clear()
            paul.get(f"/account/{path}")
            assert len(statements) <= 3, statements


def test_subs_2_a_subscription_changes_its_pill_on_its_day(cast, paul):
    start = now().date() + timedelta(days=400)
    cast.subscription(starts_on=start, ends_on=start + timedelta(days=364))
    page = paul.get(f"{C}/subscriptions")
    assert page.texts("nav.pills a") == ["All 1", "Subscribed 1", "Active 0", "Ended 0"]


def test_users_1_people_are_filtered_by_their_console(cast, paul):
    cast.member("sophie.dupont", console_roles=["guest"])
    cast.member("martin.dupont")
    page = paul.get(f"{C}/users?status=none")
    assert "martin.dupont" in column(page, "Login")
    assert "sophie.dupont" not in column(page, "Login")
    assert column(paul.get(f"{C}/users?q=without console"), "Login") == column(page, "Login")


def test_users_1_who_never_set_a_password_has_not_come_yet(cast, paul):
    cast.member("marie.dupont")
    cast.member("sophie.dupont")
    page = paul.get(f"{C}/users")
    assert page.texts("nav.pills a")[-1] == "Not come yet 0"
    cast.account("sophie.dupont", password_hash=None)
    assert paul.get(f"{C}/users").texts("nav.pills a")[-1] == "Not come yet 1"
    for asked in ("status=invited", "q=not come yet"):
        assert column(paul.get(f"{C}/users?{asked}"), "Login") == ["sophie.dupont not come yet"]
    [row] = [link for link in page.all("td a") if link.text == "sophie.dupont"]
    assert "not come yet" in paul.get(str(row["href"])).texts("h1 .badge")
