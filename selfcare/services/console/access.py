"""Console accounts: the wish in a row, carried out by one job at a time per person (USERS-8).

`want` is all a page calls. `converge` makes the IAM hold exactly that; run twice, late, after a
crash or beside another one, the outcome is the same. Nothing is locked while the IAM answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import structlog
from sqlalchemy import select

from selfcare.background import claims
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    OidcGrant,
    WishState,
    now,
)
from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console import claims as console_claims
from selfcare.services.console import domains as console_domains
from selfcare.services.console import notices
from selfcare.services.console.claims import Work
from selfcare.services.console.iam import iam, username_for
from selfcare.services.console.iam.errors import Conflict, GroupMissing, IamProblem
from selfcare.services.oidc import backchannel

log = structlog.get_logger(__name__)

RESTORED = ("email", "enabled", "username")
"""The details « Rétablir » brings back; a full name is nothing the sweep compares."""

ROUND = timedelta(seconds=10)
"""How long `converge_waiting` goes on in one process before it lets others have their turn: mails,
too; a worker that is told to stop finishes it within the 25 seconds it is given."""


# The wish


def want(
    contract: Contract, account: Account, groups: Iterable[str], *, wake: bool = True
) -> ConsoleAccess | None:
    """Wish somebody exactly these console roles; no role at all asks for the account's end."""
    wanted = sorted(set(groups))
    access = db.session.execute(
        select(ConsoleAccess)
        .filter_by(account_id=account.id, contract_id=contract.id)
        .with_for_update()
    ).scalar_one_or_none()
    if access is None:
        if not wanted:
            return None
        access = ConsoleAccess(
            account_id=account.id,
            contract_id=contract.id,
            wanted_groups=wanted,
            iam_username=username_for(account.login),
            iam_email=account.email,
        )
        db.session.add(access)
    elif sorted(access.wanted_groups) == wanted:
        return access
    else:
        if not access.wanted_groups:  # a new account, so a new mail
            access.starts_over = not access.is_settled
            access.announced_at = None
            access.iam_enabled, access.iam_email = True, account.email
            access.overwrite = ["email", "full_name", "mobile"]
        access.wanted_groups = wanted
        wish_again(access)
    if not wanted:
        backchannel.end(OidcGrant.account_id == account.id, OidcGrant.contract_id == contract.id)
    db.session.flush()
    if wake:
        converge.after_commit(access.id, first=True)
    return access


def again(access: ConsoleAccess) -> None:
    """« Réessayer » and « Rétablir »: wish the same once more, from now on.

    Where an account's disabling was accepted and nothing else is to be restored, it is enabled.
    """
    db.session.refresh(access, with_for_update=True)
    if access.drift:
        account = db.session.get_one(Account, access.account_id)
        access.iam_email, access.overwrite = account.email, list(RESTORED)
    elif not access.iam_enabled and access.state == WishState.DONE:
        access.iam_enabled, access.overwrite = True, ["enabled"]
    wish_again(access)
    db.session.flush()
    converge.after_commit(access.id, first=True)


def follow(account: Account, changed: Iterable[str]) -> None:
    """Somebody's own data changed: their console accounts follow, on every contract (ACCOUNT-1).

    Args:
        account: with the new data.
        changed: which of `email`, `full_name`, `mobile` and `enabled`.
    """
    theirs = select(ConsoleAccess).filter_by(account_id=account.id).order_by(ConsoleAccess.id)
    for access in db.session.execute(theirs.with_for_update()).scalars():
        if not access.wanted_groups:
            continue
        access.overwrite = sorted({*access.overwrite, *changed})
        if "email" in access.overwrite:
            access.iam_email = account.email
        wish_again(access)
        converge.after_commit(access.id, first=True)
    db.session.flush()


def end_all(account: Account) -> None:
    """Wish the end of every console account of somebody who is forgotten."""
    theirs = (
        select(ConsoleAccess, Contract)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .where(ConsoleAccess.account_id == account.id)
        .order_by(ConsoleAccess.id)
    )
    for _access, contract in db.session.execute(theirs).all():
        want(contract, account, [])


def contracts_of(account: Account) -> list[Contract]:
    """The contracts in whose console somebody has, or is to have, an account; by name."""
    theirs = (
        select(Contract, ConsoleAccess.wanted_groups)
        .join(ConsoleAccess, ConsoleAccess.contract_id == Contract.id)
        .where(ConsoleAccess.account_id == account.id)
        .order_by(Contract.name, Contract.id)
    )
    return [contract for contract, groups in db.session.execute(theirs) if groups]


