"""Sweeps: find what was lost on the way and wake it again; run by cron, safe twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select

from selfcare.database import db
from selfcare.jobs import Job, job
from selfcare.models import (
    Mail,
    MailState,
    Order,
    OrderDraft,
    OrderStatus,
    PreInvoiceState,
    SignIn,
    UsageReport,
    now,
)
from selfcare.services import (
    audit,
    challenges,
    console_sweeps,
    fulfilment,
    kept_forms,
    links,
    mail,
    pre_invoice_making,
    recovery,
)

PATIENCE = timedelta(seconds=30)
"""How late a wake-up may be before the sweep takes over from the queue's own retries."""

KEEP_SIGN_INS = timedelta(days=365)
KEEP_MAILS = timedelta(days=365)
KEEP_DRAFTS = timedelta(days=30)
PRE_INVOICES_CHANGE = timedelta(days=62)
"""How far back pre-invoices are compared with what they were made from."""


@job(queue="sweeps")
def wake_mails() -> None:
    """Wake mails nobody took: Redis was away, or a worker was killed with one in its hands."""
    overdue = select(Mail.id).where(
        or_(
            (Mail.state == MailState.QUEUED) & (Mail.due_at < now() - PATIENCE),
            (Mail.state == MailState.SENDING) & (Mail.due_at < now()),
        )
    )
    mail.deliver.wake(db.session.execute(overdue.order_by(Mail.due_at).limit(1000)).scalars())


@job(queue="sweeps")
def forget_sign_ins() -> None:
    """Delete sign-ins older than the security log is kept (facts.md: 12 months)."""
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now() - KEEP_SIGN_INS))


@job(queue="sweeps")
def forget_mails() -> None:
    """Delete mails that left, or were given up, as long ago: they name people and what they did."""
    done = Mail.state.in_((MailState.SENT, MailState.FAILED))
    db.session.execute(delete(Mail).where(done, Mail.due_at < now() - KEEP_MAILS))


@job(queue="sweeps")
def wake_orders() -> None:
    """Wake orders that carry themselves out and that nobody took."""
    waiting = select(Order.id).where(
        Order.fulfilment == "automatic",
        Order.status.in_((OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS)),
        Order.placed_at < now() - PATIENCE,
    )
    fulfilment.carry_out.wake(db.session.execute(waiting.order_by(Order.id).limit(1000)).scalars())


@job(queue="sweeps")
def make_pre_invoices() -> None:
    """Make the pre-invoices nobody made: Redis was away, a worker was killed."""
    state, due_at = UsageReport.pre_invoice_state, UsageReport.pre_invoice_due_at
    waiting = select(UsageReport.id).where(
        or_(
            (state == PreInvoiceState.QUEUED) & (due_at < now() - PATIENCE),
            (state == PreInvoiceState.MAKING) & (due_at < now()),
        )
    )
    pre_invoice_making.make_pdf.wake(
        db.session.execute(waiting.order_by(due_at).limit(1000)).scalars()
    )


@job(queue="sweeps")
def look_at_pre_invoices() -> None:
    """Compare those that may still change with what they are made from (docs/adr/0502)."""
    ready = select(UsageReport.id).where(
        UsageReport.pre_invoice_state == PreInvoiceState.READY,
        UsageReport.month >= (now() - PRE_INVOICES_CHANGE).date(),
    )
    pre_invoice_making.compare.wake(db.session.execute(ready.order_by(UsageReport.id)).scalars())


@job(queue="sweeps")
def forget_drafts() -> None:
    """Delete order drafts nobody came back to; an order keeps its draft's key."""
    db.session.execute(delete(OrderDraft).where(OrderDraft.created_at < now() - KEEP_DRAFTS))


SCHEDULE: dict[Job, int] = {
    wake_mails: 60,
    wake_orders: 60,
    make_pre_invoices: 60,
    look_at_pre_invoices: 86_400,
    recovery.wake_requests: 60,
    challenges.forget_challenges: 600,
    forget_sign_ins: 86_400,
    forget_mails: 86_400,
    forget_drafts: 86_400,
    kept_forms.forget_forms: 3600,
    links.forget_links: 86_400,
    audit.forget_entries: 86_400,
    **console_sweeps.SCHEDULE,
}
"""What cron enqueues, and how many seconds apart."""
