"""DASH-2, HOME-5: « À faire », on one contract's dashboard and on the home page over all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import (
    AccessRequest,
    ConsoleAccess,
    Contract,
    Invoice,
    Membership,
    Order,
    RequestState,
    Visit,
    VisitKind,
    WishState,
)
from selfcare.rights import Profile
from selfcare.services import todo
from selfcare.services.months import first_day
from tests.cast import account_of

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
HERE = "/contracts/OCB0000124"
DASHBOARD = f"{HERE}/dashboard"
TODAY = date(2026, 6, 10)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 6, 10, 9, tzinfo=UTC)) as moment:
        yield moment


@pytest.fixture
def invoice(app, cast):
    """An invoice as if it had been loaded: `invoice("FA-1", due_on=…)`."""

    def add(number: str, *, ref: str = "OCB0000124", **values) -> int:
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            amounts = {"net": Decimal(100), "vat": Decimal(20), "gross": Decimal(120)}
            row = Invoice(
                number=number,
                contract_id=contract.id,
                **{"issued_on": TODAY - timedelta(days=20), "due_on": TODAY, **amounts, **values},
                currency="EUR",
                digest=number,
                pdf_key=number,
                pdf_size=1,
            )
            db.session.add(row)
            db.session.commit()
            return row.id

    return add


@pytest.fixture
def ending(cast):
    """A subscription that ends in so many days: `ending(30)`."""

    def add(days: int, **values) -> str:
        day = TODAY + timedelta(days=days)
        start = first_day(day, ahead=-12)
        at = datetime(start.year, start.month, 1, tzinfo=UTC) - timedelta(days=3)
        return cast.subscription(at=at, months=12, starts_on=start, ends_on=day, **values)

    return add


def trouble(app, login: str, state: WishState = WishState.FAILED) -> None:
    with app.app_context():
        db.session.execute(
            update(ConsoleAccess)
            .where(ConsoleAccess.account_id == account_of(login).id)
            .values(state=state, problem="refused", due_at=None)
        )
        db.session.commit()


def ask(app, login: str, section: str, **values) -> None:
    """Somebody asks for an access."""
    profile = "" if section == "console" else "manager"
    with app.app_context():
        place = db.session.execute(
            select(Membership).where(Membership.account_id == account_of(login).id)
        ).scalar_one()
        db.session.add(
            AccessRequest(
                membership_id=place.id,
                contract_id=place.contract_id,
                section=section,
                profile=profile,
                **values,
            )
        )
        db.session.commit()


def ask_to_visit(app, login: str, **values) -> None:
    """Support asks to look at what somebody sees."""
    with app.app_context():
        place = db.session.execute(
            select(Membership).where(Membership.account_id == account_of(login).id)
        ).scalar_one()
        db.session.add(
            Visit(
                **{"kind": VisitKind.APPROVAL, **values},
                account_id=place.account_id,
                contract_id=place.contract_id,
                agent_id=account_of("agent.support").id,
                expires_at=datetime(2026, 6, 11, 9, tzinfo=UTC),
            )
        )
        db.session.commit()


def lines(page) -> list[str]:
    return page.texts("#todo li")


class TestLines:
    def test_dash_2_an_invoice_is_to_be_paid_until_its_day_and_the_newest_after_it(
        self, cast, browse_as, invoice
    ):
        cast.referent()
        invoice("FA-OLD", issued_on=date(2026, 4, 1), due_on=date(2026, 5, 1))
        late = invoice("FA-LATE", issued_on=date(2026, 5, 1), due_on=date(2026, 6, 1))
        cast.member("paul.dupont", ref="OCB0000777", invoices=MANAGER)
        for_long = {"issued_on": date(2026, 4, 1), "due_on": TODAY - timedelta(days=61)}
        invoice("FA-LONG-AGO", ref="OCB0000777", **for_long)
        paul = browse_as("paul.dupont")
        assert "FA-LONG-AGO" not in paul.get("/").words
        page = paul.get(DASHBOARD)
        assert lines(page) == ["Pay the invoice FA-LATE: €120.00 9 days late due on 01/06/2026"]
        assert page.all(f'#todo a[href="{HERE}/invoices/{late}"]')
        invoice("FA-NEW", due_on=date(2026, 6, 15), payable=Decimal(90))
        invoice("FA-PAID", due_on=date(2026, 6, 15), payable=Decimal(0))
        invoice("AV-1", due_on=date(2026, 6, 15), kind="credit_note", type_code="381")
        assert lines(paul.get(DASHBOARD)) == [
            "Pay the invoice FA-NEW: €90.00 in 5 days due on 15/06/2026"
        ]

    def test_dash_2_the_newest_invoice_without_a_due_date_is_to_be_paid_for_two_months(
        self, cast, browse_as, invoice, clock
    ):
        cast.referent()
        invoice("FA-1", due_on=None)
        paul = browse_as("paul.dupont")
        assert lines(paul.get(DASHBOARD)) == ["Pay the invoice FA-1: €120.00 no due date on it"]
        clock.shift(timedelta(days=41))
        assert lines(paul.get(DASHBOARD)) == []

    def test_dash_2_a_subscription_ends_within_sixty_days_and_leads_to_its_renewal(
        self, app, shop, cast, browse_as, ending
    ):
        soon = ending(60)
        ending(61)
        ending(-1)
        renewed = ending(20)
        paul = browse_as("paul.dupont")
        assert len(lines(paul.get(DASHBOARD))) == 2
        with app.app_context():
            former = db.session.execute(select(Order.id).filter_by(ref=renewed)).scalar_one()
        cast.order(renews_id=former)
        page = paul.get(DASHBOARD)
        assert lines(page) == [
            "Reservation c2.large 2 years with upfront in 60 days ends on 09/08/2026 Renew"
        ]
        assert page.all(f'#todo a.button[href="{HERE}/subscriptions/{soon}/renewal"]')

    def test_dash_2_orders_that_wait_and_accesses_that_failed(self, app, cast, browse_as):
        cast.referent(console_roles=["admin"])
        cast.member("marie.dupont", console_roles=["guest"])
        order = cast.order(status="in_progress", at=datetime(2026, 6, 1, tzinfo=UTC))
        cast.order(status="completed")
        paul = browse_as("paul.dupont")
        assert [line[:5] for line in lines(paul.get(DASHBOARD))] == ["Order"]
        trouble(app, "paul.dupont")
        trouble(app, "marie.dupont")
        page = paul.get(DASHBOARD)
        assert [line.split(" failed")[0] for line in lines(page)[:2]] == [
            "Your access to the technical console",
            "Console access of Marie Dupont",
        ]
        assert len(lines(page)) == 3, "one's own is not among the others'"
        trouble(app, "paul.dupont", WishState.QUEUED)
        assert "it is retried automatically" in lines(paul.get(DASHBOARD))[0]
        assert page.all(f'#todo a[href="{HERE}/orders/{order}"]')
        assert page.all(f'#todo a[href="{HERE}/users/console?q=marie.dupont"]')

    def test_dash_2_requests_to_answer(self, app, cast, browse_as):
        cast.referent()
        cast.member("marie.dupont")
        cast.agent()
        ask(app, "marie.dupont", "invoices")
        ask_to_visit(app, "marie.dupont")
        page = browse_as("paul.dupont").get(DASHBOARD)
        assert [line.split(" since")[0] for line in lines(page)] == [
            "Support asks to look at the contract",
            "Marie Dupont asks for access",
        ]
        assert lines(browse_as("marie.dupont").get("/")) == []

    @pytest.mark.parametrize(
        "values",
        [
            {"kind": VisitKind.NOTICE},
            {"asked_at": datetime(2026, 6, 9, 8, 59, tzinfo=UTC)},
            {"answered_at": datetime(2026, 6, 10, 8, tzinfo=UTC)},
            {"ended_at": datetime(2026, 6, 10, 8, tzinfo=UTC)},
        ],
        ids=str,
    )
    def test_dash_2_a_visit_that_asks_for_no_answer_is_not_listed(
        self, app, cast, browse_as, values
    ):
        cast.referent()
        cast.agent()
        ask_to_visit(app, "paul.dupont", **values)
        assert lines(browse_as("paul.dupont").get(DASHBOARD)) == []

    def test_dash_2_the_most_urgent_comes_first(self, app, cast, browse_as, invoice, ending):
        cast.referent(console_roles=["admin"])
        cast.member("marie.dupont", console_roles=["guest"])
        cast.agent()
        cast.order(status="submitted", at=datetime(2026, 6, 1, tzinfo=UTC))
        for login in ("paul.dupont", "marie.dupont"):
            trouble(app, login)
        ending(30)
        ask(app, "marie.dupont", "invoices")
        ask_to_visit(app, "marie.dupont")
        invoice("FA-1")
        page = browse_as("paul.dupont").get(f"{DASHBOARD}?all=1")
        assert [line.split()[0] for line in lines(page)] == [
            *("Your", "Pay", "Support", "Marie", "Reservation", "Console", "Order"),
        ]

    def test_dash_2_nothing_to_do_is_said(self, cast, browse_as):
        cast.referent()
        assert "Nothing waits for you." in browse_as("paul.dupont").get(DASHBOARD).words


class TestRights:
    @pytest.fixture
    def full(self, app, cast, invoice, ending):
        cast.referent(console_roles=["admin"])
        cast.member("marie.dupont", console_roles=["guest"])
        invoice("FA-1")
        ending(30)
        cast.order(status="submitted", at=datetime(2026, 6, 1, tzinfo=UTC))
        trouble(app, "marie.dupont")

    @pytest.mark.parametrize(
        ("profiles", "kinds"),
        [
            ({}, []),
            ({"invoices": VISITOR}, []),
            ({"invoices": MANAGER}, ["Pay"]),
            ({"subscriptions": VISITOR}, ["Reservation"]),
            ({"orders": VISITOR}, ["Order"]),
            ({"users": VISITOR}, []),
            ({"users": Profile.CONSOLE_MANAGER}, ["Console"]),
        ],
        ids=str,
    )
    def test_dash_2_what_one_may_not_open_is_not_listed(
        self, full, cast, browse_as, profiles, kinds
    ):
        cast.member("sophie.dupont", dashboard=VISITOR, **profiles)
        sophie = browse_as("sophie.dupont")
        for page in (sophie.get(DASHBOARD), sophie.get("/")):
            assert [line.split()[0] for line in lines(page)] == kinds
            assert not page.all('#todo a[href$="/renewal"]'), "who may not order renews nothing"

    def test_dash_2_one_s_own_orders_are_listed_and_open_where_the_section_is_shut(
        self, full, cast, browse_as
    ):
        cast.member("sophie.dupont", dashboard=VISITOR)
        mine = cast.order(by="sophie.dupont", status="submitted")
        sophie = browse_as("sophie.dupont")
        link = sophie.get(DASHBOARD).one("#todo li a")
        assert link.get_text() == f"Order {mine}"
        assert sophie.get(str(link["href"])).status == 200

    def test_dash_2_one_s_own_access_leads_to_a_page_that_opens(self, app, cast, browse_as):
        cast.member("marie.dupont", console_roles=["guest"])
        trouble(app, "marie.dupont")
        marie = browse_as("marie.dupont")
        link = marie.get("/").one("#todo li a")
        assert link.get_text() == "Your access to the technical console"
        assert marie.get(str(link["href"])).status == 200

    @pytest.mark.parametrize(
        ("users", "listed"), [(MANAGER, 2), (Profile.CONSOLE_MANAGER, 1), (VISITOR, 0)]
    )
    def test_dash_2_open_requests_are_for_those_who_can_answer_them(
        self, app, cast, browse_as, users, listed
    ):
        cast.member("marie.dupont")
        cast.member("sophie.dupont", dashboard=VISITOR, users=users)
        ask(app, "marie.dupont", "console")
        ask(app, "marie.dupont", "invoices")
        ask(app, "marie.dupont", "support", state=RequestState.DECLINED)
        assert len(lines(browse_as("sophie.dupont").get(DASHBOARD))) == listed

    @pytest.mark.parametrize(
        ("place", "listed"),
        [
            ({"referent": True}, 1),
            ({"referent": True, "support": Profile.NONE}, 0),
            ({"support": MANAGER}, 0),
        ],
        ids=str,
    )
    def test_dash_2_support_s_question_is_for_the_referent_who_can_answer_it(
        self, app, cast, browse_as, place, listed
    ):
        cast.member("paul.dupont", **place)
        cast.agent()
        ask_to_visit(app, "paul.dupont")
        assert len(lines(browse_as("paul.dupont").get("/"))) == listed

    def test_dash_2_each_line_s_link_opens(self, full, browse_as):
        paul = browse_as("paul.dupont")
        for page in (paul.get(DASHBOARD), paul.get("/")):
            found = [
                link["href"] for link in page.all("#todo li a") if "renewal" not in link["href"]
            ]
            assert len(found) == 4
            assert {paul.get(path).status for path in found} == {200}


class TestMany:
    def test_dash_2_a_dashboard_has_its_own_contract_s_and_no_other_s(
        self, cast, browse_as, invoice
    ):
        cast.referent()
        cast.member("paul.dupont", ref="OCB0000777", referent=True)
        invoice("FA-HERE")
        invoice("FA-THERE", ref="OCB0000777")
        [line] = lines(browse_as("paul.dupont").get(DASHBOARD))
        assert "FA-HERE" in line

    def test_home_5_all_my_contracts_in_one_statement_and_others_contracts_never(
        self, cast, browse_as, invoice, statements
    ):
        cast.referent()
        cast.contract("OCB0000777", customer="OTHER2000")
        invoice("FA-1")
        invoice("FA-THEIRS", ref="OCB0000777")
        paul = browse_as("paul.dupont")
        paul.get("/")
        statements.clear()
        assert len(lines(paul.get("/"))) == 1
        few = len(statements)
        for number in range(30):
            ref = f"OCB00008{number:02}"
            cast.member("paul.dupont", ref=ref, invoices=MANAGER)
            invoice(f"FB-{number:02}", ref=ref, due_on=TODAY + timedelta(days=1))
        statements.clear()
        page = paul.get("/")
        assert len(statements) == few
        assert lines(page)[0].startswith("Pay the invoice FA-1: €120.00 today OCB0000124 SI_Prod")
        assert "FA-THEIRS" not in page.text
        assert f"and {31 - todo.SHOWN} others" in page.one("#todo").get_text(" ", strip=True)
        every = paul.get(page.one('#todo a[href*="all=1"]')["href"])
        assert len(lines(every)) == 31

    def test_dash_2_no_kind_hides_the_others_and_beyond_fifty_nothing_is_counted(
        self, app, cast, browse_as, invoice, ending
    ):
        cast.referent()
        order = cast.order(status="submitted", at=datetime(2026, 6, 1, tzinfo=UTC))
        invoice("FA-1")
        for _ in range(todo.MOST + 2):
            ending(30)
        page = browse_as("paul.dupont").get(DASHBOARD)
        assert len(lines(page)) == todo.SHOWN
        assert lines(page)[0].startswith("Pay")
        assert order in lines(page)[-1]
        assert f"and more than {52 - todo.SHOWN} others" in page.one("#todo").get_text(
            " ", strip=True
        )