def end_tokens(account: Account) -> None:
    """« Also in the console »: every token somebody holds on a contract there ends (CONSOLE-9).

    Disabling an account ends them all, and leaves its keys and roles.
    """
    theirs = select(ConsoleAccess).filter_by(account_id=account.id).order_by(ConsoleAccess.id)
    for access in db.session.execute(theirs.with_for_update()).scalars():
        if access.wanted_groups and access.iam_enabled:
            access.ends_tokens = True
            wish_again(access)
            converge.after_commit(access.id, first=True)
    db.session.flush()


def wish_again(access: ConsoleAccess) -> None:
    """A new version of the wish; a worker that is busy with the old one goes on alone with it."""
    access.version += 1
    access.changed_at, access.seen_at = now(), None
    access.detail = None
    if access.state == WishState.RUNNING:
        access.attempts, access.problem = 0, None
    else:
        claims.want(access)


# The work


@job(queue="iam")
def converge(access_id: int) -> None:
    """Make the IAM hold exactly the groups the portal wants for one person.

    Runs ahead of bulk imports (`converge_waiting`), because a manager is waiting.
    """
    if work := console_claims.claim(access_id):
        _carry_out(work)


@job(queue="iam", once=True)
def converge_waiting(contract_id: int) -> None:
    """The same for everybody of a contract who waits, in one process with one token (USERS-9)."""
    until = now() + ROUND
    theirs = (ConsoleAccess.contract_id == contract_id) & (ConsoleAccess.attempts == 0)
    while access_id := claims.next_due(ConsoleAccess, theirs):
        if now() > until:
            converge_waiting.after_commit(contract_id)
            return
        if work := console_claims.claim(access_id):
            _carry_out(work)


def _carry_out(work: Work) -> None:
    with work.claim:
        _make_true(work)


def _make_true(work: Work) -> None:
    holder, user_id = work.holder, None
    try:
        if work.starts_over or not work.groups:
            _end(work)
            holder = replace(holder, key="")
        if work.groups:
            if work.name_is_taken and not holder.key:
                raise Conflict(holder.username)
            console_domains.prepared(work.contract_id, work.ref)
            if work.ends_tokens and holder.key:
                _end_tokens(work, holder.key)
            user_id = iam().set_groups(work.ref, holder, work.groups)
            if work.ends_tokens and not holder.key:
                _end_tokens(work, user_id)
    except IamProblem as problem:
        _postpone(work, problem)
        if problem.retryable:
            raise
        return
    _settle(work, user_id)


def _end(work: Work) -> None:
    """The account's end, with its receipts: saved at once, so that it is not done twice."""
    name = "" if work.name_is_taken else work.holder.username
    held = iam().delete_user(work.ref, name, work.holder.key)
    access = work.claim.held()
    access.iam_user_id, access.starts_over, access.paused = None, False, False
    notices.complete_receipts(access, held)
    db.session.commit()


def _end_tokens(work: Work, user_id: str) -> None:
    """Disable the account and enable it again.

    That it is ours to enable is saved before: whoever takes over from a worker that died in
    between enables it, and an account that was disabled in the console stays so.
    """
    if work.paused or iam().is_enabled(work.ref, user_id):
        work.claim.held().paused = True
        db.session.commit()
        iam().enable(work.ref, user_id, usable=False)
        iam().enable(work.ref, user_id, usable=True)
    access = work.claim.held()
    access.paused = False
    access.ends_tokens = access.version != work.version  # once more, if that is what was wished
    db.session.commit()


def _settle(work: Work, user_id: str | None) -> None:
    """The console holds what was wanted, if that is still what is wanted."""
    access = work.claim.held()
    access.iam_user_id, access.detail = user_id, None
    if access.version != work.version:
        claims.want(access)
        converge.after_commit(access.id, first=True)
    else:
        claims.settle(access)
        access.settled_at = now()
        access.overwrite = []
    if work.groups:
        notices.announce(access)
    else:
        access.announced_at = None if access.wanted_groups else now()
    db.session.commit()
    log.info("console_converged", access=work.access_id, groups=sorted(work.groups))


def _postpone(work: Work, problem: IamProblem) -> None:
    """Say what went wrong and when it is tried again; saved at once."""
    access = work.claim.held()
    access.detail = str(problem)[:500]
    ends = work.starts_over or not work.groups or access.paused
    if access.version != work.version:  # the newer wish need not share the older one's fate
        claims.want(access)
        converge.after_commit(access.id, first=True)
    elif problem.retryable or problem.mendable or ends:  # somebody's end is not given up on
        console_domains.postpone(access, problem)
    else:
        claims.give_up(access, problem.code)
    if isinstance(problem, GroupMissing) and problem.names & set(PREDEFINED_CONSOLE_ROLES):
        console_domains.doubt(work.contract_id)
    db.session.commit()
    log.warning(
        "console_failed",
        access=work.access_id,
        ref=work.ref,
        login=work.holder.username,
        code=problem.code,
        problem=str(problem),
        tried_again=problem.retryable or ends,
    )
