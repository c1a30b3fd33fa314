"""The outbox: `write` in the transaction that causes a mail, `deliver` in a worker.

A mail is a folder of templates, `mail/<name>/` with `subject.txt`, `body.txt` and `body.html`,
rendered when it is sent, in the addressee's language. See docs/adding-a-mail.md.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import uuid4

import structlog
from flask import current_app
from sqlalchemy import update

from selfcare import config
from selfcare.background import claims
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, Mail, WishState, now
from selfcare.services.mail.composing import message
from selfcare.services.mail.smtp import Conversation, is_final

log = structlog.get_logger(__name__)

WOKEN = 100
"""Mails that are woken at once when many are tried again; the sweep wakes the rest."""


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
    settings = config.current()
    return [
        _put(Mail(name=name, recipient=to, locale=settings.operator_locale, context=context))
        for to in settings.operators
    ]


def retry(ids: Collection[int] | None) -> int:
    """Try mails again now that were given up or wait: these, or all that were given up.

    Says how many; one that left, or is leaving at this moment, stays as it is.
    """
    if ids is None:
        wanted = Mail.state == WishState.FAILED
    else:
        wanted = Mail.id.in_(ids) & Mail.state.in_((WishState.FAILED, WishState.QUEUED))
    again = update(Mail).where(wanted).values(state=WishState.QUEUED, due_at=now(), attempts=0)
    found = db.session.execute(
        again.values(problem=None).returning(Mail.id).execution_options(synchronize_session=False)
    ).scalars()
    tried = sorted(found)
    for mail_id in tried[:WOKEN]:
        deliver.after_commit(mail_id)
    return len(tried)


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
        if is_final(problem):
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
