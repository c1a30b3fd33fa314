"""Usage reports: taking them in, and one month of them grouped (INVOICES-1)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import structlog
from sqlalchemy import Row, delete, func, insert, select

from selfcare.database import db
from selfcare.models import Contract, PreInvoice, UsageLine, UsageReport, UsageShare, now
from selfcare.services import documents
from selfcare.services.files.problems import Problems
from selfcare.services.months import zone
from selfcare.services.pre_invoices import making as pre_invoice_making
from selfcare.services.usage import reading as usage_reading
from selfcare.services.usage.reading import ReadLine, ReadReport

log = structlog.get_logger(__name__)

_CENT = Decimal("0.01")


class ReportAlreadyLoaded(Exception):
    """The very same report was loaded before."""


def load(content: bytes, *, replace: bool = False, keep: bool = True) -> UsageReport:
    """Take a report in and wish for its pre-invoice; all of it or nothing.

    Args:
        content: the CSV file.
        replace: a corrected report may take the place of the month's former one.
        keep: put the document; a dry run does not, and rolls the rows back.

    Raises:
        Problems: it cannot be read, its contract is unknown, or the month has another report.
        AlreadyThere: the same file is there already.
    """
    read = usage_reading.read(content, zone=zone())
    contract = db.session.execute(
        select(Contract).where(Contract.ref == read.contract_ref)
    ).scalar_one_or_none()
    if contract is None:
        raise Problems([f"unknown contract: {read.contract_ref}"])
    digest = hashlib.sha256(content).hexdigest()
    report = of_month(contract.id, read.month)
    if report and report.digest == digest:
        raise ReportAlreadyLoaded
    if report and not replace:
        raise Problems([f"{contract.ref} has another report for {read.month:%m/%Y} (--replace)"])
    if report is None:
        report = UsageReport(contract_id=contract.id, month=read.month, pre_invoice=PreInvoice())
        db.session.add(report)
    report.currency, report.total, report.digest = read.currency, read.total, digest
    report.csv_key = f"usage/{contract.ref}/{read.month:%Y-%m}-{digest}.csv"
    report.csv_size, report.loaded_at = len(content), now()
    db.session.flush()
    for former in (UsageLine, UsageShare):
        db.session.execute(delete(former).where(former.report_id == report.id))
    if read.lines:
        rows = [
            {"report_id": report.id, "search_text": _searched(line), **vars(line)}
            for line in read.lines
        ]
        db.session.execute(insert(UsageLine), rows)
        shares = [{"report_id": report.id, **share} for share in _shares(read)]
        db.session.execute(insert(UsageShare), shares)
    if keep:
        documents.store().put(report.csv_key, content)
        pre_invoice_making.want(UsageReport.id == report.id)
        log.info("usage_loaded", contract=contract.ref, month=f"{read.month:%Y-%m}")
    return report


def of_month(contract_id: int, month: date) -> UsageReport | None:
    """A contract's report of a month."""
    return db.session.execute(
        select(UsageReport).where(
            UsageReport.contract_id == contract_id, UsageReport.month == month
        )
    ).scalar_one_or_none()


def neighbours(report: UsageReport) -> tuple[date | None, date | None]:
    """The months before and after it that have reports of its contract."""
    mine = UsageReport.contract_id == report.contract_id
    before = select(func.max(UsageReport.month)).where(mine, UsageReport.month < report.month)
    after = select(func.min(UsageReport.month)).where(mine, UsageReport.month > report.month)
    found = db.session.execute(select(before.scalar_subquery(), after.scalar_subquery())).one()
    return found[0], found[1]


def groups(report_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """A report's amounts by service and project, dearest service first."""
    mine = select(
        UsageShare.service,
        UsageShare.project,
        UsageShare.amount,
        UsageShare.lines,
        func.sum(UsageShare.amount).over(partition_by=UsageShare.service).label("whole"),
    ).where(UsageShare.report_id == report_id)
    rows = mine.subquery()
    return db.session.execute(
        select(rows).order_by(
            rows.c.whole.desc(), rows.c.service, rows.c.amount.desc(), rows.c.project
        )
    ).all()


def _searched(line: ReadLine) -> str:
    """The search column of a line (a bulk insert fires no model events)."""
    return UsageLine.joined(UsageLine(**vars(line)).search_terms())


def _shares(read: ReadReport) -> list[dict[str, Any]]:
    """The report by service and project, in cents that make exactly its total.

    Each share is rounded down; the cents that are left go where most was cut off.
    """
    exact: dict[tuple[str, str], Decimal] = {}
    lines: Counter[tuple[str, str]] = Counter()
    for line in read.lines:
        key = (line.service, line.project)
        exact[key] = exact.get(key, Decimal(0)) + line.amount
        lines[key] += 1
    amounts = {key: amount.quantize(_CENT, ROUND_FLOOR) for key, amount in exact.items()}
    left = int((read.total - sum(amounts.values())) / _CENT)
    for key in sorted(exact, key=lambda key: (amounts[key] - exact[key], key))[:left]:
        amounts[key] += _CENT
    return [
        {"service": service, "project": project, "lines": lines[service, project], "amount": amount}
        for (service, project), amount in amounts.items()
    ]
