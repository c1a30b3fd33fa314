"""Passwords: Argon2id hashes, checked in the same time whether the account exists or not."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from selfcare import config
from selfcare.models import Account, SignIn
from selfcare.services.accounts import passkeys, sign_ins
from selfcare.services.accounts.password_rules import PasswordRules, composed
from selfcare.services.mail import links
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's Argon2id floor
_nobody = (
    "$argon2id$v=19$m=19456,t=2,p=1$mXIjiG5tgsdsFCSW1TTtNA"
    "$TUeRMVTLSeJbnsdHfigSzp3fPK0a/GKanLlAFppDYUw"
)
"""The hash of a random text that nobody kept: as dear to check as anybody's, and not made anew at
each start."""


def set_password(account: Account, password: str) -> None:
    """Give the account a password (the rules of AUTH-3 are the caller's)."""
    account.password_hash = _hasher.hash(composed(password))


def rules() -> PasswordRules:
    """What a portal password must be, here (AUTH-3)."""
    return PasswordRules(min_length=config.current().password_min_length)


def change(
    account: Account,
    password: str,
    *,
    by: Account | None,
    keep: SignIn | None = None,
    keep_passkeys: bool = True,
) -> None:
    """Give a new password; every other session and every mailed link of the account ends (AUTH-3).

    Those in the console end, too, unless it is the account's first password: nobody was there yet.

    Args:
        account: whose password; they get a mail about it.
        password: the new one; the caller has checked it with `rules`.
        by: who does it; None for an operator on the command line.
        keep: the session it is changed in, which goes on.
        keep_passkeys: whether they go on opening the account.
    """
    had_one = account.password_hash is not None
    set_password(account, password)
    sign_ins.end_all(account, but=keep, in_console=had_one)
    links.end_all(account)
    if not keep_passkeys:
        passkeys.remove_all(account)
    audit.record("password.changed", actor=by, subject=account)
    mails.password_changed(account)


def matches(account: Account | None, password: str) -> bool:
    """Whether this is the account's password; None and "no password yet" take as long to refuse."""
    stored = account.password_hash if account else None
    whole = composed(password)
    fits = _verifies(stored or _nobody, whole)
    as_typed = not fits and whole != password and _verifies(stored or _nobody, password)
    if account is None or stored is None or not (fits or as_typed):
        return False
    if as_typed or _hasher.check_needs_rehash(stored):  # kept before passwords were composed
        set_password(account, password)
    return True


def _verifies(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
