"""The three pages of a new API password: who asks, a code by mail, the password (figures 47 to 49).

Nobody is signed in, and no page may tell who is known. So the web process does the same for
everybody: it writes rows. A worker finds out whether there is such an account, and talks to the
mail server in either case; a stranger's code is nobody's, and no digits are right.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, update

from selfcare import config
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    Account,
    ApiReset,
    CodePurpose,
    ConsoleAccess,
    Contract,
    MailedCode,
    now,
)
from selfcare.services.console.credentials import codes
from selfcare.services.mail import codes as mailed
from selfcare.services.mail.smtp import Conversation
from selfcare.services.safety import browsers, throttling

OPEN_FOR = timedelta(minutes=30)
PROVEN_FOR = timedelta(minutes=10)
"""How long the password may be chosen after the right code."""

LATE = timedelta(seconds=30)
TOO_LATE = timedelta(minutes=5)
"""A code nobody answered is answered by a sweep, as long as somebody may still wait for it."""


class CaptchaMissing(Exception):
    """The characters were not copied, or a code was asked for with them already."""


def begin(company_account: str, email: str) -> str:
    """« Confirmer le compte »; gives the token that the browser keeps.

    Raises:
        TooManyAttempts: this network address has to wait.
    """
    browser = browsers.present()
    limits = config.current().throttle_recovery_address
    throttling.of_address(browser, limits, kind="api-reset").take()
    token = secrets.token_urlsafe(32)
    db.session.add(
        ApiReset(
            token_hash=_hash(token),
            company_account=company_account,
            email=email,
            ip=browser.ip[:45],
            expires_at=now() + OPEN_FOR,
        )
    )
    db.session.flush()
    return token


def opened(token: str) -> ApiReset | None:
    """What a token stands for, for half an hour."""
    return db.session.execute(
        select(ApiReset).where(ApiReset.token_hash == _hash(token), ApiReset.expires_at > now())
    ).scalar_one_or_none()


def ask_code(reset: ApiReset) -> None:
    """« Obtenir le code »: the former one is void, the characters have to be copied anew.

    Raises:
        CaptchaMissing: they were not copied.
        TooManyAttempts: too many codes were asked for.
    """
    if not reset.solved_captcha:
        raise CaptchaMissing
    codes.brake(f"{reset.company_account}|{reset.email}").take()
    if former := code_of(reset):
        former.ended_at = former.ended_at or now()
    reset.code_id = codes.begin(CodePurpose.API_PASSWORD).id
    reset.solved_captcha, reset.proven_at = False, None
    db.session.flush()
    answer.after_commit(reset.code_id)


def code_of(reset: ApiReset) -> MailedCode | None:
    """The code that was asked for last."""
    return db.session.get(MailedCode, reset.code_id) if reset.code_id else None


def prove(reset: ApiReset, given: str) -> None:
    """The right code: the password may be chosen now. The caller commits, whatever comes of it.

    Raises:
        CodeRefused: as `WrongCode` or `CodeOver`.
    """
    codes.use(code_of(reset), given)
    reset.proven_at = now()


def is_proven(reset: ApiReset) -> bool:
    """Whether the right code was given a short while ago."""
    return reset.proven_at is not None and now() < reset.proven_at + PROVEN_FOR


def owner(reset: ApiReset) -> tuple[Account, Contract] | None:
    """Whose mails were read, once that is proven."""
    code = code_of(reset)
    if code is None or code.account_id is None or not is_proven(reset):
        return None
    return (
        db.session.get_one(Account, code.account_id),
        db.session.get_one(Contract, code.contract_id),
    )


def end_all(account: Account) -> None:
    """No code that was mailed to them opens anything, nor does what was proven by one."""
    theirs = MailedCode.account_id == account.id
    db.session.execute(
        update(ApiReset)
        .where(ApiReset.code_id.in_(select(MailedCode.id).where(theirs)))
        .values(proven_at=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(MailedCode)
        .where(theirs, MailedCode.ended_at.is_(None))
        .values(ended_at=now())
        .execution_options(synchronize_session=False)
    )


@job(queue="interactive", timeout=60)
def answer(code_id: int) -> None:
    """Make the code somebody's and mail it, if there is such an account; safe twice."""
    asked = db.session.execute(
        select(ApiReset, MailedCode)
        .join(MailedCode, MailedCode.id == ApiReset.code_id)
        .where(MailedCode.id == code_id)
        .with_for_update()
    ).one_or_none()
    if asked is None or asked[1].account_id or asked[1].told_at:
        return
    reset, code = asked
    if found := _meant(reset):
        codes.belongs_to(code, *found)
    else:
        pretend.after_commit(code_id)


@job(queue="interactive", timeout=60)
def pretend(code_id: int) -> None:
    """Talk to the mail server and send nothing, so that time passes for strangers alike."""
    with Conversation(current_app.extensions["mail"]) as server:
        server.greet()
    mailed.starts(code_id, taken=False)


@job(queue="sweeps")
def wake_codes() -> None:
    """Answer those whose wake-up was lost, while somebody may be waiting."""
    waiting = select(MailedCode.id).where(
        MailedCode.purpose == CodePurpose.API_PASSWORD,
        MailedCode.account_id.is_(None),
        MailedCode.told_at.is_(None),
        MailedCode.created_at.between(now() - TOO_LATE, now() - LATE),
    )
    answer.wake(db.session.execute(waiting.order_by(MailedCode.id).limit(1000)).scalars())


def _meant(reset: ApiReset) -> tuple[Account, Contract] | None:
    found = db.session.execute(
        select(Account, Contract, ConsoleAccess)
        .join(ConsoleAccess, ConsoleAccess.account_id == Account.id)
        .join(Contract, Contract.id == ConsoleAccess.contract_id)
        .where(
            Contract.ref == reset.company_account,
            func.lower(Account.email) == reset.email.lower(),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    return (found[0], found[1]) if found and found[2].wanted_groups else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
