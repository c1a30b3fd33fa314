"""Accounts in a contract's console that are no member's: shown, taken over, deleted (USERS-8).

A look notes them. Nothing is done to one by itself: a member with the same address may get it as
theirs, and somebody may have it deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from selfcare.background import claims
from selfcare.background.jobs import job
from selfcare.database import Rows, db, lock
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    Membership,
    UnknownAccount,
    WishState,
)
from selfcare.services.console import access as console_access
from selfcare.services.console import domains
from selfcare.services.console.iam import Found, iam
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

SHOWN = 100
"""Accounts that one page shows at most."""


class NobodyHere(Exception):
    """No member has this address, or they have an account there already."""


def note(contract_id: int, users: Iterable[Found], seen_at: datetime) -> int:
    """Keep what a look found; accounts that are gone, or a member's by now, are forgotten.

    Says how many there are.
    """
    there = 0
    keys, names = _of_members(contract_id)
    noted = select(UnknownAccount).filter_by(contract_id=contract_id).order_by(UnknownAccount.id)
    kept = {row.key: row for row in db.session.execute(noted.with_for_update()).scalars()}
    for found in users:
        if found.key in keys or found.username.casefold() in names:
            continue
        row = kept.pop(found.key, None) or UnknownAccount(contract_id=contract_id, key=found.key)
        row.username, row.email = found.username[:255], found.email[:254]
        row.enabled, row.groups = found.enabled, sorted(found.groups)
        row.seen_at = seen_at
        db.session.add(row)
        there += 1
    for row in kept.values():
        db.session.delete(row)
    db.session.flush()
    return there


def _of_members(contract_id: int) -> tuple[set[str], set[str]]:
    """The ids and folded names of the accounts that are, or are still to end as, members'."""
    theirs = select(ConsoleAccess).filter_by(contract_id=contract_id)
    rows = [
        row
        for row in db.session.execute(theirs).scalars()
        if row.wanted_groups or not row.is_settled
    ]
    keys = {row.iam_user_id for row in rows if row.iam_user_id}
    return keys, {row.iam_username.casefold() for row in rows}


def seen(contract_id: int) -> Rows:
    """What a page shows of them, by name, with the member who may take each over."""
    member, access = aliased(Account), aliased(ConsoleAccess)
    has_one = exists().where(
        access.account_id == member.id,
        access.contract_id == contract_id,
        or_(access.state != WishState.DONE, access.iam_user_id.is_not(None)),
    )
    owner: ColumnElement[int | None] = (
        select(Membership.id)
        .join(member, member.id == Membership.account_id)
        .where(
            Membership.contract_id == contract_id,
            func.lower(member.email) == func.lower(UnknownAccount.email),
            ~has_one,
        )
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            UnknownAccount.id,
            UnknownAccount.username,
            UnknownAccount.email,
            UnknownAccount.enabled,
            UnknownAccount.groups,
            UnknownAccount.told.label("state"),
            UnknownAccount.problem,
            owner.label("membership_id"),
        )
        .where(UnknownAccount.contract_id == contract_id)
        .order_by(UnknownAccount.username, UnknownAccount.id)
        .limit(SHOWN)
    )


@dataclass(frozen=True)
class Shown:
    """A row of `seen`, as a page shows it; plain values, of which its ETag is made."""

    id: int
    username: str
    email: str
    enabled: bool
    groups: tuple[str, ...]
    state: str
    problem: str | None
    membership_id: int | None


def shown(contract_id: int) -> tuple[Shown, ...]:
    """The accounts to show on a page."""
    rows = db.session.execute(seen(contract_id)).all()
    return tuple(Shown(**{**row._asdict(), "groups": tuple(row.groups)}) for row in rows)


def adopt(unknown: UnknownAccount, membership: Membership) -> ConsoleAccess:
    """« Reprendre »: it is this member's from now on, with the roles it has there.

    Raises:
        NobodyHere: it is not theirs to have, by now.
    """
    offered = seen(unknown.contract_id).where(UnknownAccount.id == unknown.id)
    row = db.session.execute(offered).one_or_none()
    if row is None or row.membership_id != membership.id or row.state != WishState.DONE:
        raise NobodyHere
    account = db.session.get_one(Account, membership.account_id)
    contract = db.session.get_one(Contract, membership.contract_id)
    access = console_access.want(contract, account, unknown.groups)
    if access is None:  # it has no role that could be theirs
        raise NobodyHere
    access.iam_user_id, access.iam_username = unknown.key, unknown.username[:64]
    access.iam_email, access.iam_enabled = unknown.email or account.email, unknown.enabled
    access.starts_over, access.overwrite = False, []
    db.session.delete(unknown)
    db.session.flush()
    return access


def want_end(unknown: UnknownAccount, *, by: Account) -> None:
    """« Supprimer »: a job deletes it in the console, with its password and keys."""
    lock(unknown)
    if unknown.state in {WishState.QUEUED, WishState.RUNNING} and not unknown.problem:
        return
    claims.want(unknown)
    audit.record(
        "console.account_deleted",
        actor=by,
        subject=unknown.username[:64],
        contract=db.session.get_one(Contract, unknown.contract_id),
        details={"email": unknown.email},
    )
    db.session.flush()
    end.after_commit(unknown.id, first=True)


@job(queue="iam")
def end(unknown_id: int) -> None:
    """Delete an account in the console, unless it has become a member's."""
    if (mine := claims.claim(UnknownAccount, unknown_id)) is None:
        return
    with mine:
        row = mine.seen()
        key, ref = row.key, db.session.get_one(Contract, row.contract_id).ref
        keys, _ = _of_members(row.contract_id)
        db.session.commit()  # nothing stays locked while the IAM answers
        if key not in keys:
            try:
                iam().delete_user(ref, "", key)
            except IamProblem as problem:
                _postpone(mine.held(), problem)
                if problem.retryable:
                    raise
                return
        db.session.delete(mine.held())
        log.info("unknown_account_deleted", ref=ref, account=key)


def _postpone(row: UnknownAccount, problem: IamProblem) -> None:
    if problem.retryable or problem.mendable:
        domains.postpone(row, problem)
    else:
        claims.give_up(row, problem.code)
    db.session.commit()
