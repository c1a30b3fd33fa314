"""DASH-2, HOME-5: « À faire », on one contract's dashboard and on the home page over all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    Order,
    VisitKind,
    WishState,
)
from selfcare.rights import Profile
from selfcare.services.todo import waiting
from selfcare.services.todo.statement import MOST
from tests.waiting import (
    DASHBOARD,
    HERE,
    TODAY,
    ask,
    ask_to_visit,
    clock,
    ending,
    invoice,
    lines,
    trouble,
)

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
__all__ = ["clock", "ending", "invoice"]  # fixtures


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
        assert f"and {31 - waiting.SHOWN} others" in page.one("#todo").get_text(" ", strip=True)
        every = paul.get(page.one('#todo a[href*="all=1"]')["href"])
        assert len(lines(every)) == 31

    def test_dash_2_no_kind_hides_the_others_and_beyond_fifty_nothing_is_counted(
        self, app, cast, browse_as, invoice, ending
    ):
        cast.referent()
        order = cast.order(status="submitted", at=datetime(2026, 6, 1, tzinfo=UTC))
        invoice("FA-1")
        for _ in range(MOST + 2):
            ending(30)
        page = browse_as("paul.dupont").get(DASHBOARD)
        assert len(lines(page)) == waiting.SHOWN
        assert lines(page)[0].startswith("Pay")
        assert order in lines(page)[-1]
        assert f"and more than {52 - waiting.SHOWN} others" in page.one("#todo").get_text(
            " ", strip=True
        )
