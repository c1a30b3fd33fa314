"""Usage reports: taking them in, and one month of them grouped (INVOICES-1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import structlog
from sqlalchemy import Row, delete, func, insert, select

from selfcare.database import db
from selfcare.models import Contract, PreInvoiceState, UsageLine, UsageReport, now
from selfcare.services import documents, pre_invoices, usage_reading
from selfcare.services.usage_reading import BadReport

log = structlog.get_logger(__name__)


class AlreadyThere(Exception):
    """The very same report was loaded before."""


def load(content: bytes, *, replace: bool = False, keep: bool = True) -> UsageReport:
    """Take a report in and wish for its pre-invoice; all of it or nothing.

    Args:
        content: the CSV file.
        replace: a corrected report may take the place of the month's former one.
        keep: put the document; a dry run does not, and rolls the rows back.

    Raises:
        BadReport: it cannot be read, its contract is unknown, or the month has another report.
        AlreadyThere: the same file is there already.
    """
    read = usage_reading.read(content)
    contract = db.session.execute(
        select(Contract).where(Contract.ref == read.contract_ref)
    ).scalar_one_or_none()
    if contract is None:
        raise BadReport([f"unknown contract: {read.contract_ref}"])
    digest = hashlib.sha256(content).hexdigest()
    report = of_month(contract.id, read.month)
    if report and report.digest == digest:
        raise AlreadyThere
    if report and not replace:
        raise BadReport([f"{contract.ref} has another report for {read.month:%m/%Y} (--replace)"])
    if report is None:
        report = UsageReport(contract_id=contract.id, month=read.month)
        db.session.add(report)
    report.currency, report.total, report.digest = read.currency, read.total, digest
    report.csv_key = f"usage/{contract.ref}/{read.month:%Y-%m}-{digest}.csv"
    report.csv_size, report.loaded_at = len(content), now()
    report.pre_invoice_state = PreInvoiceState.QUEUED
    report.pre_invoice_key = report.pre_invoice_size = None
    db.session.flush()
    db.session.execute(delete(UsageLine).where(UsageLine.report_id == report.id))
    if read.lines:
        rows = [{"report_id": report.id, **vars(line)} for line in read.lines]
        db.session.execute(insert(UsageLine), rows)
    if keep:
        documents.store().put(report.csv_key, content)
        pre_invoices.make_pdf.after_commit(report.id)
        log.info("usage_loaded", contract=contract.ref, month=f"{read.month:%Y-%m}")
    return report


def of_month(contract_id: int, month: date) -> UsageReport | None:
    """A contract's report of a month."""
    return db.session.execute(
        select(UsageReport).where(
            UsageReport.contract_id == contract_id, UsageReport.month == month
        )
    ).scalar_one_or_none()


def groups(report_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """A report's amounts by service and project, dearest service first."""
    of_service = (
        select(UsageLine.service, func.sum(UsageLine.amount).label("whole"))
        .where(UsageLine.report_id == report_id)
        .group_by(UsageLine.service)
        .subquery()
    )
    amount = func.sum(UsageLine.amount).label("amount")
    return db.session.execute(
        select(
            UsageLine.service,
            UsageLine.project,
            amount,
            func.count().label("lines"),
            of_service.c.whole,
        )
        .join(of_service, of_service.c.service == UsageLine.service)
        .where(UsageLine.report_id == report_id)
        .group_by(UsageLine.service, UsageLine.project, of_service.c.whole)
        .order_by(of_service.c.whole.desc(), UsageLine.service, amount.desc(), UsageLine.project)
    ).all()
