"""Members whose access ends on a day, at a time of their own (USERS-10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Account, Membership
from selfcare.rights import Profile

MANAGER, VISITOR = Profile.MANAGER, Profile.VISITOR


TODAY = date(2026, 11, 28)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture(autouse=True)
def people(cast, clock):
    cast.referent(console_roles=["admin"])
    cast.member("jacques.dupont", users=MANAGER)
    cast.member("marc.leroy", orders=VISITOR, console_roles=["guest"])


@pytest.fixture
def ends(app):
    """Say on which day, from today, somebody's access ends; None for no end."""

    def ends(login: str, days: int | None, *, told: bool = False) -> None:
        day = None if days is None else TODAY + timedelta(days=days)
        with app.app_context():
            mine = select(Membership.id).join(Membership.account).filter_by(login=login)
            db.session.execute(
                update(Membership)
                .where(Membership.id.in_(mine))
                .values(ends_on=day, end_is_told=told)
            )
            db.session.commit()

    return ends


def run(app, sweep) -> None:
    with app.app_context():
        sweep.function()


def logins(app) -> list[str]:
    with app.app_context():
        found = select(Account.login).join(Membership, Membership.account_id == Account.id)
        return sorted(db.session.execute(found).scalars())


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()
