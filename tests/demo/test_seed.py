"""The sample data: people and their profiles, today's life, references, nothing twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from demo.cli import demo
from demo.run import PASSWORD, SIGN_INS
from demo.seed import seed
from selfcare.database import db
from selfcare.models import (
    Account,
    Base,
    ConsoleAccess,
    Contract,
    Customer,
    Membership,
    Order,
    OrderCounter,
    OrderStatus,
    PriceKind,
    Subscription,
    SubscriptionStatus,
    subscription_status,
)
from selfcare.rights import OFFERS, Profile, Section, profiles_of_referent
from selfcare.services.accounts import passwords, people
from selfcare.services.orders import references
from selfcare.services.todo import waiting
from selfcare.services.todo.items import Kind
from tests.browsing import Browser
from tests.demo.conftest import PARIS, TODAY, contract


def person(login: str) -> Account:
    return db.session.execute(select(Account).where(Account.login == login)).scalar_one()


def content() -> dict[str, list[tuple]]:
    return {
        table.name: [
            tuple(row)
            for row in db.session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.usefixtures("seeded")
class TestPeople:
    def test_everybody_signs_in_with_the_password_of_the_demo(self):
        for login, _ in SIGN_INS:
            assert passwords.matches(people.find(login), PASSWORD)

    def test_profiles(self):
        rows = db.session.execute(
            select(Account.login, Membership)
            .join(Membership).join(Contract).where(Contract.ref == "OCB0000124")
        ).all()  # fmt: skip
        members = {row.login: row.Membership for row in rows}
        assert [login for login, m in members.items() if m.is_referent] == ["paul.dupont"]
        assert members["paul.dupont"].profiles == profiles_of_referent()
        assert set(members["sophie.dupont"].profiles.values()) == {Profile.VISITOR}
        for section, profile in members["jacques.dupont"].profiles.items():
            highest = OFFERS[section].profiles[-1]
            assert profile is highest
        given = {login: self.more_than_none(members[login]) for login in members}
        assert given["martin.dupont"] == {Section.CONTRACT: Profile.VISITOR}
        assert given["pierre.dupont"] == {
            Section.CONTRACT: Profile.VISITOR,
            Section.DASHBOARD: Profile.VISITOR,
            Section.USERS: Profile.CONSOLE_MANAGER,
        }

    @staticmethod
    def more_than_none(membership: Membership) -> dict[Section, Profile]:
        return {s: p for s, p in membership.profiles.items() if p is not Profile.NONE}

    def test_console_roles(self):
        rows = db.session.execute(
            select(Account.login, Contract.ref, ConsoleAccess.wanted_groups)
            .join(Account, Account.id == ConsoleAccess.account_id)
            .join(Contract, Contract.id == ConsoleAccess.contract_id)
        )
        assert {(login, ref): groups for login, ref, groups in rows} == {
            ("paul.dupont", "OCB0000124"): ["admin"],
            ("pierre.dupont", "OCB0000124"): ["power_user"],
            ("jacques.dupont", "OCB0000124"): ["guest"],
            ("autre.client", "OCB0000777"): ["admin"],
        }


@pytest.mark.usefixtures("seeded")
class TestTodo:
    def test_dash_2_there_is_something_of_each_kind_to_do(self):
        kinds = {
            (login, item.kind)
            for login in ("paul.dupont", "jacques.dupont")
            for item in waiting.of(
                person(login).id, today=TODAY.date(), contract_id=None, every=True
            ).shown
        }
        invoices = {("paul.dupont", Kind.INVOICE)}  # they come with the papers
        assert kinds | invoices >= {("paul.dupont", kind) for kind in Kind} - {
            ("paul.dupont", Kind.CONSOLE)
        } | {("jacques.dupont", Kind.CONSOLE)}


class TestReferences:
    @pytest.mark.usefixtures("seeded")
    def test_orders_2_no_gap_no_double_and_in_the_order_of_time(self):
        numbers = defaultdict(list)
        for order in db.session.execute(select(Order).order_by(Order.placed_at)).scalars():
            code, month, number = order.ref.rsplit("-", 2)
            assert f"{order.placed_at.astimezone(PARIS):%y%m}" == month
            numbers[code, month].append(int(number))
        for given in numbers.values():
            assert given == list(range(1, len(given) + 1))
        counters = db.session.execute(
            select(Customer.code, OrderCounter.month, OrderCounter.last).join(Customer)
        )
        assert {(code, month): last for code, month, last in counters} == {
            month: len(given) for month, given in numbers.items()
        }

    @pytest.mark.usefixtures("seeded")
    def test_orders_2_the_next_order_goes_on(self):
        customer = contract("OCB0000124").customer
        assert references.next_reference(customer, date(2017, 8, 30)) == "HONEY1655-1708-018"


@pytest.mark.usefixtures("seeded")
def test_orders_3_an_order_and_its_subscription_cost_the_same():
    """So that « Commander à nouveau » says no other price than the order's."""
    costs = db.session.execute(
        select(Order.price, Order.upfront, Subscription.price, Subscription.upfront)
        .join(Subscription, Subscription.order_id == Order.id)
        .where(Order.price_kind == PriceKind.MONTHLY)
    ).all()
    assert any(upfront for _, upfront, *_ in costs)
    assert [cost for cost in costs if cost[:2] != cost[2:]] == []


