"""Signing in: login and password, then the second factor, with the brakes on (AUTH-1)."""

from __future__ import annotations

from selfcare import config
from selfcare.models import Account, SignIn
from selfcare.services.accounts import passwords, sign_ins, two_factor
from selfcare.services.accounts.people import find
from selfcare.services.accounts.two_factor import WrongCode
from selfcare.services.mail import bursts
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit, throttling
from selfcare.services.safety.browsers import Browser


class WrongCredentials(Exception):
    """Login or password is wrong; which one is nobody's business."""


class AccountDisabled(WrongCredentials):
    """The password is right, but an operator has disabled the account."""


class WrongDoor(WrongCredentials):
    """The password is right, but staff and customers sign in at pages of their own (STAFF-5)."""


def sign_in(login: str, password: str, *, browser: Browser, staff: bool = False) -> SignIn:
    """Check a login and password, with the brakes on (AUTH-1, AUTH-6).

    `staff` at the door of staff, which opens to nobody else.

    Raises:
        WrongDoor: nothing is begun.
        WrongCredentials: wrong login or wrong password; the caller commits all the same, since
            a burst of failures leaves a mail to its owner.
        AccountDisabled: right, but the account opens nothing.
        TooManyAttempts: nothing was checked.
    """
    login = login.strip().lower()
    known = browser.knows(login)
    by_address = throttling.of_address(browser, config.current().throttle_address)
    by_account = throttling.of_account(login, known=known, limits=config.current().throttle_account)
    if not known:  # whoever shares an address with a guesser is not held up in their own browser
        by_address.check()
    by_account.take()
    account = find(login)
    if not passwords.matches(account, password) or account is None:
        if not known:
            by_address.count()
        audit.record("sign_in.failed", actor=None, subject=account or "")
        if by_account.exhausted() and account:  # asked for unknown logins, too: it takes time
            bursts.tell_owner(mails.failed_sign_ins, account, ip=browser.ip)
        raise WrongCredentials
    if account.disabled_at is not None:
        audit.record("sign_in.disabled", actor=None, subject=account)
        raise AccountDisabled
    by_account.release()
    if account.is_staff is not staff:
        raise WrongDoor
    awaits_code = two_factor.of(account) is not None
    if not awaits_code:
        audit.record("sign_in.done", actor=account, subject=account)
    return sign_ins.begin(
        account,
        browser=browser,
        awaits_code=awaits_code,
    )


def give_code(sign_in: SignIn, code: str, *, browser: Browser) -> SignIn:
    """Check the second factor of a sign-in whose password was right; gives the open one (AUTH-7).

    Raises:
        WrongCode: the caller commits all the same, as after a wrong password.
        TooManyAttempts: nothing was checked.
    """
    account = sign_in.account
    brake = two_factor.brake(account, code, browser=browser)
    try:
        two_factor.check(account, code, brake=brake)
    except WrongCode:
        audit.record("sign_in.wrong_code", actor=None, subject=account)
        if brake.exhausted():
            bursts.tell_owner(mails.wrong_codes, account, ip=sign_in.ip)
        raise
    audit.record("sign_in.done", actor=account, subject=account)
    return sign_ins.complete(sign_in)


def check_password(account: Account, password: str) -> None:
    """Ask a signed-in person for the password again, as slowly as at the sign-in page.

    Raises:
        WrongCredentials: it is not theirs.
        TooManyAttempts: nothing was checked.
    """
    brake = throttling.of_subject("password", str(account.id), config.current().throttle_account)
    brake.take()
    if not passwords.matches(find(account.login), password):
        raise WrongCredentials
    brake.release()
