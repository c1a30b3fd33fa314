"""Sweeps: find what was lost on the way and wake it again; run by cron, safe twice."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text

from selfcare.background import claims, overview
from selfcare.background.jobs import Job, job
from selfcare.database import db
from selfcare.models import (
    AUTOMATIC_TO_DO,
    ApiLogin,
    ApiPassword,
    CredentialWish,
    Mail,
    OidcLogout,
    Order,
    PreInvoice,
    UsageReport,
    UserImport,
    Wish,
    WishState,
    now,
)
from selfcare.services.accounts import recovery
from selfcare.services.console import sweeps as console_sweeps
from selfcare.services.console.credentials import logins as api_logins
from selfcare.services.console.credentials import making as credential_making
from selfcare.services.console.credentials import passwords as api_passwords
from selfcare.services.console.credentials import resets as api_resets
from selfcare.services.contracts import reminders
from selfcare.services.mail import outbox
from selfcare.services.oidc import backchannel
from selfcare.services.orders import fulfilment
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.retention import forgetting
from selfcare.services.staff import ending as visit_ending
from selfcare.services.users import adding
from selfcare.services.users import ending as access_ending

PRE_INVOICES_CHANGE = timedelta(days=62)
"""Older pre-invoices are no longer compared with their sources."""


WOKEN: tuple[tuple[type[Wish], Job], ...] = (
    (PreInvoice, pre_invoice_making.make_pdf),
    (UserImport, adding.run),
    (OidcLogout, backchannel.tell),
    (ApiLogin, api_logins.look),
    (ApiPassword, api_passwords.carry_out),
    (CredentialWish, credential_making.carry_out),
)
"""Wishes and their jobs. One job sends all mails; the console's are woken while there is a console
(`console_sweeps`)."""


@job(queue="sweeps")
def wake_wishes() -> None:
    """Wake wishes nobody took: Redis was away, or a worker was killed with one in its hands."""
    for kind, work in WOKEN:
        work.wake(claims.overdue(kind))
    overview.note_sweep()
    if claims.overdue(Mail):
        outbox.deliver_waiting.after_commit()


@job(queue="sweeps")
def wake_orders() -> None:
    """Wake orders that carry themselves out and that nobody took."""
    waiting = select(Order.id).where(
        text(AUTOMATIC_TO_DO), Order.placed_at < now() - claims.PATIENCE
    )
    oldest = waiting.order_by(Order.placed_at).limit(1000)
    fulfilment.carry_out.wake(db.session.execute(oldest).scalars())


@job(queue="sweeps")
def look_at_pre_invoices() -> None:
    """Compare those that may still change with what they are made from (docs/adr/0502)."""
    ready = (
        select(UsageReport.id)
        .join(PreInvoice, PreInvoice.report_id == UsageReport.id)
        .where(PreInvoice.state == WishState.DONE)
    )
    recent = ready.where(UsageReport.month >= (now() - PRE_INVOICES_CHANGE).date())
    oldest = recent.order_by(UsageReport.month, UsageReport.id)
    pre_invoice_making.compare.wake(db.session.execute(oldest).scalars())


SCHEDULE: dict[Job, int] = {
    wake_wishes: 30,
    wake_orders: 60,
    look_at_pre_invoices: 86_400,
    recovery.wake_requests: 60,
    api_resets.wake_codes: 60,
    backchannel.end_expired: 600,
    forgetting.forget: 600,
    visit_ending.end_expired: 60,
    access_ending.tell: 600,
    access_ending.end: 60,
    reminders.remind: 600,
    **console_sweeps.SCHEDULE,
}
"""The jobs cron enqueues, and the seconds between two runs."""
