"""Grown rows: as many as asked for, and such as the models themselves would have written."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload, undefer

from demo.cli import demo
from demo.grow import Growth, GrowthRefusedError, grow
from demo.invented import siren_of, stored
from demo.seed import seed
from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    Customer,
    Membership,
    Order,
    OrderCounter,
    OrderStatus,
    Subscription,
    SubscriptionTotal,
    now,
)
from selfcare.rights import REFERENT_CONSOLE_ROLES, profiles_of_referent
from selfcare.services.months import reservation_period
from selfcare.services.orders import references
from tests.demo.conftest import PARIS


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield app


def count(model: type) -> int:
    counted = db.session.execute(select(func.count()).select_from(model)).scalar_one()
    db.session.rollback()  # so that what is to grow need not wait for this reading
    return counted


def all_of(model, *options):
    return db.session.execute(select(model).options(*options)).scalars().all()


def check_references():
    numbers = defaultdict(list)
    for order in db.session.execute(select(Order).order_by(Order.id)).scalars():
        code, month, number = order.ref.rsplit("-", 2)
        assert f"{order.placed_at.astimezone(PARIS):%y%m}" == month
        numbers[code, month].append(int(number))
    for given in numbers.values():
        assert sorted(given) == list(range(1, len(given) + 1))
    counters = db.session.execute(
        select(Customer.code, OrderCounter.month, OrderCounter.last).join(Customer)
    )
    assert {(code, month): last for code, month, last in counters} == {
        month: len(given) for month, given in numbers.items()
    }


SCHEMA = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " UNION SELECT conrelid::regclass || conname, pg_get_constraintdef(oid) FROM pg_constraint",
}


def schema() -> set[tuple]:
    """Every index and constraint with its definition."""
    statement = text(SCHEMA[db.engine.dialect.name])
    found = {tuple(row) for row in db.session.execute(statement)}
    db.session.rollback()
    return found


class TestNewContracts:
    GROWTH = Growth(contracts=7, people=20, orders=300, subscriptions=170)

    @pytest.fixture(autouse=True)
    def grown(self, in_app):
        self.before = schema()
        self.told: list[int] = []
        grow(self.GROWTH, progress=self.told.append)

    def test_as_many_as_asked_for(self):
        assert [count(m) for m in (Contract, Account, Order, Subscription)] == [7, 20, 300, 170]
        assert sum(self.told) == self.GROWTH.rows

    def test_nothing_hangs_loose(self):
        if db.engine.dialect.name == "sqlite":
            assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
            assert db.session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert schema() == self.before

    def test_each_contract_has_one_referent_with_their_rights(self):
        referents = db.session.execute(select(Membership).where(Membership.is_referent)).scalars()
        members = {referent.contract_id: referent for referent in referents}
        assert len(members) == 7
        for referent in members.values():
            assert referent.profiles == profiles_of_referent()
            roles = db.session.execute(
                select(ConsoleAccess.wanted_groups).filter_by(
                    account_id=referent.account_id, contract_id=referent.contract_id
                )
            ).scalar_one()
            assert roles == list(REFERENT_CONSOLE_ROLES)

    def test_orders_2_references(self):
        check_references()

    def test_search_text_is_what_the_models_write(self):
        everything = (
            *all_of(Account, undefer(Account.search_text)),
            *all_of(Contract, undefer(Contract.search_text)),
            *all_of(Order, undefer(Order.search_text), joinedload(Order.placed_by)),
            *all_of(Subscription, undefer(Subscription.search_text)),
        )
        for row in everything:
            assert row.search_text == row.joined(row.search_terms())

    def test_orders_are_found(self):
        found = db.session.execute(
            select(func.count()).where(Order.search_text.icontains("gabarit", autoescape=True))
        ).scalar_one()
        assert found >= 170

    def test_subs_2_subscriptions_come_of_completed_reservations(self):
        for row in all_of(Subscription, joinedload(Subscription.order)):
            order = row.order
            assert order.status == OrderStatus.COMPLETED
            assert (row.ref, row.contract_id, row.subscribed_by_id) == (
                order.ref, order.contract_id, order.placed_by_id,
            )  # fmt: skip
            day = order.placed_at.astimezone(PARIS).date()
            assert (row.starts_on, row.ends_on) == reservation_period(day, row.months)
            assert order.price == row.price
        reserved = [o for o in all_of(Order) if "templateName" in o.parameters]
        completed = [o for o in reserved if o.status == OrderStatus.COMPLETED]
        assert len(completed) == 170

    def test_invoices_1_totals_count_every_subscription(self):
        totals = all_of(SubscriptionTotal)
        assert sum(total.count for total in totals) == 170
        prices = [one.price for one in all_of(Subscription)]
        assert sum(total.price for total in totals) == sum(prices)

    def test_whoever_orders_is_a_member_and_did_it_in_the_past(self):
        members = {(m.account_id, m.contract_id) for m in all_of(Membership)}
        for order in all_of(Order):
            assert (order.placed_by_id, order.contract_id) in members
            assert now() - timedelta(days=5 * 366) < order.placed_at <= now()

    def test_a_second_growth_adds_to_the_first(self):
        grow(self.GROWTH)
        assert [count(m) for m in (Contract, Account, Order, Subscription)] == [14, 40, 600, 340]
        check_references()

    def test_rows_made_afterwards_get_ids_of_their_own(self):
        customer = Customer(code="AFTER0001", name="After")
        db.session.add(customer)
        db.session.commit()
        assert references.next_reference(customer, date(2026, 11, 1)) == "AFTER0001-2611-001"
        db.session.rollback()


class TestOneContract:
    def test_orders_go_on_where_the_customer_was(self, in_app):
        seed()
        db.session.commit()
        [orders, people] = [count(Order), count(Account)]
        grow(Growth(contract="OCB0000124", orders=400, subscriptions=200, people=5))
        assert [count(Order), count(Account)] == [orders + 400, people + 5]
        check_references()
        on_it = db.session.execute(
            select(func.count())
            .select_from(Order)
            .join(Contract, Contract.id == Order.contract_id)
            .where(Contract.ref == "OCB0000124", Order.name_en.icontains("flavor"))
        ).scalar_one()
        assert on_it > 200

    def test_it_may_get_no_orders(self, in_app):
        seed()
        db.session.commit()
        grow(Growth(contract="OCB0000412", people=3))
        check_references()


@pytest.mark.parametrize(
    ("growth", "why"),
    [
        (Growth(contracts=1, people=1, orders=1, subscriptions=2), "more orders"),
        (Growth(contracts=1, people=1, contract="OCB0000124"), "not both"),
        (Growth(orders=1), "New contracts"),
        (Growth(contracts=1), "referent"),
        (Growth(contract="OCB9999999", orders=1), "no contract OCB9999999"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_what_cannot_be(in_app, growth, why):
    with pytest.raises(GrowthRefusedError, match=why):
        grow(growth)
    assert count(Customer) == count(Account) == 0


@pytest.mark.parametrize("people", [1, 2, 9])
def test_any_number_of_people_will_do(in_app, people):
    grow(Growth(contracts=5, people=people, orders=10))
    assert [count(Contract), count(Account), count(Order)] == [5, people, 10]


def test_the_command_says_how_fast_it_was(app):
    run = app.test_cli_runner().invoke(demo, ["grow", "--contracts", "2", "--orders", "20"])
    assert (run.exit_code, run.exception) == (0, None)
    assert "28 rows in" in run.output


def test_the_command_says_what_is_wrong(app):
    run = app.test_cli_runner().invoke(demo, ["grow", "--contract", "OCB9", "--orders", "20"])
    assert run.exit_code == 1
    assert "There is no contract OCB9" in run.output


@pytest.mark.once
def test_times_are_stored_as_the_models_store_them():
    assert stored(datetime(2017, 10, 9, 11, 31, tzinfo=PARIS)) == "2017-10-09 09:31:00.000000"
    assert stored(datetime(2017, 10, 9, 9, 31, tzinfo=UTC)) == "2017-10-09 09:31:00.000000"


@pytest.mark.once
def test_invented_companies_have_a_valid_number():
    assert siren_of(73282932) == "732829320"
