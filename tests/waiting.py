"""What waits for somebody: the things that « À faire » lists (DASH-2), on a day of their own."""

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
    Visit,
    VisitKind,
    WishState,
)
from selfcare.services.months import first_day
from tests.cast import account_of

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
