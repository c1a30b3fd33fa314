"""Accounts: finding them, and changing what they say of their owner."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, LinkPurpose, MailedLink
from selfcare.services.accounts import two_factor
from selfcare.services.console import access as console_access
from selfcare.services.mail import links
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit, throttling

DETAIL = {"first_name": "full_name", "last_name": "full_name", "mobile": "mobile"}
"""Personal data the console keeps, too, and what its accounts call it."""


class EmailTaken(Exception):
    """The address belongs to another account."""


class AccountRefused(Exception):
    """An operator's command cannot be carried out; the message says why."""


def find(login: str) -> Account | None:
    """The account of a login, whatever its case."""
    return db.session.execute(
        select(Account).options(undefer(Account.password_hash)).where(Account.has_login(login))
    ).scalar_one_or_none()


def known(login: str) -> Account:
    """The account of a login that an operator names.

    Raises:
        AccountRefused: there is none.
    """
    account = find(login)
    if account is None:
        raise AccountRefused(f"no account with the login {login}")
    return account


def by_email(email: str) -> Account | None:
    """The account of a mail address, whatever its case."""
    return db.session.execute(select(Account).where(Account.has_email(email))).scalar_one_or_none()


def release(account: Account) -> None:
    """Whoever got a mail of the account's is let in again, however many strangers failed (AUTH-6).

    Only what counts browsers that are not known is forgotten: a known one has its own count.
    """
    limits = config.current().throttle_account
    throttling.of_account(account.login, known=False, limits=limits).release()
    two_factor.brake_of_strangers(account).release()


def welcome(account: Account) -> None:
    """The access mail of a new account: its login, and where to set the password (AUTH-5)."""
    mails.access(account)


def change_data(account: Account, data: Mapping[str, str | bool | None]) -> None:
    """Change what somebody may change of themselves at once; the address has its own way."""
    changed = [name for name, value in data.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, data[name])
    followed = {DETAIL[name] for name in changed if name in DETAIL}
    if followed:
        console_access.follow(account, followed)
    if changed:
        audit.record("account.changed", actor=account, subject=account, details={"what": changed})


def ask_new_email(account: Account, email: str) -> None:
    """A link goes to the new address; the old one stays in use and is told (ACCOUNT-1).

    An address asked for before is forgotten: it may have been a stranger's, typed by mistake.
    Whether this one belongs to somebody else is only said to whoever opens its link.

    Raises:
        TooManyAttempts: this person, or people for this address, asked too often.
    """
    for kind, subject in (("new-email", str(account.id)), ("new-email-mailbox", email)):
        throttling.of_subject(kind, subject, config.current().throttle_recovery).take()
    links.end_all(account, LinkPurpose.CONFIRM_EMAIL)
    link = links.create(account, LinkPurpose.CONFIRM_EMAIL, email=email)
    mails.email_change(account, link=link, to=email)
    mails.email_change_notice(account, email=email)
    audit.record("email.asked", actor=account, subject=account, details={"email": email})


def set_email(account: Account, email: str) -> None:
    """An operator gives an account another address: its owner cannot reach the former one.

    Both addresses get a mail; links that were mailed before are dead.

    Raises:
        EmailTaken: the address belongs to another account.
    """
    _change_email(account, email, by=None)


def confirm_email(link: MailedLink) -> None:
    """The new address counts from now on; links made before are dead.

    Raises:
        LinkDead: the link was used in the meantime.
        EmailTaken: the address belongs to another account.
    """
    links.use(link)
    _change_email(link.account, link.email or link.account.email, by=link.account)


def _change_email(account: Account, email: str, *, by: Account | None) -> None:
    old = account.email
    try:
        with db.session.begin_nested():
            account.email = email
            db.session.flush()
    except IntegrityError as taken:
        db.session.refresh(account)
        raise EmailTaken from taken
    links.end_all(account)
    console_access.follow(account, ["email"])
    mails.email_changed(account, to=old)
    audit.record("email.changed", actor=by, subject=account, details={"former": old})
