"""Console accounts: the wish in a row (USERS-8); `converging` carries it out.

`want` is all a page calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select

from selfcare.background import claims
from selfcare.database import db, in_rounds, lock
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    OidcGrant,
    WishState,
    now,
)
from selfcare.services.console.converging import converge
from selfcare.services.console.iam import username_for
from selfcare.services.oidc import backchannel

RESTORED = ("email", "enabled", "username")
"""The details « Rétablir » brings back; a full name is nothing the sweep compares."""


def want(
    contract: Contract, account: Account, groups: Iterable[str], *, wake: bool = True
) -> ConsoleAccess | None:
    """Wish somebody exactly these console roles; no role at all asks for the account's end."""
    return want_all(contract, {account: list(groups)}, wake=wake)[account]


def want_all(
    contract: Contract, groups: Mapping[Account, Collection[str]], *, wake: bool = False
) -> dict[Account, ConsoleAccess | None]:
    """The same for many; without `wake` the caller has `converge_waiting` begin."""
    there: dict[int, ConsoleAccess] = {}
    for ids in in_rounds([account.id for account in groups]):
        some = select(ConsoleAccess).where(
            ConsoleAccess.contract_id == contract.id, ConsoleAccess.account_id.in_(ids)
        )
        locked = db.session.execute(some.order_by(ConsoleAccess.id).with_for_update()).scalars()
        there |= {access.account_id: access for access in locked}
    wished = {
        account: _wish(contract, account, sorted(set(wanted)), there.get(account.id))
        for account, wanted in groups.items()
    }
    db.session.flush()
    if wake:
        for access, is_new in wished.values():
            if access and is_new:
                converge.after_commit(access.id, first=True)
    return {account: access for account, (access, _) in wished.items()}


def _wish(
    contract: Contract, account: Account, wanted: list[str], access: ConsoleAccess | None
) -> tuple[ConsoleAccess | None, bool]:
    """Somebody's access with these groups, if there is to be one, and whether that is new."""
    if access is None:
        if not wanted:
            return None, False
        access = ConsoleAccess(
            account_id=account.id,
            contract_id=contract.id,
            wanted_groups=wanted,
            iam_username=username_for(account.login),
            iam_email=account.email,
        )
        db.session.add(access)
        return access, True
    if sorted(access.wanted_groups) == wanted:
        return access, False
    if not access.wanted_groups:  # a new account, so a new mail
        access.starts_over = not access.is_settled
        access.announced_at = None
        access.iam_enabled, access.iam_email = True, account.email
        access.overwrite = ["email", "full_name", "mobile"]
    access.wanted_groups = wanted
    wish_again(access)
    if not wanted:
        backchannel.end(OidcGrant.account_id == account.id, OidcGrant.contract_id == contract.id)
    return access, True


def again(access: ConsoleAccess) -> None:
    """« Réessayer » and « Rétablir »: wish the same once more, from now on.

    Where an account's disabling was accepted and nothing else is to be restored, it is enabled.
    """
    lock(access)
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
