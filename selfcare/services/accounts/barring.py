"""An account that opens nothing any more, for a while or for good: an operator's work.

Whatever it opened ends in the same moment: sign-ins, mailed links and codes, API Logins, grants of
single sign-on, and by the console's own job its accounts there, with their tokens and keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from sqlalchemy import Column, Table, delete, func, select, update

from selfcare.database import db
from selfcare.models import (
    Account,
    Base,
    Contract,
    Mail,
    Membership,
    Order,
    Removal,
    SignIn,
    fold,
    now,
)
from selfcare.services.accounts import sign_ins
from selfcare.services.accounts.people import AccountRefused
from selfcare.services.console import access as console_access
from selfcare.services.console.credentials import logins, resets
from selfcare.services.mail import links
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

_KEPT = frozenset({"sign_ins", "console_accesses"})
"""Rows about an erased person that work is still to be done with; they are emptied instead."""


def disable(account: Account, *, by: Account | None = None) -> None:
    """Nothing opens to them from now on, here or in the console; their roles stay noted.

    Raises:
        AccountRefused: they are disabled already.
    """
    if account.disabled_at is not None:
        raise AccountRefused(f"{account.login} is disabled already")
    account.disabled_at = now()
    _end_everything(account)
    console_access.follow(account, ["enabled"])
    audit.record("account.disabled", actor=by, subject=account)
    log.info("account_disabled", login=account.login)


def enable(account: Account, *, by: Account | None = None) -> None:
    """They sign in again, with the password they had; their console accounts open again.

    Raises:
        AccountRefused: they are not disabled, or were erased.
    """
    if account.disabled_at is None:
        raise AccountRefused(f"{account.login} is not disabled")
    if account.email.endswith(ERASED_AT):
        raise AccountRefused(f"{account.login} was erased")
    account.disabled_at = None
    console_access.follow(account, ["enabled"])
    audit.record("account.enabled", actor=by, subject=account)
    log.info("account_enabled", login=account.login)


def end_sessions(account: Account) -> None:
    """Every sign-in and API Login ends, every mailed link and code, every token in the console."""
    _end_everything(account, in_console=True)
    audit.record("sign_in.all_ended", actor=None, subject=account)
    log.info("sessions_ended", login=account.login)


ERASED_AT = "@erased.invalid"
"""Where the address of an erased account ends: the domain that never exists (RFC 2606)."""


def erase(account: Account) -> None:
    """Forget a person (GDPR, article 17): what is left says nothing of them.

    Their places on contracts end, their console accounts are deleted. The row stays, under another
    name, where orders name it: the law wants those kept. So does the audit log, for its year.

    Raises:
        AccountRefused: they are the referent of a contract, which has to have one.
    """
    refs = db.session.execute(
        select(Contract.ref)
        .join(Membership, Membership.contract_id == Contract.id)
        .where(Membership.account_id == account.id, Membership.is_referent)
        .order_by(Contract.ref)
    ).scalars()
    if of := list(refs):
        raise AccountRefused(
            f"{account.login} is the referent of {', '.join(of)}:"
            " make somebody else the referent first (flask contracts referent)"
        )
    audit.record("account.erased", actor=None, subject=account)
    _end_everything(account)
    console_access.end_all(account)
    for table, owner in _theirs():
        db.session.execute(delete(table).where(owner == account.id))
    db.session.execute(
        update(SignIn).where(SignIn.account_id == account.id).values(ip="", user_agent="")
    )
    name = f"erased-{account.id}"
    db.session.execute(  # an order is found by who placed it
        update(Order)
        .where(Order.placed_by_id == account.id)
        .values(search_text=func.replace(Order.search_text, fold(account.login), name))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Removal).where(Removal.account_id == account.id).values(login=name, full_name="")
    )
    account.login, account.email = name, f"{name}{ERASED_AT}"
    account.first_name, account.last_name = "", name
    account.phone = account.mobile = account.password_hash = None
    account.is_staff = account.has_ece_changes = account.has_ece_incidents = False
    account.disabled_at = account.disabled_at or now()
    db.session.flush()
    log.info("account_erased", account=account.id)


def _theirs() -> Iterator[tuple[Table, Column[Any]]]:
    """Tables whose rows are about their account alone, with the column that says whose.

    That is what `ON DELETE CASCADE` says; a mail outlives its account otherwise.
    """
    mails = Base.metadata.tables[Mail.__tablename__]
    yield mails, mails.c.account_id
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            cascades = key.ondelete == "CASCADE" and key.target_fullname == "accounts.id"
            if cascades and table.name not in _KEPT:
                yield table, key.parent


def _end_everything(account: Account, *, in_console: bool = False) -> None:
    sign_ins.end_all(account, in_console=in_console)
    links.end_all(account)
    logins.end_all(account.id)
    resets.end_all(account)
    db.session.flush()
