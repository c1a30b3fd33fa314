"""People become members of a contract, one or many at a time (USERS-3, USERS-4, USERS-9).

The rules are asked, and the rows written, for all of them at once: fifty people cost about as many
statements as one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from selfcare.database import db, in_rounds
from selfcare.models import Account, Contract, Membership
from selfcare.services.console import access as console_access
from selfcare.services.mail.kinds import access as mails
from selfcare.services.safety import audit
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.refusals import (
    AlreadyMember,
    EndIsPast,
    LoginTaken,
    NotForStaff,
    Refusal,
)
from selfcare.services.users.roles import NOTHING, Roles

log = structlog.get_logger(__name__)


def known_by(email: str) -> Account | None:
    """The account an email belongs to, whatever its case (USERS-3)."""
    return db.session.execute(select(Account).where(Account.has_email(email))).scalar_one_or_none()


def ids_by(column: Any, values: Collection[str]) -> dict[str, int]:
    """The accounts that have these logins or emails: the folded value → the account's id."""
    found: dict[str, int] = {}
    for some in in_rounds([value.strip().lower() for value in values]):
        statement = select(func.lower(column), Account.id).where(func.lower(column).in_(some))
        found |= {row[0]: row[1] for row in db.session.execute(statement)}
    return found


def members_among(contract: Contract, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts that are on the contract already."""
    found = set[int]()
    for some in in_rounds(account_ids):
        statement = select(Membership.account_id).where(
            Membership.contract_id == contract.id, Membership.account_id.in_(some)
        )
        found |= set(db.session.execute(statement).scalars())
    return found


def strangers(contract: Contract, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts whose data is not this customer's to read (USERS-3).

    They are on none of its contracts, or have opened none of those yet.
    """
    found = set(account_ids)
    for some in in_rounds(account_ids):
        of_customer = (
            select(Membership.account_id)
            .join(Membership.contract)
            .where(
                Membership.account_id.in_(some),
                Membership.invited_as.is_(None),
                Contract.customer_id == contract.customer_id,
            )
        )
        found -= set(db.session.execute(of_customer).scalars())
    return found


def check_new_member(contract: Contract, person: NewMember) -> Account | None:
    """Whether they can be added; gives the account their email belongs to, if any.

    Raises:
        LoginTaken: the login is somebody else's.
        AlreadyMember, NotForStaff: the email's owner cannot be added.
    """
    [found] = _check(contract, [person])
    if isinstance(found, Refusal):
        raise found
    return found


def _check(contract: Contract, people: Sequence[NewMember]) -> list[Account | Refusal | None]:
    """What `check_new_member` answers, or raises, for each."""
    emails = ids_by(Account.email, [person.email for person in people])
    new = [person for person in people if person.email.strip().lower() not in emails]
    logins = ids_by(Account.login, [person.login for person in new])
    owners, members = dict[int, Account](), set[int]()
    if emails:
        theirs = select(Account).where(Account.id.in_(emails.values()))
        owners = {account.id: account for account in db.session.execute(theirs).scalars()}
        members = members_among(contract, owners)

    def of(person: NewMember) -> Account | Refusal | None:
        owner = owners.get(emails.get(person.email.strip().lower(), 0))
        if owner is None:
            return LoginTaken() if person.login.strip().lower() in logins else None
        if owner.is_staff:
            return NotForStaff()
        return AlreadyMember() if owner.id in members else owner

    return [of(person) for person in people]


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
    the console's work itself. The first user, the referent, is added by nobody.

    Raises:
        Refusal: see `check_new_member`; also where somebody else was quicker.
    """
    [outcome] = add_all(contract, [(person, roles)], by=by, wake=wake, is_referent=is_referent)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def add_all(
    contract: Contract,
    people: Sequence[tuple[NewMember, Roles]],
    *,
    by: Account | None,
    wake: bool = False,
    is_referent: bool = False,
) -> list[Membership | Refusal]:
    """The same for many: for each the membership, or why there is none."""
    try:
        with db.session.begin_nested():
            outcomes = _placed(contract, people, is_referent=is_referent)
    except IntegrityError as clash:  # two managers at once: the constraints decided
        if len(people) == 1:
            return [_refusal(clash)]
        one_by_one = (
            add_all(contract, [one], by=by, wake=wake, is_referent=is_referent) for one in people
        )
        return [outcome for [outcome] in one_by_one]
    added = {
        outcome[0]: (outcome[1], roles)
        for outcome, (_, roles) in zip(outcomes, people, strict=True)
        if not isinstance(outcome, Refusal)
    }
    _follow_up(contract, added, by=by, wake=wake)
    return [outcome if isinstance(outcome, Refusal) else outcome[0] for outcome in outcomes]


def _placed(
    contract: Contract, people: Sequence[tuple[NewMember, Roles]], *, is_referent: bool
) -> list[tuple[Membership, Account] | Refusal]:
    """Their rows, in the order of emails.

    So two imports of the same people wait for each other, and do not lock each other out.
    """
    found = dict(enumerate(_check(contract, [person for person, _ in people])))
    found |= {number: EndIsPast() for number, (_, roles) in enumerate(people) if roles.is_over}
    known = [owner.id for owner in found.values() if isinstance(owner, Account)]
    accounts = {
        number: found[number] or _new_account(people[number][0])
        for number in sorted(found, key=lambda number: people[number][0].email.lower())
    }
    db.session.flush()
    hidden = strangers(contract, known) if known and not is_referent else set()
    outcomes: list[tuple[Membership, Account] | Refusal] = []
    for number, (person, roles) in enumerate(people):
        account = accounts[number]
        if isinstance(account, Refusal):
            outcomes.append(account)
            continue
        membership = Membership(
            account_id=account.id,
            contract_id=contract.id,
            profiles=roles.profiles,
            is_referent=is_referent,
            ends_on=roles.ends_on,
            invited_as=person.email if account.id in hidden else None,
        )
        db.session.add(membership)
        outcomes.append((membership, account))
    db.session.flush()
    return outcomes


def _new_account(person: NewMember) -> Account:
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
    return account


def _follow_up(
    contract: Contract,
    added: dict[Membership, tuple[Account, Roles]],
    *,
    by: Account | None,
    wake: bool,
) -> None:
    """The mails, the console accounts, the audit log."""
    mails.portal_access(*(account for account, _ in added.values()), contract=contract)
    wanted = {account: roles.console for account, roles in added.values()}
    console_access.want_all(contract, wanted, wake=wake)
    for membership, (account, roles) in added.items():
        audit.record(
            "user.added",
            actor=by,
            subject=account,
            called=membership.invited_as,
            contract=contract,
            details={"roles": NOTHING.changes_to(roles)},
            at_once=False,
        )
        log.info("user_added", ref=contract.ref, login=account.login, by=by.login if by else "")
    db.session.flush()


def _refusal(clash: IntegrityError) -> Refusal:
    return LoginTaken() if "uq_accounts_login" in str(clash.orig) else AlreadyMember()