@pytest.mark.parametrize(
    "moment",
    [
        TODAY,
        datetime(2026, 1, 31, 22, 59, tzinfo=UTC),
        datetime(2026, 1, 31, 23, 1, tzinfo=UTC),  # the first minute of February in Paris
        datetime(2028, 2, 29, 12, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # the hour that comes twice
    ],
    ids=str,
)
class TestAroundToday:
    def test_whatever_the_day(self, app, moment):
        with app.app_context():
            seed(moment)
            self.check(moment)
            db.session.rollback()

    def check(self, moment):
        today = moment.astimezone(PARIS).date()
        orders = db.session.execute(select(Order)).scalars().all()
        subscriptions = db.session.execute(select(Subscription)).scalars().all()
        assert all(order.placed_at <= moment for order in orders)
        assert all(row.subscribed_at <= moment for row in subscriptions)
        this_month = [
            o for o in orders if o.placed_at.astimezone(PARIS).date() >= today.replace(day=1)
        ]
        assert {o.status for o in this_month} >= {OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS}
        states = [subscription_status(s.starts_on, s.ends_on, today) for s in subscriptions]
        assert set(states) == set(SubscriptionStatus)
        assert states.count(SubscriptionStatus.ACTIVE) >= 10
        soon = [s for s in subscriptions if today <= s.ends_on <= today + timedelta(days=90)]
        assert len(soon) >= 3
        next_month = (today.replace(day=28) + timedelta(days=7)).replace(day=1)
        assert [s for s in subscriptions if s.starts_on == next_month]


class TestTwice:
    def test_a_second_run_changes_nothing(self, seeded):
        before = content()
        assert seed(TODAY + timedelta(days=40)) == []
        db.session.commit()
        assert content() == before

    def test_what_people_did_meanwhile_stays(self, seeded):
        paul, sophie = person("paul.dupont"), person("sophie.dupont")
        passwords.set_password(paul, "Another-1-entirely")
        paul.email = "paul@example.org"
        db.session.execute(delete(Membership).where(Membership.account_id == sophie.id))
        customer = contract("OCB0000124").customer
        references.next_reference(customer, date(2026, 11, 22))
        db.session.commit()
        before = content()
        assert seed(TODAY) == []
        db.session.commit()
        assert content() == before


class TestCommand:
    def count(self, app) -> int:
        with app.app_context():
            return db.session.execute(select(func.count()).select_from(Contract)).scalar_one()

    def stranger(self, app):
        with app.app_context():
            db.session.add(
                Account(
                    login="somebody.real",
                    email="somebody@company.example.org",
                    last_name="Real",
                    first_name="Somebody",
                )
            )
            db.session.commit()

    def test_seed_says_what_it_did(self, app):
        run = app.test_cli_runner()
        assert "OCB0000124" in run.invoke(demo, ["seed"]).output
        assert "already" in run.invoke(demo, ["seed"]).output
        assert self.count(app) == 3

    @pytest.mark.parametrize("command", [["seed"], ["grow", "--contracts", "1"]])
    def test_refuses_a_portal_that_people_use(self, app, command):
        self.stranger(app)
        run = app.test_cli_runner()
        refused = run.invoke(demo, command)
        assert refused.exit_code == 1
        assert "1 account(s) here are not the demo's" in refused.output
        assert self.count(app) == 0
        assert run.invoke(demo, [*command, "--force"]).exit_code == 0
        assert self.count(app) > 0

    def test_refuses_an_empty_portal_that_others_reach(self, app, monkeypatch):
        real = replace(app.extensions["settings"], portal_url="https://portal.example.org")
        monkeypatch.setitem(app.extensions, "settings", real)
        run = app.test_cli_runner()
        refused = run.invoke(demo, ["seed"])
        assert refused.exit_code == 1
        assert "Set DEMO=1 if it is one" in refused.output
        assert self.count(app) == 0
        monkeypatch.setitem(app.extensions, "settings", replace(real, demo=True))
        assert run.invoke(demo, ["seed"]).exit_code == 0


def test_account_1_everybody_can_save_their_data_as_it_is(app):
    with app.app_context():
        seed(TODAY)
        db.session.commit()
    for login, _who in SIGN_INS:
        browser = Browser(app).sign_in_as(login)
        page = browser.get("/account/profile/edit")
        typed = {
            str(field["name"]): str(field.get("value", ""))
            for field in page.all("main input:not([type=radio]), main input[checked]")
        }
        assert browser.post("/account/profile/edit", typed).status == 303, login
