"""The operator's support people: who they are (STAFF-1)."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from selfcare.database import db
from selfcare.models import Account, StaffMembership
from selfcare.services.accounts import barring, people
from selfcare.services.accounts.people import AccountRefused
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)


def add(person: Account) -> Account:
    """Make somebody staff, a user of no contract; they get the access mail.

    Raises:
        AccountRefused: the login or the address is somebody's already.
    """
    try:
        with db.session.begin_nested():
            person.is_staff = True
            db.session.add(person)
            db.session.flush()
    except IntegrityError:
        raise AccountRefused(_taken(person.login, person.email)) from None
    people.welcome(person)
    audit.record("staff.added", actor=None, subject=person)
    log.info("staff_added", login=person.login)
    return person


def _taken(login: str, email: str) -> str:
    """Which of the two belongs to an account already."""
    held = select(Account.id).where(Account.has_login(login))
    what = f"the login {login}" if db.session.execute(held).first() else f"the address {email}"
    return f"{what} belongs to an account already"


def remove(account: Account) -> None:
    """Somebody is staff no more: their account is disabled, all their sign-ins end.

    Raises:
        AccountRefused: they are not staff.
    """
    if not account.is_staff:
        raise AccountRefused(f"{account.login} is not staff")
    if account.disabled_at is None:
        barring.disable(account)
    db.session.execute(delete(StaffMembership).where(StaffMembership.account_id == account.id))
    account.is_staff = False
    audit.record("staff.removed", actor=None, subject=account)
    log.info("staff_removed", login=account.login)
