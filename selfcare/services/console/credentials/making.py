"""The work on somebody's credentials, done as themselves (API-2, API-4).

Safe when the IAM or this worker stops between any two calls: everything made carries the wish's
mark, and a secret is sealed in the transaction that records what it belongs to. So something with
a mark of ours that no row records is what a broken-off try left: its secret is lost, and whoever
comes next, with the same API password or a later one, deletes it first.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    CredentialAction,
    CredentialKind,
    CredentialWish,
    now,
)
from selfcare.services.console.credentials import attempts, sealed, seen
from selfcare.services.console.iam import NewKey, OwnIAM, iam
from selfcare.services.console.iam.errors import IamProblem, NoProject, WrongPassword
from selfcare.services.mail.kinds import credentials as mails
from selfcare.services.safety import audit

log = structlog.get_logger(__name__)

PURPOSE, SHOWN = "credential wish", "new credential"


@dataclass(frozen=True)
class Work:
    """A claimed wish, read whole before the IAM is asked: no row is locked meanwhile."""

    claim: Claim[CredentialWish]
    account_id: int
    contract_id: int
    ref: str
    username: str
    kind: CredentialKind
    action: CredentialAction
    mark: str
    key: str
    name: str
    roles: frozenset[str]
    expires_at: datetime | None


@dataclass(frozen=True)
class Made:
    """What came of it; `secret` where something is new."""

    key: str
    secret: str = ""


@job(queue="interactive", timeout=90)
def carry_out(wish_id: int) -> None:
    """Sign in as the person, do what is wished, and see what the console has then."""
    if mine := claims.claim(CredentialWish, wish_id):
        with mine:
            _carry_out(mine)


def _carry_out(mine: Claim[CredentialWish]) -> None:
    wish = mine.held()
    held, work = sealed.take(wish.password_id, purpose=PURPOSE), _read(mine, wish)
    if held is None or work is None:
        wish.password_id = None
        claims.give_up(wish, CredentialWish.LOST if work else NoProject.code)
        return
    password, until = held
    # Back at once, for whoever takes over from a worker that died; not a second longer than it had.
    wish.password_id = sealed.put(password, purpose=PURPOSE, until=until)
    db.session.commit()
    try:
        own = iam().sign_in(work.ref, work.username, password)
        attempts.of_account(work.account_id, work.contract_id).release()
        seen.clear_remains(own, work.account_id, work.contract_id)
        made = _DOING[work.kind, work.action](own, work)
        found = seen.look(own)
    except IamProblem as problem:
        log.warning("credential_disturbed", wish=mine.row_id, problem=str(problem))
        wish = mine.held()
        if sealed.comes_again(wish, problem, until):
            db.session.commit()
            raise
        sealed.drop(wish.password_id)
        wish.password_id = None
        if isinstance(problem, WrongPassword):
            attempts.failed(*_whose(work), ip=wish.ip)
        return
    _settle(work, made, found)


def _read(mine: Claim[CredentialWish], wish: CredentialWish) -> Work | None:
    """The wish as it is carried out; None where the person has no open console account any more."""
    found = db.session.execute(
        select(ConsoleAccess, Contract.ref)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .where(
            ConsoleAccess.account_id == wish.account_id,
            ConsoleAccess.contract_id == wish.contract_id,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None or not found[0].wanted_groups:
        return None
    access, ref = found
    return Work(
        claim=mine,
        account_id=wish.account_id,
        contract_id=wish.contract_id,
        ref=ref,
        username=access.iam_username,
        kind=wish.kind,
        action=wish.action,
        mark=wish.mark,
        key=wish.key,
        name=wish.name,
        roles=frozenset(wish.roles),
        expires_at=wish.expires_at,
    )


def _whose(work: Work) -> tuple[Account, Contract]:
    account = db.session.get_one(Account, work.account_id)
    return account, db.session.get_one(Contract, work.contract_id)


# What is done


def _create_key(own: OwnIAM, work: Work) -> Made:
    proposal = NewKey(secrets.token_hex(16), mark=work.mark, secret=secrets.token_hex(20))
    made = own.create_key(proposal)
    return Made(made.access, made.secret)


def _delete_key(own: OwnIAM, work: Work) -> Made:
    own.delete_key(work.key)
    return Made(work.key)


def _rest_key(own: OwnIAM, work: Work) -> Made:
    own.enable_key(work.key, usable=False)
    return Made(work.key)


def _wake_key(own: OwnIAM, work: Work) -> Made:
    own.enable_key(work.key, usable=True)
    return Made(work.key)


def _create_application(own: OwnIAM, work: Work) -> Made:
    made = own.create_application_credential(
        work.name,
        roles=work.roles,
        expires_at=work.expires_at or now(),
        mark=work.mark,
    )
    return Made(made.key, made.secret)


def _delete_application(own: OwnIAM, work: Work) -> Made:
    own.delete_application_credential(work.key)
    return Made(work.key)


_DOING: Mapping[tuple[CredentialKind, CredentialAction], Callable[[OwnIAM, Work], Made]] = {
    (CredentialKind.ACCESS_KEY, CredentialAction.CREATE): _create_key,
    (CredentialKind.ACCESS_KEY, CredentialAction.DELETE): _delete_key,
    (CredentialKind.ACCESS_KEY, CredentialAction.REST): _rest_key,
    (CredentialKind.ACCESS_KEY, CredentialAction.WAKE): _wake_key,
    (CredentialKind.APPLICATION, CredentialAction.CREATE): _create_application,
    (CredentialKind.APPLICATION, CredentialAction.DELETE): _delete_application,
}

_AUDITED = {
    CredentialAction.CREATE: "created",
    CredentialAction.DELETE: "deleted",
    CredentialAction.REST: "rested",
    CredentialAction.WAKE: "woken",
}


# What comes of it


def _settle(work: Work, made: Made, found: Iterable[seen.Seen]) -> None:
    """It is done: recorded, sealed, mailed and written down in one transaction."""
    wish = work.claim.held()  # whoever has overtaken us deletes what was made here
    sealed.drop(wish.password_id)
    wish.password_id, wish.key = None, made.key
    if made.secret:
        wish.secret_id = sealed.put(made.secret, purpose=SHOWN)
    claims.settle(wish)
    seen.record(work.account_id, work.contract_id, found, new=made.key if made.secret else "")
    account, contract = _whose(work)
    audit.record(
        f"{work.kind}.{_AUDITED[work.action]}",
        actor=account,
        subject=account,
        contract=contract,
        ip=wish.ip,
        details={"key": made.key} | ({"name": work.name} if work.name else {}),
    )
    if work.action in {CredentialAction.CREATE, CredentialAction.DELETE}:
        write = mails.key_made if work.action == CredentialAction.CREATE else mails.key_deleted
        write(account, contract=contract, kind=work.kind, key=made.key, name=work.name)
    db.session.commit()
    log.info("credential_done", wish=wish.id, kind=work.kind, action=work.action)
