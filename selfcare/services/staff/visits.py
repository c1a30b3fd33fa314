"""A visit that goes on: begun, loaded with each page, written down, told (STAFF-2).

The row comes first, then the cookie; every page is written down before it is shown (STAFF-2).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload

from selfcare.database import db
from selfcare.models import (
    Account,
    AuditEntry,
    Contract,
    Membership,
    SignIn,
    StaffMembership,
    Visit,
    now,
)
from selfcare.rights import STAFF_RULES, StaffAbility
from selfcare.services.mail.kinds import visits as mails
from selfcare.services.months import TODAY
from selfcare.services.safety import audit, browsers
from selfcare.services.staff import ending
from selfcare.services.users import places

LENGTH = timedelta(minutes=30)
"""A visit ends for good after this time."""
PAGE = "visit.page"
MOST = 1000
"""Pages that are listed: more than anybody opens in half an hour."""


_LOAD = (
    select(Visit)
    .join(Visit.account)
    .join(Visit.contract)
    .options(contains_eager(Visit.account), contains_eager(Visit.contract))
    .where(
        Visit.token_hash == bindparam("hash"),
        Visit.begun_at.is_not(None),
        Visit.ended_at.is_(None),
        Visit.expires_at > bindparam("at"),
        Account.disabled_at.is_(None),
        exists().where(
            SignIn.id == Visit.agent_sign_in_id,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > bindparam("at"),
        ),
        exists().where(
            StaffMembership.account_id == Visit.agent_id,
            StaffMembership.role.in_(STAFF_RULES[StaffAbility.VISIT]),
        ),
        exists().where(
            Membership.account_id == Visit.account_id,
            Membership.contract_id == Visit.contract_id,
            Membership.lasts_on(TODAY),
        ),
    )
)


def load(token: str) -> Visit | None:
    """The visit a cookie stands for, while all it rests on is there: time, agent, role, member."""
    asked = {"hash": hashed(token), "at": now()}
    return db.session.execute(_LOAD, asked).scalar_one_or_none()


def seen(visit: Visit, *, path: str, request_id: str) -> None:
    """Write a page down before it is shown, in a transaction of its own.

    (The session of a visit cannot write: its database connection refuses to.)
    """
    with Session(db.engine) as own:
        agent = own.get_one(Account, visit.agent_id)
        own.add(
            AuditEntry(
                action=PAGE,
                actor_id=agent.id,
                actor=agent.login,
                on_behalf_of_id=visit.account_id,
                on_behalf_of=visit.account.login,
                subject=path[:120],
                contract_ref=visit.contract.ref,
                ip=browsers.present().ip,
                request_id=request_id,
                visit_id=visit.id,
                details={},
            )
        )
        own.execute(update(Visit).where(Visit.id == visit.id).values(pages=Visit.pages + 1))
        own.commit()


def pages_of(visit: Visit) -> list[Row[datetime, str]]:
    """The pages that were looked at: when, and their addresses, in order."""
    found = (
        select(AuditEntry.at, AuditEntry.subject)
        .where(AuditEntry.visit_id == visit.id, AuditEntry.action == PAGE)
        .order_by(AuditEntry.at, AuditEntry.id)
        .limit(MOST)
    )
    return list(db.session.execute(found))


def told_to(account: Account, contract: Contract) -> list[Visit]:
    """The visits that go on at this moment, as far as somebody is told: to them, or all of them."""
    is_referent = exists().where(
        Membership.contract_id == contract.id,
        Membership.account_id == account.id,
        Membership.is_referent,
    )
    found = (
        select(Visit)
        .where(Visit.contract_id == contract.id, *ending.RUNNING, Visit.expires_at > now())
        .where(or_(Visit.account_id == account.id, is_referent))
        .options(joinedload(Visit.account))
        .order_by(Visit.begun_at)
    )
    return list(db.session.execute(found).scalars())


def begin(visit: Visit, *, agent: SignIn) -> Visit:
    """The row of the audit log, then the token for the cookie; and everybody concerned is told."""
    token = secrets.token_urlsafe(32)
    visit.agent_sign_in_id, visit.begun_at = agent.id, now()
    visit.expires_at, visit.token_hash = now() + LENGTH, hashed(token)
    write_down("visit.begun", visit, actor=agent.account)
    visit.token = token
    account = db.session.get_one(Account, visit.account_id)
    contract = db.session.get_one(Contract, visit.contract_id)
    told = {account.id: account}
    if referent := places.referent_of(contract):
        told[referent.id] = referent
    for addressee in told.values():
        mails.visit_begun(addressee, visit=visit, visited=account, contract=contract)
    return visit


def write_down(action: str, visit: Visit, *, actor: Account) -> None:
    """Write to the audit log what happens to a visit, with its reason and ticket."""
    account = db.session.get_one(Account, visit.account_id)
    details = {"reason": visit.reason, "ticket": visit.ticket}
    audit.record(
        action,
        actor=actor,
        subject=account,
        on_behalf_of=account if actor.id != account.id else None,
        contract=db.session.get_one(Contract, visit.contract_id),
        details={name: value for name, value in details.items() if value},
        visit=visit,
    )


def hashed(token: str) -> str:
    """A token or code as its row keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()
