"""The steps after the console's work is done: the mail, the removal's receipt."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    CredentialKind,
    Mail,
    Removal,
    WishState,
    now,
)
from selfcare.services.console.credentials import seen
from selfcare.services.console.iam import Held
from selfcare.services.mail.kinds import access as mails


def announce(accesses: Iterable[ConsoleAccess]) -> None:
    """Mail people that their console account is there: once, after the portal's own mail.

    While that one is still waiting, nothing is written: the sweep comes back to it.
    """
    new = [access for access in accesses if access.wanted_groups and not access.announced_at]
    if not new:
        return
    told = select(Account).where(
        Account.id.in_({access.account_id for access in new}), ~portal_mail_waits(Account.id)
    )
    accounts = {account.id: account for account in db.session.execute(told).scalars()}
    of_contract: dict[int, dict[Account, str]] = {}
    for access in new:
        if account := accounts.get(access.account_id):
            of_contract.setdefault(access.contract_id, {})[account] = access.iam_username
            access.announced_at = now()
    for contract_id, names in of_contract.items():
        mails.console_access(names, contract=db.session.get_one(Contract, contract_id))


def portal_mail_waits(account_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether somebody's portal access mail has not left yet."""
    return exists().where(
        Mail.account_id == account_id,
        Mail.name == mails.portal_access.__name__,
        Mail.state.in_((WishState.QUEUED, WishState.RUNNING)),
    )


def complete_receipts(access: ConsoleAccess, held: Held | None) -> None:
    """The receipts of this removal say when the console account ended, and what with it (USERS-6).

    Args:
        access: whose it was.
        held: how many credentials the console said there were; None where it did not say.
    """
    known = seen.forget(access.account_id, access.contract_id)
    counted = held or Held(known[CredentialKind.ACCESS_KEY], known[CredentialKind.APPLICATION])
    access.keys_deleted = counted.keys
    db.session.execute(
        update(Removal)
        .where(
            Removal.account_id == access.account_id,
            Removal.contract_id == access.contract_id,
            Removal.console_ended_at.is_(None),
        )
        .values(
            console_ended_at=now(),
            keys_deleted=counted.keys,
            applications_deleted=counted.applications,
            keys_known=held is not None,
        )
    )
