"""Whose turn it is: one worker at a time takes somebody's wish, and reads it whole (USERS-8).

A claim runs out by itself, so that a worker that died holds nobody up.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract
from selfcare.services.console.iam import Holder, username_for


@dataclass(frozen=True)
class Work:
    """A claimed wish, read whole before the IAM is asked: no row is touched meanwhile."""

    claim: Claim[ConsoleAccess]
    access_id: int
    version: int
    contract_id: int
    ref: str
    holder: Holder
    groups: frozenset[str]
    starts_over: bool
    ends_tokens: bool
    paused: bool
    name_is_taken: bool
    """By somebody else's account here, which is not to be touched."""


def claim(access_id: int) -> Work | None:
    """Take the row if nobody is at it and it is due; in a transaction of its own."""
    if (mine := claims.claim(ConsoleAccess, access_id)) is None:
        return None
    work = _read(mine)
    db.session.commit()
    return work


def _read(mine: Claim[ConsoleAccess]) -> Work:
    access, contract, account = db.session.execute(
        select(ConsoleAccess, Contract, Account)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(ConsoleAccess.id == mine.row_id)
        .execution_options(populate_existing=True)
    ).one()
    access.iam_username = access.iam_username or username_for(account.login)
    access.iam_email = access.iam_email or account.email
    namesake = select(ConsoleAccess.id).where(
        ConsoleAccess.contract_id == contract.id,
        ConsoleAccess.id != access.id,
        ConsoleAccess.iam_user_id.is_not(None),
        func.lower(ConsoleAccess.iam_username) == access.iam_username.lower(),
    )
    return Work(
        claim=mine,
        access_id=access.id,
        version=access.version,
        contract_id=contract.id,
        ref=contract.ref,
        holder=Holder(
            username=access.iam_username,
            email=access.iam_email,
            full_name=account.full_name,
            mobile=account.mobile or "",
            enabled=access.iam_enabled and account.disabled_at is None,
            key=access.iam_user_id or "",
            overwrite=frozenset(access.overwrite),
        ),
        groups=frozenset(access.wanted_groups),
        starts_over=access.starts_over,
        ends_tokens=access.ends_tokens or access.paused,
        paused=access.paused,
        name_is_taken=db.session.execute(namesake.limit(1)).first() is not None,
    )
