"""Forgotten passwords and logins: asked by anybody, answered by mail only (AUTH-2, AUTH-4).

The web process writes the same row for every login and address. Whether somebody is known is found
out by a worker, so that neither the page nor the time it takes says anything.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import delete, select

from selfcare import config
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, LinkPurpose, MailedLink, RecoveryRequest, SignIn, now
from selfcare.services.accounts import passwords, people
from selfcare.services.mail import links
from selfcare.services.mail.kinds import account as mails
from selfcare.services.retention import forgetting
from selfcare.services.safety import audit, throttling
from selfcare.services.safety.browsers import Browser
from selfcare.services.safety.throttling import TooManyAttempts

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=30)


def check_address(browser: Browser) -> None:
    """Count one form sent, right or wrong, before its captcha is looked at.

    Raises:
        TooManyAttempts: this network address has to wait.
    """
    limits = config.current().throttle_recovery_address
    throttling.of_address(browser, limits, kind="recovery-address").take()


def ask(wanted: str, given: str, *, browser: Browser) -> None:
    """Ask for a password link (`wanted="password"`, given a login) or a login (given an address).

    Raises:
        TooManyAttempts: this was asked for too often, whether it is known or not.
    """
    given = given.strip()[:254]
    throttling.of_subject(f"recovery-{wanted}", given, config.current().throttle_recovery).take()
    request = RecoveryRequest(wanted=wanted, given=given, ip=browser.ip)
    db.session.add(request)
    db.session.flush()
    answer.after_commit(request.id)


@job(queue="mail")
def answer(request_id: int) -> None:
    """Write the mail if somebody is known by that login or address; the request goes with it."""
    asked = db.session.execute(
        delete(RecoveryRequest)
        .where(RecoveryRequest.id == request_id)
        .returning(RecoveryRequest.wanted, RecoveryRequest.given, RecoveryRequest.ip)
    ).one_or_none()
    if asked is None:
        return
    find = people.find if asked.wanted == "password" else people.by_email
    account = find(asked.given)
    if account is None or account.disabled_at is not None or _mailbox_is_full(account):
        log.info("recovery_without_mail", wanted=asked.wanted, known=account is not None)
        return
    if asked.wanted == "password":
        link = links.create(account, LinkPurpose.SET_PASSWORD)
        mails.set_password(account, link=link)
    else:
        mails.forgotten_login(account)
    audit.record(f"{asked.wanted}.asked", actor=None, subject=account, ip=asked.ip)


def set_password(
    link: MailedLink, password: str, *, keep: SignIn | None, keep_passkeys: bool
) -> None:
    """Set the password a mailed link allows to set (AUTH-3); strangers' failures are forgotten.

    Raises:
        LinkDead: the link was used in the meantime.
    """
    links.use(link)
    passwords.change(
        link.account, password, by=link.account, keep=keep, keep_passkeys=keep_passkeys
    )
    people.release(link.account)


def _mailbox_is_full(account: Account) -> bool:
    """Whether this mailbox got enough of these mails for now, by whatever way they were asked."""
    limits = config.current().throttle_recovery
    try:
        throttling.of_subject("recovery-mailbox", account.email, limits).take()
    except TooManyAttempts:
        return True
    return False


@job(queue="sweeps")
def wake_requests() -> None:
    """Wake requests nobody answered, as long as an answer is of use."""
    present = now()
    waiting = select(RecoveryRequest.id).where(
        RecoveryRequest.created_at < present - PATIENCE,
        RecoveryRequest.created_at >= present - forgetting.period(RecoveryRequest),
    )
    answer.wake(db.session.execute(waiting.limit(1000)).scalars())
