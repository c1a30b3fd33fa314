"""What is wished of access keys and application credentials, one thing at a time (API-2, API-4).

The page writes the wish and seals the API password beside it; `making` carries it out. What comes
of it is read by the wish's mark, the secret of something new once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from selfcare.database import db, lock
from selfcare.models import (
    Account,
    ConsoleAccess,
    ConsoleCredential,
    Contract,
    CredentialAction,
    CredentialKind,
    CredentialWish,
    WishState,
    now,
)
from selfcare.services.console.credentials import attempts, making, sealed
from selfcare.services.console.iam import MOST_KEYS

OPEN = (WishState.QUEUED, WishState.RUNNING)


class Refused(Exception):
    """It cannot be wished; nothing was written."""


class Busy(Refused):
    """The wish before it is still being carried out."""

    def __init__(self, mark: str) -> None:
        super().__init__(mark)
        self.mark = mark


class EnoughKeys(Refused):
    """There are as many access keys as one may have."""


class NameTaken(Refused):
    """Another application credential of theirs has that name."""


def of(account: Account, contract: Contract, kind: CredentialKind) -> Sequence[ConsoleCredential]:
    """Somebody's credentials as the console was last seen to have them, the oldest first."""
    return (
        db.session.execute(
            select(ConsoleCredential)
            .where(
                ConsoleCredential.account_id == account.id,
                ConsoleCredential.contract_id == contract.id,
                ConsoleCredential.kind == kind,
            )
            .order_by(ConsoleCredential.id)
        )
        .scalars()
        .all()
    )


def one_of(account: Account, contract: Contract, credential_id: int) -> ConsoleCredential | None:
    """One of somebody's own."""
    return db.session.execute(
        select(ConsoleCredential).where(
            ConsoleCredential.id == credential_id,
            ConsoleCredential.account_id == account.id,
            ConsoleCredential.contract_id == contract.id,
        )
    ).scalar_one_or_none()


def key(access: ConsoleAccess, password: str, *, ip: str) -> CredentialWish:
    """« Add Access Key »: wish somebody a new key.

    Raises:
        Busy, EnoughKeys: it cannot be.
        TooManyAttempts: too many API passwords were tried.
    """
    _one_at_a_time(access)
    if len(_keys(access, CredentialKind.ACCESS_KEY)) >= MOST_KEYS:
        raise EnoughKeys
    return _wish(access, password, ip, CredentialKind.ACCESS_KEY, CredentialAction.CREATE)


def application(
    access: ConsoleAccess,
    password: str,
    *,
    name: str,
    roles: Iterable[str],
    expires_at: datetime,
    ip: str,
) -> CredentialWish:
    """Wish somebody a new application credential.

    Raises:
        Busy, NameTaken: it cannot be.
        TooManyAttempts: too many API passwords were tried.
    """
    _one_at_a_time(access)
    held = _keys(access, CredentialKind.APPLICATION)
    if name.casefold() in {one.name.casefold() for one in held}:
        raise NameTaken
    wish = _wish(access, password, ip, CredentialKind.APPLICATION, CredentialAction.CREATE)
    wish.name, wish.roles, wish.expires_at = name, sorted(roles), expires_at
    return wish


def change(
    access: ConsoleAccess,
    password: str,
    credential: ConsoleCredential,
    action: CredentialAction,
    *,
    ip: str,
) -> CredentialWish:
    """Wish a credential's end, its rest, or its waking.

    Raises:
        Busy: it cannot be.
        TooManyAttempts: too many API passwords were tried.
    """
    _one_at_a_time(access)
    wish = _wish(access, password, ip, credential.kind, action)
    wish.key, wish.name = credential.key, credential.name
    return wish


def marked(account: Account, contract: Contract, mark: str) -> CredentialWish | None:
    """Somebody's own wish, for the page that shows what came of it."""
    return db.session.execute(
        select(CredentialWish).where(
            CredentialWish.mark == mark,
            CredentialWish.account_id == account.id,
            CredentialWish.contract_id == contract.id,
        )
    ).scalar_one_or_none()


def at_work(account: Account, contract: Contract) -> CredentialWish | None:
    """The wish that is being carried out."""
    return _open(account.id, contract.id)


def secret_of(wish: CredentialWish) -> str | None:
    """The secret that was made: for whoever reads it first, once."""
    if wish.secret_id is None:
        return None
    found = sealed.take(wish.secret_id, purpose=making.SHOWN)
    wish.secret_id = None
    return found[0] if found else None


def _one_at_a_time(access: ConsoleAccess) -> None:
    """Two workers at one person's keys would take each other's for remains of a broken-off try."""
    lock(access)
    if wish := _open(access.account_id, access.contract_id):
        raise Busy(wish.mark)


def _open(account_id: int, contract_id: int) -> CredentialWish | None:
    return db.session.execute(
        select(CredentialWish).where(
            CredentialWish.account_id == account_id,
            CredentialWish.contract_id == contract_id,
            CredentialWish.state.in_(OPEN),
        )
    ).scalar_one_or_none()


def _keys(access: ConsoleAccess, kind: CredentialKind) -> Sequence[ConsoleCredential]:
    return (
        db.session.execute(
            select(ConsoleCredential).where(
                ConsoleCredential.account_id == access.account_id,
                ConsoleCredential.contract_id == access.contract_id,
                ConsoleCredential.kind == kind,
            )
        )
        .scalars()
        .all()
    )


def _wish(
    access: ConsoleAccess, password: str, ip: str, kind: CredentialKind, action: CredentialAction
) -> CredentialWish:
    attempts.of_account(access.account_id, access.contract_id).take()
    wish = CredentialWish(
        account_id=access.account_id,
        contract_id=access.contract_id,
        kind=kind,
        action=action,
        mark=secrets.token_hex(16),
        password_id=sealed.put(password, purpose=making.PURPOSE),
        created_at=now(),
        ip=ip[:45],
    )
    db.session.add(wish)
    db.session.flush()
    making.carry_out.after_commit(wish.id)
    return wish
