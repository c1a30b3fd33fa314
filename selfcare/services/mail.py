"""The outbox: `write` in the transaction that causes a mail, `deliver` in a worker.

A mail is a folder of templates, `mail/<name>/` with `subject.txt`, `body.txt` and `body.html`,
rendered when it is sent, in the addressee's language. See docs/adding-a-mail.md.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from typing import Any
from uuid import uuid4

import flask_mail
import structlog
from email_validator import validate_email
from flask import current_app

from selfcare.background import claims
from selfcare.config import Settings
from selfcare.database import db
from selfcare.i18n import speaking
from selfcare.jinja import render
from selfcare.jobs import job
from selfcare.models import Account, Mail, WishState, now
from selfcare.services import links
from selfcare.services.letters import Letter, Mailbox

log = structlog.get_logger(__name__)


def write(
    name: str, account: Account, *, to: str | None = None, awaited: bool = False, **context: Any
) -> Mail:
    """Put a mail in the outbox; it leaves once the present transaction is committed.

    Called by `mail_kinds`, which has a function for each mail.

    Args:
        name: the folder under `templates/mail/`.
        account: the addressee; `to` is another address of theirs.
        awaited: somebody has just asked for it and waits: it goes before the hundreds of an import.
        context: what the templates need besides `account`: JSON values, no secret.
    """
    return _put(
        Mail(
            name=name,
            account_id=account.id,
            recipient=to or account.email,
            locale=account.locale,
            context=context,
        ),
        first=awaited,
    )


def write_to_operators(name: str, **context: Any) -> list[Mail]:
    """The same to each of `OPERATOR_EMAILS`: nobody's account, so nobody's page shows it."""
    settings: Settings = current_app.extensions["settings"]
    return [
        _put(Mail(name=name, recipient=to, locale=settings.operator_locale, context=context))
        for to in settings.operators
    ]


def _put(row: Mail, *, first: bool = False) -> Mail:
    row.message_id = f"{uuid4()}@{current_app.config['SERVER_NAME'].split(':')[0]}"
    db.session.add(row)
    db.session.flush()
    deliver.after_commit(row.id, first=first)
    return row


@job(queue="mail", timeout=60)
def deliver(mail_id: int) -> None:
    """Send one mail, once: whoever claims the row sends it; a dead worker's claim runs out.

    Its Message-ID never changes, so the one mail sent twice (a worker killed between the server's
    "250 OK" and our commit) is recognised as one by mail programs.
    """
    if (row := claims.claim(Mail, mail_id)) is None:
        return
    try:
        built = message(row)
        db.session.commit()  # nothing stays locked while the SMTP server takes its time
        with Conversation(current_app.extensions["mail"]) as server:
            server.send(built)
    except Exception as problem:  # a template's error too: every try counts, the last one shows
        db.session.rollback()
        if _is_final(problem):
            claims.give_up(row, str(problem))
            log.error("mail_refused", mail=row.id, problem=row.problem)  # noqa: TRY400 (no surprise)
            return
        claims.postpone(row, f"{type(problem).__name__}: {problem}")
        if row.state == WishState.FAILED:
            log.error("mail_failed", mail=row.id, problem=row.problem)  # noqa: TRY400 (no surprise)
        db.session.commit()
        raise
    claims.settle(row)
    row.sent_at = now()


class Conversation(flask_mail.Connection):
    """Flask-Mail's talk with the SMTP server, with a timeout and a checked certificate.

    Once the server has taken a mail it is sent, however the goodbye goes.
    """

    def configure_host(self) -> SMTP:
        """Connect; nothing here waits longer than `MAIL_TIMEOUT`."""
        settings: Settings = current_app.extensions["settings"]
        address = (self.mail.server, self.mail.port)
        trusted = ssl.create_default_context()
        if self.mail.use_ssl:
            host: SMTP = SMTP_SSL(*address, timeout=settings.mail_timeout, context=trusted)
        else:
            host = SMTP(*address, timeout=settings.mail_timeout)
        if self.mail.use_tls:
            host.starttls(context=trusted)
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)
        return host

    def __exit__(self, *_: object) -> None:
        if self.host is not None:
            with suppress(SMTPException, OSError):
                self.host.quit()
            self.host.close()


def _is_final(problem: Exception) -> bool:
    """Whether the server refuses these people or this mail for good, by a 5xx reply."""
    if isinstance(problem, SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in problem.recipients.values())
    if isinstance(problem, (SMTPSenderRefused, SMTPDataError)):
        return 500 <= problem.smtp_code < 600
    return False


def _as_servers_know(address: str) -> str:
    """The address with a domain of plain letters: « exämple.fr » is `xn--exmple-cua.fr`."""
    if address.isascii():
        return address
    return validate_email(address, check_deliverability=False).ascii_email or address


def message(row: Mail) -> Letter:
    """The mail as it leaves: text and HTML, in the addressee's language."""
    account = db.session.get(Account, row.account_id) if row.account_id else None
    return rendered(row, account)


def rendered(row: Mail, account: Account | None) -> Letter:
    """The same for an account at hand."""
    context = {**row.context, "account": account}
    if "link_id" in row.context:
        context["link"] = links.address(row.context["link_id"])  # a secret: made now, kept nowhere
    with speaking(row.locale):
        subject = render(f"mail/{row.name}/subject.txt", **context)
        text = render(f"mail/{row.name}/body.txt", **context)
        html = render(f"mail/{row.name}/body.html", subject=subject, **context)
    settings: Settings = current_app.extensions["settings"]
    return Letter(
        sender=Mailbox(settings.brand_name, settings.mail_sender),
        to=Mailbox(account.full_name if account else "", _as_servers_know(row.recipient)),
        subject=" ".join(subject.split()),
        text=text,
        html=html,
        message_id=f"<{row.message_id}>",
        headers={"Auto-Submitted": "auto-generated", "Content-Language": row.locale},
    )
