"""Making the PDFs of pre-invoices: states, tries, and versions (docs/adr/0502).

A report's row is the wish. Whatever changes what a pre-invoice is made from queues it again; the
job makes a new version if it comes out different, until the month's invoice is there. A version
is never changed: somebody may have it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from sqlalchemy import ColumnElement, or_, select

from selfcare.background import claims
from selfcare.background.claims import Claim
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    IN_ADVANCE,
    Contract,
    Customer,
    Invoice,
    InvoiceKind,
    PreInvoice,
    PreInvoiceVersion,
    UsageReport,
    WishState,
    now,
)
from selfcare.services import documents
from selfcare.services.months import first_day, last_day
from selfcare.services.pre_invoices import working_out
from selfcare.services.pre_invoices.working_out import MonthSum

log = structlog.get_logger(__name__)


class NotMade(Exception):
    """This try came to nothing; the message says why, to the operator."""


def want(condition: ColumnElement[bool]) -> Sequence[int]:
    """Wish the pre-invoices of some reports, with all their tries before them."""
    wishes = (
        select(PreInvoice)
        .join(UsageReport, UsageReport.id == PreInvoice.report_id)
        .where(condition)
        .order_by(PreInvoice.report_id)
        .with_for_update(of=PreInvoice)
        .execution_options(populate_existing=True)
    )
    wanted = db.session.execute(wishes).scalars().all()
    for row in wanted:
        claims.want(row)
        make_pdf.after_commit(row.report_id)
    db.session.flush()
    return [row.report_id for row in wanted]


def subscribed(contract_id: int, starts_on: date, ends_on: date) -> None:
    """A subscription came: the months it runs in, as far as there are reports of them."""
    want(
        (UsageReport.contract_id == contract_id)
        & (UsageReport.month >= first_day(starts_on))
        & (UsageReport.month <= ends_on)
    )


def invoice_of(report: UsageReport) -> Invoice | None:
    """The month's invoice in the report's currency, once it is there: then nothing changes more.

    One whose period lies in the month; one that names no period is the month's if it was issued
    in the next. What asks for money in advance says nothing of what was used.
    """
    first, last = report.month, last_day(report.month)
    month_after = first_day(first, ahead=1)
    covers = (Invoice.period_from >= first) & (Invoice.period_to <= last)
    follows = Invoice.period_from.is_(None) & Invoice.issued_on.between(
        month_after, last_day(month_after)
    )
    return db.session.execute(
        select(Invoice)
        .where(
            Invoice.contract_id == report.contract_id,
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.type_code.not_in(IN_ADVANCE),
            Invoice.currency == report.currency,
            or_(covers, follows),
        )
        .order_by(Invoice.issued_on, Invoice.id)
        .limit(1)
    ).scalar_one_or_none()


@job(queue="documents")
def make_pdf(report_id: int) -> None:
    """Make a pre-invoice's next version from what is true as it runs, if that is a new one."""
    if (mine := claims.claim(PreInvoice, report_id)) is None:
        return
    with mine:
        try:
            _make(report_id, mine)
        except Exception as problem:  # every try counts, the last one shows
            db.session.rollback()
            _postpone(mine.held(), problem)
            raise


@job(queue="documents")
def compare(report_id: int) -> None:
    """Queue a pre-invoice that no longer says what it would say today (a missed change)."""
    new = _work_out(report_id)
    if new.differs and new.report.pre_invoice.state == WishState.DONE:
        want(UsageReport.id == report_id)


@dataclass(frozen=True)
class _New:
    """The content of a pre-invoice today, and whether it makes a new version."""

    report: UsageReport
    contract: Contract
    customer: Customer
    sums: Sequence[MonthSum]
    content: list[Any]
    fingerprint: str
    differs: bool


def _work_out(report_id: int) -> _New:
    row = db.session.execute(
        select(UsageReport, Contract, Customer)
        .join(Contract, Contract.id == UsageReport.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(UsageReport.id == report_id)
    ).one()
    report, contract, customer = row
    sums = working_out.work_out(report, working_out.vat_rate(contract))
    content = [one.to_json() for one in sums]
    told = (content, contract.ref, contract.name, customer.name, customer.code)
    fingerprint = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    made = working_out.versions(report)
    settled = made and (made[0].fingerprint == fingerprint or invoice_of(report))
    return _New(report, contract, customer, sums, content, fingerprint, not settled)


def _make(report_id: int, mine: Claim[PreInvoice]) -> None:
    new = _work_out(report_id)
    if not new.differs:
        claims.settle(mine.held())
        return
    version = PreInvoiceVersion(
        report_id=report_id,
        number=new.report.pre_invoice.version + 1,
        made_at=now(),
        content=new.content,
        fingerprint=new.fingerprint,
    )
    db.session.expunge_all()
    db.session.commit()  # nothing stays locked while it is drawn and kept
    pdf = _draw(new, version)
    named = f"{new.report.month:%Y-%m}-{version.number}-{new.fingerprint}"
    version.key = f"pre-invoices/{new.contract.ref}/{named}.pdf"
    version.size = len(pdf)
    _keep(version.key, pdf)
    row = mine.held()
    claims.settle(row)
    row.version = version.number
    db.session.add(version)
    log.info("pre_invoice_made", contract=new.contract.ref, key=version.key)


def _draw(new: _New, version: PreInvoiceVersion) -> bytes:
    from selfcare.services.pre_invoices import pdf as pre_invoice_pdf  # noqa: PLC0415 (heavy)

    try:
        return pre_invoice_pdf.render(
            new.sums, new.contract, new.customer, version.number, version.made_at
        )
    except Exception as problem:
        raise NotMade(f"the PDF cannot be drawn ({type(problem).__name__}: {problem})") from problem


def _keep(key: str, pdf: bytes) -> None:
    try:
        documents.store().put(key, pdf)
    except Exception as problem:
        raise NotMade(
            f"the document store does not take it ({type(problem).__name__}: {problem})"
        ) from problem


def _postpone(row: PreInvoice, problem: Exception) -> None:
    """Give the wish back with its next date, or give up after the last try; saved at once."""
    told = str(problem) if isinstance(problem, NotMade) else f"{type(problem).__name__}: {problem}"
    claims.postpone(row, told)
    if row.state == WishState.FAILED:
        log.error("pre_invoice_failed", report=row.report_id, problem=told)
    db.session.commit()
