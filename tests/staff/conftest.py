"""Staff in their browsers, a customer to look at, and a visit that has begun."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, Visit
from selfcare.rights import StaffRole
from tests.browsing import Browser
from tests.cast import TOTP_KEY, account_of

REF = "OCB0000124"
HOME = f"/contracts/{REF}/"
REASON = {"reason": "The page of invoices stays empty", "ticket": "INC-2041"}


class Clock:
    """The time of a test; codes of the app change with it, and none is used twice."""

    def __init__(self, traveller: Any) -> None:
        self.traveller = traveller

    def later(self, **delta: float) -> None:
        """Let time pass."""
        self.traveller.shift(timedelta(**delta))

    def code(self) -> str:
        """A code that was not used yet."""
        self.later(seconds=31)
        return pyotp.TOTP(TOTP_KEY).now()


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture
def agent(cast, browse_as, clock) -> Browser:
    """Claire of the support."""
    return browse_as(cast.agent("claire.support"))


@pytest.fixture
def operator(cast, browse_as, clock) -> Browser:
    return browse_as(cast.agent("omar.operator", StaffRole.OPERATOR))


@pytest.fixture
def paul_id(app, cast) -> int:
    cast.referent()
    with app.app_context():
        return account_of("paul.dupont").id


@pytest.fixture
def visiting(agent, clock, paul_id) -> Callable[..., Any]:
    """Ask for a visit: `visiting()`, `visiting(reason="…")`; the answer to the form."""

    def ask(by: Browser = agent, **values: Any) -> Any:
        fields = {"contract": REF, "code": clock.code(), **REASON, **values}
        return by.post(f"/staff/people/{paul_id}/visit", fields)

    return ask


@pytest.fixture
def inside(agent, visiting) -> Browser:
    """Claire, in a visit to Paul."""
    assert visiting().location == HOME
    return agent


def the_visit() -> Visit:
    """The last visit that was asked for."""
    return db.session.execute(select(Visit).order_by(Visit.id.desc()).limit(1)).scalar_one()


def actions(app: Flask) -> list[str]:
    """What the audit log holds, the oldest first."""
    with app.app_context():
        return list(db.session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())
