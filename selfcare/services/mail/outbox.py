"""The outbox: `write` in the transaction that causes a mail, `deliver_waiting` in a worker.

A mail is a folder of templates, `mail/<name>/` with `subject.txt`, `body.txt` and `body.html`,
rendered when it is sent, in the addressee's language. See docs/adding-a-mail.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog
from flask import current_app
from sqlalchemy import func, select, update

from selfcare import config
from selfcare.background import claims
from selfcare.background.jobs import Overtaken, job
from selfcare.database import db
from selfcare.models import Account, Mail, WishState, now
from selfcare.services.mail import choices, codes
from selfcare.services.mail.composing import message
from selfcare.services.mail.smtp import Conversation, has_answered, is_final

log = structlog.get_logger(__name__)

TURN = 3.0
"""Seconds that `deliver_waiting` goes on for: so long does a mail wait that somebody asked for."""


def write(
    name: str, account: Account, *, to: str | None = None, awaited: bool = False, **context: Any
) -> Mail:
    """Put a mail in the outbox; it leaves once the present transaction is committed.

    Called by the modules of `kinds`, which have a function for each mail. One that its addressee
    has switched off is done at once, without a date of sending: staff see that nobody got it, and
    why (NOTIFY-1).

    Args:
        name: the folder under `templates/mail/`.
        account: the addressee; `to` is another address of theirs.
        awaited: somebody has just asked for it and waits: it goes before everything else.
        context: what the templates need besides `account`: JSON values, no secret.
    """
    [row] = _put(_letter(name, account, context, to=to), awaited=awaited)
    return row


def write_many(name: str, told: Mapping[Account, Mapping[str, Any]]) -> list[Mail]:
    """The same mail to many, with what it tells each; by one statement."""
    return _put(*(_letter(name, account, context) for account, context in told.items()))


def _letter(
    name: str, account: Account, context: Mapping[str, Any], *, to: str | None = None
) -> Mail:
    return Mail(
        name=name,
        account_id=account.id,
        recipient=to or account.email,
        locale=account.locale,
        context=dict(context),
    )


def write_to_operators(name: str, **context: Any) -> list[Mail]:
    """The same to each of `OPERATOR_EMAILS`: nobody's account, so nobody's page shows it."""
    settings = config.current()
    locale = settings.operator_locale
    return _put(
        *(
            Mail(name=name, recipient=to, locale=locale, context=context)
            for to in settings.operators
        )
    )


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
    tried = len(list(found))
    if tried:
        deliver_waiting.after_commit()
    return tried


def stalled_for() -> timedelta:
    """How long mails have been due without any leaving; nothing where none is due.

    While a thousand leave one after the other, the last of them is due for minutes: that is a
    queue, not a fault.
    """
    due = db.session.execute(
        select(func.min(Mail.due_at)).where(
            Mail.due_at.is_not(None), Mail.state == WishState.QUEUED
        )
    ).scalar_one()
    if due is None:
        return timedelta()
    left = db.session.execute(  # by number, the latest first: found in the first rows
        select(Mail.sent_at)
        .where(Mail.state == WishState.DONE, Mail.sent_at.is_not(None))
        .order_by(Mail.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return max(now() - max(due, left or due), timedelta())


def _put(*rows: Mail, awaited: bool = False) -> list[Mail]:
    for row in rows:
        row.message_id = f"{uuid4()}@{current_app.config['SERVER_NAME'].split(':')[0]}"
        db.session.add(row)
    db.session.flush()
    unwanted = choices.unwanted(rows)
    for row in unwanted:
        claims.settle(row)
    leaving = [row for row in rows if row not in unwanted]
    if awaited:
        for row in leaving:
            deliver.after_commit(row.id)
    elif leaving:
        deliver_waiting.after_commit()
    return list(rows)


@job(queue="interactive")
def deliver(mail_id: int) -> None:
    """Send one mail that somebody has just asked for: before everything else."""
    with Conversation(current_app.extensions["mail"]) as server:
        _deliver(mail_id, server)


@job(queue="mail", once=True)
def deliver_waiting() -> None:
    """Send the mails that wait, over one connection, until the turn is over.

    A server that is away costs one mail its try, not all that wait.
    """
    until = monotonic() + TURN
    problem = None
    with Conversation(current_app.extensions["mail"]) as server:
        while mail_id := claims.next_due(Mail):
            if monotonic() > until:
                deliver_waiting.after_commit()
                return
            try:
                _deliver(mail_id, server)
            except Overtaken:
                db.session.rollback()
            except Exception as trouble:  # noqa: BLE001 (noted in its row; the others go on)
                problem = trouble
                if server.is_away:
                    break
    if problem:
        raise problem  # the queue tries again after the usual delay


def _deliver(mail_id: int, server: Conversation) -> None:
    """Send it once: whoever claims the row sends it; a dead worker's claim runs out.

    Its Message-ID never changes, so the one mail sent twice (a worker killed between the server's
    "250 OK" and our commit) is recognised as one by mail programs.
    """
    if (mine := claims.claim(Mail, mail_id)) is None:
        return
    with mine:
        try:
            built = message(mine.seen())
            db.session.commit()  # nothing stays locked while the SMTP server takes its time
            server.send(built, built.bounces_to)
        except Exception as problem:  # a template's error too: every try counts, the last one shows
            db.session.rollback()
            _note(mine.held(), problem)
            if not is_final(problem):
                raise
        else:
            row = mine.held()
            claims.settle(row)
            row.sent_at = now()
            if "code_id" in row.context:
                codes.starts(row.context["code_id"], taken=True)
            db.session.commit()


def _note(row: Mail, problem: Exception) -> None:
    """A try that came to nothing: when the next one is, if any; saved at once."""
    if is_final(problem):
        claims.give_up(row, str(problem))
        log.error("mail_refused", mail=row.id, problem=row.problem)
    else:
        claims.postpone(row, f"{type(problem).__name__}: {problem}")
        if row.state == WishState.FAILED:
            log.error("mail_failed", mail=row.id, problem=row.problem)
    if "code_id" in row.context and has_answered(problem):
        codes.starts(row.context["code_id"], taken=False)
    db.session.commit()
