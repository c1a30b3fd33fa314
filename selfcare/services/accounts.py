"""Accounts: finding them, signing them in, changing what they say of their owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from selfcare.config import Settings
from selfcare.database import db
from selfcare.models import Account, LinkPurpose, Mail, MailedLink, SignIn, now
from selfcare.services import (
    audit,
    console_access,
    links,
    mail_kinds,
    passwords,
    sessions,
    throttling,
    two_factor,
)
from selfcare.services.sessions import Browser
from selfcare.services.two_factor import WrongCode

NOTICE_EVERY = timedelta(days=1)
DETAIL = {"first_name": "full_name", "last_name": "full_name", "mobile": "mobile"}
"""Personal data the console keeps, too, and what its accounts call it."""


class _Notice(Protocol):
    """A mail about what somebody does at the sign-in page."""

    __name__: str

    def __call__(self, account: Account, *, ip: str) -> Mail: ...


class WrongCredentials(Exception):
    """Login or password is wrong; which one is nobody's business."""


class EmailTaken(Exception):
    """The address belongs to another account."""


def find(login: str) -> Account | None:
    """The account of a login, whatever its case."""
    return db.session.execute(
        select(Account)
        .options(undefer(Account.password_hash))
        .where(func.lower(Account.login) == login.strip().lower())
    ).scalar_one_or_none()


def sign_in(login: str, password: str, *, browser: Browser, settings: Settings) -> SignIn:
    """Check a login and password, with the brakes on (AUTH-1, AUTH-6).

    Raises:
        WrongCredentials: wrong login or wrong password; the caller commits all the same, since
            a burst of failures leaves a mail to its owner.
        TooManyAttempts: nothing was checked.
    """
    login = login.strip().lower()
    known = browser.knows(login)
    by_address = throttling.of_address(browser.ip, settings.throttle_address)
    by_account = throttling.of_account(login, known=known, limits=settings.throttle_account)
    if not known:  # whoever shares an address with a guesser is not held up in their own browser
        by_address.check()
    by_account.take()
    account = find(login)
    if not passwords.matches(account, password) or account is None:
        if not known:
            by_address.count()
        audit.record("sign_in.failed", actor=None, subject=account or "")
        if by_account.exhausted() and account:  # asked for unknown logins, too: it takes time
            _tell_owner(mail_kinds.failed_sign_ins, account, ip=browser.ip)
        raise WrongCredentials
    by_account.release()
    awaits_code = two_factor.of(account) is not None
    if not awaits_code:
        audit.record("sign_in.done", actor=account, subject=account)
    return sessions.begin(
        account,
        browser=browser,
        settings=settings,
        awaits_code=awaits_code,
    )


def give_code(sign_in: SignIn, code: str, *, browser: Browser, settings: Settings) -> SignIn:
    """Check the second factor of a sign-in whose password was right; gives the open one (AUTH-7).

    Raises:
        WrongCode: the caller commits all the same, as after a wrong password.
        TooManyAttempts: nothing was checked.
    """
    account = sign_in.account
    brake = two_factor.brake(account, code, browser=browser, settings=settings)
    try:
        two_factor.check(account, code, brake=brake)
    except WrongCode:
        audit.record("sign_in.wrong_code", actor=None, subject=account)
        if brake.exhausted():
            _tell_owner(mail_kinds.wrong_codes, account, ip=sign_in.ip)
        raise
    audit.record("sign_in.done", actor=account, subject=account)
    return sessions.complete(sign_in, settings=settings)


def release(account: Account, *, settings: Settings) -> None:
    """Whoever got a mail of the account's is let in again, however many strangers failed (AUTH-6).

    Only what counts browsers that are not known is forgotten: a known one has its own count.
    """
    throttling.of_account(account.login, known=False, limits=settings.throttle_account).release()
    two_factor.brake_of_strangers(account, settings=settings).release()


def check_password(account: Account, password: str, *, settings: Settings) -> None:
    """Ask a signed-in person for the password again, as slowly as at the sign-in page.

    Raises:
        WrongCredentials: it is not theirs.
        TooManyAttempts: nothing was checked.
    """
    brake = throttling.of_subject("password", str(account.id), settings.throttle_account)
    brake.take()
    if not passwords.matches(find(account.login), password):
        raise WrongCredentials
    brake.release()


def welcome(account: Account) -> None:
    """The access mail of a new account: its login, and where to set the password (AUTH-5)."""
    mail_kinds.access(account)


def change_data(account: Account, data: Mapping[str, str | None]) -> None:
    """Change what somebody may change of themselves at once; the address has its own way."""
    changed = [name for name, value in data.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, data[name])
    followed = {DETAIL[name] for name in changed if name in DETAIL}
    if followed:
        console_access.follow(account, followed)
    if changed:
        audit.record("account.changed", actor=account, subject=account, details={"what": changed})


def ask_new_email(account: Account, email: str, *, settings: Settings) -> None:
    """A link goes to the new address; the old one stays in use and is told (ACCOUNT-1).

    An address asked for before is forgotten: it may have been a stranger's, typed by mistake.
    Whether this one belongs to somebody else is only said to whoever opens its link.

    Raises:
        TooManyAttempts: this person, or people for this address, asked too often.
    """
    for kind, subject in (("new-email", str(account.id)), ("new-email-mailbox", email)):
        throttling.of_subject(kind, subject, settings.throttle_recovery).take()
    links.end_all(account, LinkPurpose.CONFIRM_EMAIL)
    link = links.create(account, LinkPurpose.CONFIRM_EMAIL, email=email)
    mail_kinds.email_change(account, link=link, to=email)
    mail_kinds.email_change_notice(account, email=email)
    audit.record("email.asked", actor=account, subject=account, details={"email": email})


def confirm_email(link: MailedLink) -> None:
    """The new address counts from now on; links made before are dead.

    Raises:
        LinkDead: the link was used in the meantime.
        EmailTaken: the address belongs to another account.
    """
    account, old = link.account, link.account.email
    links.use(link)
    try:
        with db.session.begin_nested():
            account.email = link.email or old
            db.session.flush()
    except IntegrityError as taken:
        db.session.refresh(account)
        raise EmailTaken from taken
    links.end_all(account)
    console_access.follow(account, ["email"])
    mail_kinds.email_changed(account, to=old)
    audit.record("email.changed", actor=account, subject=account, details={"former": old})


def _tell_owner(tell: _Notice, account: Account, *, ip: str) -> None:
    """One such mail a day at most, however long the burst and however many fail at once."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    recent = select(Mail.id).where(
        Mail.account_id == account.id,
        Mail.name == tell.__name__,
        Mail.created_at > now() - NOTICE_EVERY,
    )
    if db.session.execute(recent.limit(1)).first() is None:
        tell(account, ip=ip)
