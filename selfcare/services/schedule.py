"""Sweeps: find what was lost on the way and wake it again; run by cron, safe twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from selfcare.background import claims
from selfcare.background.jobs import Job, job
from selfcare.database import db
from selfcare.models import (
    Mail,
    OidcLogout,
    Order,
    OrderDraft,
    OrderStatus,
    PreInvoice,
    SignIn,
    UsageReport,
    UserImport,
    Wish,
    WishState,
    now,
)
from selfcare.services.accounts import challenges, kept_forms, recovery
from selfcare.services.console import sweeps as console_sweeps
from selfcare.services.mail import links, outbox
from selfcare.services.oidc import backchannel, forgetting
from selfcare.services.orders import fulfilment
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.safety import audit
from selfcare.services.users import imports
from selfcare.services.users import sweeps as user_sweeps

KEEP_SIGN_INS = timedelta(days=365)
KEEP_MAILS = timedelta(days=365)
KEEP_DRAFTS = timedelta(days=30)
PRE_INVOICES_CHANGE = timedelta(days=62)
"""How far back pre-invoices are compared with what they were made from."""


WOKEN: tuple[tuple[type[Wish], Job], ...] = (
    (Mail, outbox.deliver),
    (PreInvoice, pre_invoice_making.make_pdf),
    (UserImport, imports.run),
    (OidcLogout, backchannel.tell),
)
"""Wishes and their jobs; those of the console are woken while there is one (`console_sweeps`)."""


@job(queue="sweeps")
def wake_wishes() -> None:
    """Wake wishes nobody took: Redis was away, or a worker was killed with one in its hands."""
    for kind, work in WOKEN:
        work.wake(claims.overdue(kind))


@job(queue="sweeps")
def forget_sign_ins() -> None:
    """Delete sign-ins older than the security log is kept (facts.md: 12 months)."""
    db.session.execute(delete(SignIn).where(SignIn.expires_at < now() - KEEP_SIGN_INS))


@job(queue="sweeps")
def forget_mails() -> None:
    """Delete mails that left, or were given up, as long ago: they name people and what they did."""
    done = Mail.state.in_((WishState.DONE, WishState.FAILED))
    db.session.execute(delete(Mail).where(done, Mail.created_at < now() - KEEP_MAILS))


@job(queue="sweeps")
def wake_orders() -> None:
    """Wake orders that carry themselves out and that nobody took."""
    waiting = select(Order.id).where(
        Order.fulfilment == "automatic",
        Order.status.in_((OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS)),
        Order.placed_at < now() - claims.PATIENCE,
    )
    fulfilment.carry_out.wake(db.session.execute(waiting.order_by(Order.id).limit(1000)).scalars())


@job(queue="sweeps")
def look_at_pre_invoices() -> None:
    """Compare those that may still change with what they are made from (docs/adr/0502)."""
    ready = (
        select(UsageReport.id)
        .join(PreInvoice, PreInvoice.report_id == UsageReport.id)
        .where(PreInvoice.state == WishState.DONE)
    )
    ready = ready.where(
        UsageReport.month >= (now() - PRE_INVOICES_CHANGE).date(),
    )
    pre_invoice_making.compare.wake(db.session.execute(ready.order_by(UsageReport.id)).scalars())


@job(queue="sweeps")
def forget_order_drafts() -> None:
    """Delete order drafts nobody came back to; an order keeps its draft's key."""
    db.session.execute(delete(OrderDraft).where(OrderDraft.created_at < now() - KEEP_DRAFTS))


SCHEDULE: dict[Job, int] = {
    wake_wishes: 60,
    wake_orders: 60,
    look_at_pre_invoices: 86_400,
    recovery.wake_requests: 60,
    challenges.forget_challenges: 600,
    forget_sign_ins: 86_400,
    forget_mails: 86_400,
    forget_order_drafts: 86_400,
    kept_forms.forget_forms: 3600,
    links.forget_links: 86_400,
    audit.forget_entries: 86_400,
    **console_sweeps.SCHEDULE,
    user_sweeps.forget_user_drafts: 86_400,
    **forgetting.SCHEDULE,
}
"""What cron enqueues, and how many seconds apart."""
