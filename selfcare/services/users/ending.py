"""Access that ends on a day: told some days before, ended once that day is over (USERS-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import structlog
from sqlalchemy import JSON, ColumnElement, Select, select, type_coerce
from sqlalchemy.orm import joinedload

from selfcare import config
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, Contract, Membership
from selfcare.rights import Profile, Section
from selfcare.services.mail.kinds import access as mails
from selfcare.services.months import TODAY, today
from selfcare.services.users import members

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""Accesses that one run tells of, or ends, in one transaction; it goes on until none is left."""
TOLD_MANAGERS = 10
"""Those who manage the users and are told that an access ends: the referent, then the oldest."""


@job(queue="sweeps")
def tell() -> None:
    """Tell of the accesses that end within `access_end_notice_days`, each last day once."""
    present = today()
    soon = present + timedelta(days=config.current().access_end_notice_days)
    ending = _some(Membership.ends_on.between(present, soon), Membership.end_is_told.is_(False))
    managers: dict[int, Sequence[Account]] = {}
    while found := db.session.execute(ending).scalars().all():
        for membership in found:
            membership.end_is_told = True
            _tell(membership, membership.ends_on or present, managers=managers)
        db.session.commit()


@job(queue="sweeps")
def end() -> None:
    """Remove those whose last day is over, as a manager would; the receipt names nobody."""
    over = _some(Membership.ends_on < today(), Membership.is_referent.is_(False))
    while found := db.session.execute(over).scalars().all():
        for membership in found:
            members.remove(membership, by=None)
        db.session.commit()


def _some(*which: ColumnElement[bool]) -> Select[Membership]:
    """Some of these memberships, each in the hands of one cron only."""
    found = (
        select(Membership)
        .where(*which)
        .options(joinedload(Membership.account), joinedload(Membership.contract))
    )
    some = found.order_by(Membership.ends_on, Membership.id).limit(AT_ONCE)
    return some.with_for_update(of=Membership, skip_locked=True)


def _tell(
    membership: Membership, last_day: date, *, managers: dict[int, Sequence[Account]]
) -> None:
    """`managers` are those of the contracts met before in this run."""
    contract, account = membership.contract, membership.account
    mails.access_ends(account, contract=contract, last_day=last_day)
    called = membership.invited_as or account.full_name
    if contract.id not in managers:
        managers[contract.id] = managers_of_users(contract)
    for manager in managers[contract.id]:
        if manager.id == account.id:
            continue
        mails.member_access_ends(
            manager, contract=contract, called=called, membership=membership, last_day=last_day
        )
    log.info("access_end_told", ref=contract.ref, login=account.login, on=last_day.isoformat())


def managers_of_users(contract: Contract) -> list[Account]:
    """Those who may prolong an access: the referent first."""
    profile = type_coerce(Membership.profiles, JSON)[str(Section.USERS)].as_string()
    found = (
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.contract_id == contract.id,
            Membership.lasts_on(TODAY),
            profile == str(Profile.MANAGER),
            Account.disabled_at.is_(None),
        )
        .order_by(Membership.is_referent.desc(), Membership.id)
        .limit(TOLD_MANAGERS)
    )
    return list(db.session.execute(found).scalars())
