"""Whose turn it is: one worker at a time takes somebody's wish, and reads it whole (USERS-8).

A claim runs out by itself, so that a worker that died holds nobody up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract
from selfcare.services.console.iam import Holder


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

    @property
    def is_plain(self) -> bool:
        """Whether one call of the port is all there is to do: it needs no row meanwhile."""
        ends = self.starts_over or self.ends_tokens or not self.groups
        return not ends and (bool(self.holder.key) or not self.name_is_taken)


def claim(access_id: int) -> Work | None:
    """Take the row if nobody is at it and it is due; in a transaction of its own."""
    if (mine := claims.claim(ConsoleAccess, access_id)) is None:
        return None
    [work] = _read([mine])
    return work


def claim_some(*conditions: ColumnElement[bool], most: int) -> list[Work]:
    """Take those that have waited longest, of those that are due and that nobody is at."""
    return _read(claims.claim_some(ConsoleAccess, *conditions, most=most))


def _read(mine: Sequence[Claim[ConsoleAccess]]) -> list[Work]:
    if not mine:
        return []
    found = db.session.execute(
        select(ConsoleAccess, Contract, Account)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(ConsoleAccess.id.in_([one.row_id for one in mine]))
        .execution_options(populate_existing=True)
    ).all()
    claimed = {one.row_id: one for one in mine}
    named = _named([access for access, *_ in found])
    works = [
        _work(claimed[access.id], access, contract, account, named)
        for access, contract, account in found
    ]
    db.session.commit()
    return works


Named = Mapping[tuple[int, str], set[int]]
"""Contract and folded name of an account there → the accesses it belongs to."""


def _named(accesses: Sequence[ConsoleAccess]) -> Named:
    name = func.lower(ConsoleAccess.iam_username)
    rows = db.session.execute(
        select(ConsoleAccess.contract_id, name, ConsoleAccess.id).where(
            ConsoleAccess.contract_id.in_({access.contract_id for access in accesses}),
            ConsoleAccess.iam_user_id.is_not(None),
            name.in_({access.iam_username.lower() for access in accesses}),
        )
    )
    named: dict[tuple[int, str], set[int]] = {}
    for contract_id, folded, access_id in rows:
        named.setdefault((contract_id, folded), set()).add(access_id)
    return named


def _work(
    mine: Claim[ConsoleAccess],
    access: ConsoleAccess,
    contract: Contract,
    account: Account,
    named: Named,
) -> Work:
    username = access.iam_username
    return Work(
        claim=mine,
        access_id=access.id,
        version=access.version,
        contract_id=contract.id,
        ref=contract.ref,
        holder=Holder(
            username=username,
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
        name_is_taken=bool(named.get((contract.id, username.lower()), set()) - {access.id}),
    )
