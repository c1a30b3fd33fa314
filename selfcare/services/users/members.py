"""The users of a contract: adding, changing, removing them (USERS-3 to USERS-7).

Every verb counts at once, for pages read the membership on each request; the console follows by
its own job.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract, Membership, Removal
from selfcare.rights import Profile, Section
from selfcare.services.console import access as console_access
from selfcare.services.mail import kinds
from selfcare.services.safety import audit
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import (
    AlreadyMember,
    ChangedMeanwhile,
    LoginTaken,
    NotForStaff,
    NotOneself,
    ReferentStays,
    Refusal,
)
from selfcare.services.users.roles import NOTHING, Roles, check_whose, note_change

log = structlog.get_logger(__name__)


def known_by(email: str) -> Account | None:
    """The account an email belongs to, whatever its case (USERS-3)."""
    return db.session.execute(select(Account).where(Account.has_email(email))).scalar_one_or_none()


def check_new_member(contract: Contract, person: NewMember) -> Account | None:
    """Whether they can be added; gives the account their email belongs to, if any.

    Raises:
        LoginTaken: the login is somebody else's.
        AlreadyMember, NotForStaff: the email's owner cannot be added.
    """
    account = known_by(person.email)
    if account is None:
        taken = select(Account.id).where(Account.has_login(person.login))
        if db.session.execute(taken).first():
            raise LoginTaken
        return None
    if account.is_staff:
        raise NotForStaff
    member = select(Membership.id).filter_by(account_id=account.id, contract_id=contract.id)
    if db.session.execute(member).first():
        raise AlreadyMember
    return account


def strangers(contract: Contract, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts of whom nothing is this customer's to read (USERS-3).

    They were added to none of its contracts, or have opened none.
    """
    found = set(account_ids)
    ids = list(account_ids)
    for start in range(0, len(ids), 500):
        of_customer = (
            select(Membership.account_id)
            .join(Membership.contract)
            .where(
                Membership.account_id.in_(ids[start : start + 500]),
                Membership.invited_as.is_(None),
                Contract.customer_id == contract.customer_id,
            )
        )
        found -= set(db.session.execute(of_customer).scalars())
    return found


def add(
    contract: Contract,
    person: NewMember,
    roles: Roles,
    *,
    by: Account | None,
    wake: bool = True,
    is_referent: bool = False,
) -> Membership:
    """Make somebody a user of a contract; the mails follow, the console by its job (USERS-4).

    An email that is known means its account as it is (USERS-3). Without `wake` the caller wakes
    the console's work itself, for many at once. The first user, the referent, is added by nobody.

    Raises:
        Refusal: see `check_new_member`; also where somebody else was quicker.
    """
    try:
        with db.session.begin_nested():
            known = check_new_member(contract, person)
            account = known or _create(person)
            hidden = known and not is_referent and strangers(contract, [known.id])
            membership = Membership(
                account_id=account.id,
                contract_id=contract.id,
                profiles=roles.profiles,
                is_referent=is_referent,
                invited_as=person.email if hidden else None,
            )
            db.session.add(membership)
            db.session.flush()
    except IntegrityError as clash:  # two managers at once: the constraints decided
        raise _refusal(clash) from None
    kinds.portal_access(account, contract=contract)
    console_access.want(contract, account, roles.console, wake=wake)
    given = {"roles": NOTHING.changes_to(roles)}
    audit.record(
        "user.added",
        actor=by,
        subject=account,
        called=membership.invited_as,
        contract=contract,
        details=given,
    )
    log.info("user_added", ref=contract.ref, login=account.login, by=by.login if by else "")
    return membership


def _create(person: NewMember) -> Account:
    account = Account(
        login=person.login,
        email=person.email,
        civility=person.civility,
        last_name=person.last_name,
        first_name=person.first_name,
        phone=person.phone,
        mobile=person.mobile,
        locale=person.locale,
    )
    db.session.add(account)
    db.session.flush()
    return account


def _refusal(clash: IntegrityError) -> Refusal:
    return LoginTaken() if "uq_accounts_login" in str(clash.orig) else AlreadyMember()


def roles_of(membership: Membership) -> Roles:
    """The roles in force."""
    access = access_of(membership)
    return Roles(membership.profiles, tuple(access.wanted_groups) if access else ())


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
    """
    db.session.refresh(membership, with_for_update=True)
    check_whose(membership, by)
    if roles_of(membership).as_json() != seen.as_json():
        raise ChangedMeanwhile
    loses_users = roles.profiles[Section.USERS] != membership.profiles.get(Section.USERS)
    if membership.is_referent and roles.profiles[Section.USERS] != Profile.MANAGER:
        raise ReferentStays
    if by and membership.account_id == by.id and loses_users:
        raise NotOneself
    membership.profiles = dict(roles.profiles)
    account, contract = _whose(membership)
    console_access.want(contract, account, roles.console)
    db.session.flush()
    note_change(account, contract, seen, roles, by=by, called=membership.invited_as)
    log.info("user_changed", ref=contract.ref, login=account.login, by=by.login if by else "")


def remove(membership: Membership, *, by: Account) -> Removal:
    """End somebody's access to a contract now; their console account goes too (USERS-6).

    Raises:
        ReferentStays: the referent cannot be removed.
        NotOneself: nobody removes themselves.
    """
    if membership.is_referent:
        raise ReferentStays
    if membership.account_id == by.id:
        raise NotOneself
    account, contract = _whose(membership)
    access, held = access_of(membership), roles_of(membership)
    removal = Removal(
        membership_id=membership.id,
        contract_id=contract.id,
        account_id=account.id,
        login=(membership.invited_as or account.login)[:64],
        full_name="" if membership.invited_as else account.full_name,
        removed_by=by.login,
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
    log.info("user_removed", ref=contract.ref, login=account.login, by=by.login)
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
