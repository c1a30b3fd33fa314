"""« Accepter »: what the console holds is what a member has from now on (USERS-8)."""

from __future__ import annotations

from sqlalchemy import select

from selfcare.database import db, lock
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    Membership,
    UnknownAccount,
)
from selfcare.services.console import unknown
from selfcare.services.console.access import wish_again
from selfcare.services.console.converging import converge
from selfcare.services.users import roles
from selfcare.services.users.roles import Roles


class Outdated(Exception):
    """The console's state has changed since it was read, there or here."""


def accept(access: ConsoleAccess, mark: str, *, by: Account) -> None:
    """« Accepter »: what the console holds is what is wanted from now on (USERS-8).

    A job looks at the console by itself later; what it saw last counts here. An address that was
    changed there stays the console's own: the portal's is its owner's to change.

    Args:
        access: whose account it is.
        mark: the `Drift.mark` of what was read and accepted.
        by: who accepts it.

    Raises:
        Outdated: there is nothing to accept any more, or something else.
        ReferentsOwn: it is the referent's, whose roles they would change.
    """
    membership = _membership(access)
    roles.check_whose(membership, by)
    lock(access)
    seen = access.drift
    if seen is None or seen.mark != mark:
        raise Outdated
    access.iam_username = seen.username or access.iam_username
    access.iam_email = seen.email or access.iam_email
    access.iam_enabled = (access.iam_enabled or seen.enabled) and not seen.disabled
    held = Roles({}, tuple(access.wanted_groups))
    access.wanted_groups = sorted(access.seen_groups or [])
    account = db.session.get_one(Account, access.account_id)
    contract = db.session.get_one(Contract, access.contract_id)
    roles.note_change(
        account,
        contract,
        held,
        Roles({}, tuple(access.wanted_groups)),
        by=by,
        called=membership.invited_as,
    )
    wish_again(access)
    db.session.flush()
    converge.after_commit(access.id, first=True)


def adopt(found: UnknownAccount, membership: Membership, *, by: Account) -> None:
    """« Reprendre »: an account made in the console is this member's, with the roles it has.

    Raises:
        ReferentsOwn: it would be the referent's, whose roles they would change.
        NobodyHere: it is not theirs to have, by now.
    """
    roles.check_whose(membership, by)
    access = unknown.adopt(found, membership)
    roles.note_change(
        db.session.get_one(Account, membership.account_id),
        db.session.get_one(Contract, membership.contract_id),
        Roles({}, ()),
        Roles({}, tuple(access.wanted_groups)),
        by=by,
        called=membership.invited_as,
    )


def _membership(access: ConsoleAccess) -> Membership:
    return db.session.execute(
        select(Membership).filter_by(account_id=access.account_id, contract_id=access.contract_id)
    ).scalar_one()
