"""Passwords: Argon2id hashes, checked in the same time whether the account exists or not."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from selfcare.models import Account

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's Argon2id floor
_nobody = _hasher.hash("nobody has this password")


def set_password(account: Account, password: str) -> None:
    """Give the account a password (the rules of AUTH-3 are the caller's)."""
    account.password_hash = _hasher.hash(password)


def matches(account: Account | None, password: str) -> bool:
    """Whether this is the account's password; None and "no password yet" take as long to refuse."""
    stored = account.password_hash if account else None
    try:
        _hasher.verify(stored or _nobody, password)
    except (VerificationError, InvalidHashError):
        return False
    if account is None or stored is None:
        return False
    if _hasher.check_needs_rehash(stored):
        account.password_hash = _hasher.hash(password)
    return True
