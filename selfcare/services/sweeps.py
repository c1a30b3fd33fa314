"""Sweeps: find what was lost on the way and wake it again; run by cron, safe twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select

from selfcare.database import db
from selfcare.jobs import Job, job
from selfcare.models import Mail, MailState, SignIn, now
from selfcare.services import console_sweeps, mail

PATIENCE = timedelta(seconds=30)
"""How late a wake-up may be before the sweep takes over from the queue's own retries."""

KEEP_SIGN_INS = timedelta(days=365)


@job(queue="sweeps")
def wake_mails() -> None:
    """Wake mails nobody took: Redis was away, or a worker was killed with one in its hands."""
    overdue = select(Mail.id).where(
        or_(
            (Mail.state == MailState.QUEUED) & (Mail.due_at < now() - PATIENCE),
            (Mail.state == MailState.SENDING) & (Mail.due_at < now()),
        )
    )
    for mail_id in db.session.execute(overdue.order_by(Mail.due_at).limit(1000)).scalars():
        mail.deliver.after_commit(mail_id)


@job(queue="sweeps")
def forget_sign_ins() -> None:
    """Delete sign-ins older than the security log is kept (facts.md: 12 months)."""
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now() - KEEP_SIGN_INS))


SCHEDULE: dict[Job, int] = {
    wake_mails: 60,
    forget_sign_ins: 86_400,
    **console_sweeps.SCHEDULE,
}
"""What cron enqueues, and how many seconds apart."""
