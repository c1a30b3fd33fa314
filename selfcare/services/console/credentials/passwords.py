"""A new API password: a wish with a sealed secret, carried out by a worker (API-1).

The service account, which is only `manager` of the contract's domain, sets it. Then the worker
signs in with it, as the person, to see which keys and application credentials stay alive.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import select

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db, lock
from selfcare.models import (
    Account,
    ApiPassword,
    ApiReset,
    ConsoleAccess,
    Contract,
    WishState,
    now,
)
from selfcare.services.console.credentials import attempts, logins, resets, sealed
from selfcare.services.console.iam import iam
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.mail.kinds import credentials as mails
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

PURPOSE = "api password"

SETTLES = timedelta(seconds=1.1)
"""How long after a change of the password nobody may sign in: the IAM revokes tokens by the second,
and one of the same second would be dead at once."""


class NotProven(Exception):
    """The code was not given, too long ago, or a password was wished with it already."""


class Refusal(StrEnum):
    """Why nothing was set, where that is not a problem of the IAM."""

    LOST = "lost"
    """The password was not kept for long enough, or the worker died with it in its hands."""
    NO_ACCESS = "no_access"
    """The last console role went meanwhile, or the account was disabled."""


def wish(reset: ApiReset, password: str) -> ApiPassword:
    """Have a worker set the password, for whoever has proven to read the mails.

    Raises:
        NotProven: they have not.
    """
    lock(reset)  # of a double click one is the wish
    owner = resets.owner(reset)
    if owner is None or is_used(reset):
        raise NotProven
    account, contract = owner
    row = ApiPassword(
        account_id=account.id,
        contract_id=contract.id,
        secret_id=sealed.put(password, purpose=PURPOSE),
    )
    db.session.add(row)
    db.session.flush()
    reset.wish_id = row.id
    carry_out.after_commit(row.id)
    return row


def wished(reset: ApiReset) -> ApiPassword | None:
    """The password that was wished on these pages."""
    return db.session.get(ApiPassword, reset.wish_id) if reset.wish_id else None


def is_used(reset: ApiReset) -> bool:
    """Whether these pages led to a password, or are about to; one that failed is chosen again."""
    wish = wished(reset)
    return wish is not None and wish.state != WishState.FAILED


def kept_until(wish: ApiPassword) -> datetime:
    """Until when it is tried."""
    return wish.created_at + sealed.GOOD_FOR


@job(queue="interactive", timeout=60)
def carry_out(wish_id: int) -> None:
    """Give the account its password; one that was set before a worker died is not set again."""
    if mine := claims.claim(ApiPassword, wish_id):
        with mine:
            _carry_out(mine)


def _carry_out(mine: Claim[ApiPassword]) -> None:
    row = mine.seen()
    held = sealed.take(row.secret_id, purpose=PURPOSE)
    if row.set_at:
        claims.settle(mine.held())
        return
    access, account, contract = db.session.execute(
        select(ConsoleAccess, Account, Contract)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .where(Account.id == row.account_id, Contract.id == row.contract_id)
    ).one()
    if held is None or not access.wanted_groups or account.disabled_at:
        claims.give_up(mine.held(), Refusal.NO_ACCESS if held else Refusal.LOST)
        return
    ref, name = contract.ref, access.iam_username
    key = access.iam_user_id or ""
    db.session.commit()  # the secret's row is gone before anybody is asked; nothing is locked
    password, until = held
    try:
        iam().set_password(ref, name, password, key)
    except IamProblem as problem:
        row = mine.held()
        log.warning("api_password_disturbed", wish=row.id, problem=str(problem))
        if not sealed.comes_again(row, problem, until):
            return
        row.secret_id = sealed.put(password, purpose=PURPOSE, until=until)
        db.session.commit()
        raise
    _note(mine.held(), account, contract)
    alive = _alive(ref, name, password)
    row = mine.held()
    row.alive = alive
    claims.settle(row)


def _note(row: ApiPassword, account: Account, contract: Contract) -> None:
    """It is set: saved at once, with all that follows."""
    row.set_at = now()
    logins.end_all(account.id, contract.id)
    attempts.of_account(account.id, contract.id).release()
    audit.record("api_password.changed", actor=account, subject=account, contract=contract)
    mails.api_password_changed(account, contract=contract)
    db.session.commit()


def _alive(ref: str, name: str, password: str) -> list[list[str]] | None:
    """What else opens the account, as its owner is told; None where the IAM does not say."""
    time.sleep(SETTLES.total_seconds())
    try:
        own = iam().sign_in(ref, name, password)
        keys = [["key", key.access] for key in own.access_keys()]
        if not iam().kind.has_application_credentials:
            return keys
        return keys + [["application", one.name] for one in own.application_credentials()]
    except IamProblem as problem:
        log.warning("api_password_alone", problem=str(problem))
        return None
