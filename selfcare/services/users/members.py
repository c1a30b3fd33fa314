"""The users of a contract: changing and removing them (USERS-5 to USERS-7); `joining` adds them.

Every verb counts at once, for pages read the membership on each request; the console follows by
its own job.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import joinedload

from selfcare.database import db, lock
from selfcare.models import Account, ConsoleAccess, Contract, Membership, Removal
from selfcare.rights import Profile, Section
from selfcare.services.console import access as console_access
from selfcare.services.safety import audit
from selfcare.services.users.refusals import (
    ChangedMeanwhile,
    EndIsPast,
    NoEnd,
    NotOneself,
    ReferentStays,
)
from selfcare.services.users.roles import NOTHING, Roles, check_whose, note_change

log = structlog.get_logger(__name__)


def roles_of(membership: Membership) -> Roles:
    """The roles in force."""
    access = access_of(membership)
    console = tuple(access.wanted_groups) if access else ()
    return Roles(membership.profiles, console, membership.ends_on)


def access_of(membership: Membership) -> ConsoleAccess | None:
    """Somebody's console access on the contract."""
    return db.session.execute(
        select(ConsoleAccess).filter_by(
            account_id=membership.account_id, contract_id=membership.contract_id
        )
    ).scalar_one_or_none()


def change(membership: Membership, roles: Roles, *, seen: Roles, by: Account | None) -> None:
    """Change somebody's roles; theirs on the next request, the console's by its job (USERS-5).

    Args:
        membership: whose roles.
        roles: the new ones.
        seen: the roles in force when the form was opened.
        by: who changes them; None for an operator.

    Raises:
        ChangedMeanwhile: somebody else changed them since.
        ReferentsOwn: they are the referent's, who alone changes them.
        ReferentStays, NotOneself: they would lose the section « Utilisateurs ».
        NoEnd, EndIsPast: the access cannot end then.
    """
    lock(membership)
    check_whose(membership, by)
    if roles_of(membership).as_json() != seen.as_json():
        raise ChangedMeanwhile
    loses_users = roles.profiles[Section.USERS] != membership.profiles.get(Section.USERS)
    if membership.is_referent and roles.profiles[Section.USERS] != Profile.MANAGER:
        raise ReferentStays
    if by and membership.account_id == by.id and loses_users:
        raise NotOneself
    if roles.ends_on != membership.ends_on:
        _end_on(membership, roles, by=by)
    membership.profiles = dict(roles.profiles)
    account, contract = _whose(membership)
    console_access.want(contract, account, roles.console)
    db.session.flush()
    note_change(account, contract, seen, roles, by=by, called=membership.invited_as)
    log.info("user_changed", ref=contract.ref, login=account.login, by=by.login if by else "")


def _end_on(membership: Membership, roles: Roles, *, by: Account | None) -> None:
    """Give an access another last day, or none; of a new one a mail tells once more (USERS-10)."""
    own = by is not None and membership.account_id == by.id
    if own or (membership.is_referent and roles.ends_on):
        raise NoEnd
    if roles.is_over:
        raise EndIsPast
    membership.ends_on, membership.end_is_told = roles.ends_on, False


def remove(membership: Membership, *, by: Account | None) -> Removal:
    """End somebody's access to a contract now; their console account goes too (USERS-6).

    Nobody (None) does it where its last day is over.

    Raises:
        ReferentStays: the referent cannot be removed.
        NotOneself: nobody removes themselves.
    """
    if membership.is_referent:
        raise ReferentStays
    if by and membership.account_id == by.id:
        raise NotOneself
    account, contract = _whose(membership)
    access, held = access_of(membership), roles_of(membership)
    removal = Removal(
        membership_id=membership.id,
        contract_id=contract.id,
        account_id=account.id,
        login=(membership.invited_as or account.login)[:64],
        full_name="" if membership.invited_as else account.full_name,
        removed_by=by.login if by else "",
        had_console=bool(access and (access.wanted_groups or not access.is_settled)),
    )
    db.session.add(removal)
    console_access.want(contract, account, [])
    db.session.delete(membership)
    db.session.flush()
    taken = {"roles": held.changes_to(NOTHING)}
    audit.record(
        "user.removed",
        actor=by,
        subject=account,
        called=membership.invited_as,
        contract=contract,
        details=taken,
    )
    log.info("user_removed", ref=contract.ref, login=account.login, by=by.login if by else "")
    return removal


def unfinished_removals(contract: Contract) -> list[Row[int, str]]:
    """Number and login of those whose console account has not ended yet (USERS-6)."""
    waiting = select(Removal.id, Removal.login).where(
        Removal.contract_id == contract.id, Removal.had_console, Removal.console_ended_at.is_(None)
    )
    return list(db.session.execute(waiting.order_by(Removal.id).limit(20)))


def ending_of(removal: Removal) -> ConsoleAccess | None:
    """The console account whose end a receipt waits for."""
    if removal.console_ended_at or not removal.had_console:
        return None
    return db.session.execute(
        select(ConsoleAccess).filter_by(
            account_id=removal.account_id, contract_id=removal.contract_id
        )
    ).scalar_one_or_none()


def _whose(membership: Membership) -> tuple[Account, Contract]:
    """The membership's account, and its contract with its offer."""
    account = db.session.get_one(Account, membership.account_id)
    contract = db.session.get_one(
        Contract, membership.contract_id, options=[joinedload(Contract.offer)]
    )
    return account, contract
