"""*API Login*: company account, name and API password open the credentials pages (API-5).

The web process asks no IAM: it writes the wish, and a worker finds out who that is and whether the
password is right. What was opened is not a sign-in of the portal, whose second factor it lacks.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import contains_eager

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, ApiLogin, ConsoleAccess, Contract, Membership, now
from selfcare.services.console.credentials import attempts, sealed
from selfcare.services.console.iam import iam
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.months import TODAY
from selfcare.services.safety import audit, browsers
from selfcare.services.safety.throttling import TooManyAttempts

log = structlog.get_logger(__name__)

OPEN_FOR = timedelta(minutes=15)
PURPOSE = "api login"


class Refusal(StrEnum):
    """Why it opened nothing, where that is not a problem of the IAM."""

    WRONG = "wrong"
    """Account, name or password; which one is nobody's business."""
    TOO_MANY = "too_many"
    LOST = "lost"
    """The password was not kept for long enough."""


def ask(company_account: str, user_name: str, password: str) -> str:
    """Have a worker look at an API password; gives the token that the browser keeps.

    Raises:
        TooManyAttempts: this name, or this network address, has to wait.
    """
    attempts.of_name(company_account, user_name).take()
    attempts.of_address(browsers.present()).take()
    token = secrets.token_urlsafe(32)
    row = ApiLogin(
        token_hash=_hash(token),
        company_account=company_account,
        user_name=user_name,
        secret_id=sealed.put(password, purpose=PURPOSE),
        ip=browsers.present().ip[:45],
    )
    db.session.add(row)
    db.session.flush()
    look.after_commit(row.id)
    return token


def asked(token: str) -> ApiLogin | None:
    """What came of it so far, for the page that waits."""
    return db.session.execute(
        select(ApiLogin).where(ApiLogin.token_hash == _hash(token), ApiLogin.ended_at.is_(None))
    ).scalar_one_or_none()


class Opened(NamedTuple):
    """An API Login that opens pages, and whose it is."""

    login: ApiLogin
    account: Account
    contract: Contract
    console: ConsoleAccess


def opened(token: str, ref: str) -> Opened | None:
    """The session behind a cookie, for this contract, while there is a console role for it."""
    found = db.session.execute(
        select(ApiLogin, Account, Contract, ConsoleAccess)
        .join(Account, Account.id == ApiLogin.account_id)
        .join(Contract, Contract.id == ApiLogin.contract_id)
        .join(Contract.offer)
        .join(
            ConsoleAccess,
            (ConsoleAccess.account_id == ApiLogin.account_id)
            & (ConsoleAccess.contract_id == ApiLogin.contract_id),
        )
        .join(
            Membership,
            (Membership.account_id == ApiLogin.account_id)
            & (Membership.contract_id == ApiLogin.contract_id)
            & Membership.lasts_on(TODAY),
        )
        .options(contains_eager(Contract.offer))
        .where(
            ApiLogin.token_hash == _hash(token),
            ApiLogin.expires_at > now(),
            ApiLogin.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Contract.ref == ref,
        )
    ).one_or_none()
    return Opened(*found) if found and found[3].wanted_groups else None


def end(token: str) -> None:
    """Sign out."""
    db.session.execute(
        update(ApiLogin)
        .where(ApiLogin.token_hash == _hash(token), ApiLogin.ended_at.is_(None))
        .values(ended_at=now())
    )


def end_all(account_id: int, *on_contracts: int) -> None:
    """Every session of somebody's ends, or those on contracts where the API password is new."""
    of_theirs = ApiLogin.account_id == account_id
    if on_contracts:
        of_theirs &= ApiLogin.contract_id.in_(on_contracts)
    db.session.execute(
        update(ApiLogin).where(of_theirs, ApiLogin.ended_at.is_(None)).values(ended_at=now())
    )


@job(queue="interactive", timeout=60)
def look(login_id: int) -> None:
    """Find out who that is, and whether the console lets them in; the same calls for strangers."""
    if mine := claims.claim(ApiLogin, login_id):
        with mine:
            _look(mine)


def _look(mine: Claim[ApiLogin]) -> None:
    row = mine.seen()
    held = sealed.take(row.secret_id, purpose=PURPOSE)
    access, name = _meant(row)
    try:
        if access and row.attempts == 0:
            attempts.of_account(access.account_id, access.contract_id).take()
    except TooManyAttempts as wait:
        row = mine.held()
        row.wait_until = wait.retry_at
        claims.give_up(row, Refusal.TOO_MANY)
        return
    if held is None:
        claims.give_up(mine.held(), Refusal.LOST)
        return
    company_account = row.company_account
    db.session.commit()  # the secret's row is gone before anybody is asked; nothing is locked
    password, until = held
    try:
        right = iam().check_password(company_account, name, password)
    except IamProblem as problem:
        row = mine.held()
        log.warning("api_login_disturbed", login=row.id, problem=str(problem))
        if not sealed.comes_again(row, problem, until):
            return
        row.secret_id = sealed.put(password, purpose=PURPOSE, until=until)
        db.session.commit()
        raise
    _settle(mine.held(), access if right else None, known=access)


def _settle(row: ApiLogin, access: ConsoleAccess | None, *, known: ConsoleAccess | None) -> None:
    claims.settle(row)
    subject = db.session.get(Account, known.account_id) if known else None
    contract = db.session.get(Contract, known.contract_id) if known else None
    if access is None:
        row.problem = Refusal.WRONG
        if subject and contract:
            audit.record(
                "api_login.failed", actor=None, subject=subject, contract=contract, ip=row.ip
            )
            attempts.failed(subject, contract, ip=row.ip)
        return
    row.account_id, row.contract_id = access.account_id, access.contract_id
    row.expires_at = now() + OPEN_FOR
    attempts.of_account(access.account_id, access.contract_id).release()
    attempts.of_name(row.company_account, row.user_name).release()
    audit.record(
        "api_login.done", actor=subject, subject=subject or "", contract=contract, ip=row.ip
    )


def _meant(row: ApiLogin) -> tuple[ConsoleAccess | None, str]:
    """Whose console account that is, and its name there; nobody's, what was given.

    It is known by that name, the portal's login, the mail address or the mobile number.
    """
    name = row.user_name.lower()
    found = db.session.execute(
        select(ConsoleAccess)
        .join(Account, Account.id == ConsoleAccess.account_id)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .where(
            Contract.ref == row.company_account,
            Account.disabled_at.is_(None),
            or_(
                func.lower(ConsoleAccess.iam_username) == name,
                func.lower(Account.login) == name,
                func.lower(Account.email) == name,
                Account.mobile == row.user_name,
            ),
        )
        .limit(2)
    ).scalars()
    meant = [access for access in found if access.wanted_groups]
    if len(meant) != 1:
        return None, row.user_name
    [access] = meant
    return access, access.iam_username


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
