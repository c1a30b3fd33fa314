"""Accounts: finding them, signing them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from selfcare.config import Settings
from selfcare.database import db
from selfcare.models import Account, Mail, SignIn, now
from selfcare.services import mail, passwords, sessions, throttling

NOTICE_EVERY = timedelta(days=1)


class WrongCredentials(Exception):
    """Login or password is wrong; which one is nobody's business."""


@dataclass(frozen=True)
class Browser:
    """Where an attempt comes from; `known_to` is the login that signed in here before."""

    ip: str
    user_agent: str
    known_to: str = ""


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
    known = browser.known_to if browser.known_to == login else ""
    by_address = throttling.of_address(browser.ip, settings.throttle_address)
    by_account = throttling.of_account(login, known, settings.throttle_account)
    by_address.check()
    by_account.take()
    account = find(login)
    if not passwords.matches(account, password) or account is None:
        by_address.count()
        if account and by_account.exhausted():
            _tell_owner(account, browser)
        raise WrongCredentials
    by_account.release()
    return sessions.begin(account, ip=browser.ip, user_agent=browser.user_agent, settings=settings)


def _tell_owner(account: Account, browser: Browser) -> None:
    """One mail a day at most, however long the burst and however many are failing at once."""
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    recent = select(Mail.id).where(
        Mail.account_id == account.id,
        Mail.name == "failed_sign_ins",
        Mail.created_at > now() - NOTICE_EVERY,
    )
    if db.session.execute(recent.limit(1)).first() is None:
        mail.write("failed_sign_ins", account, ip=browser.ip, at=now().isoformat())
