"""Pre-invoices: what a month will cost, worked out by us and made a PDF by a job (INVOICES-1).

A pre-invoice is the month's usage, the subscriptions that run in it, and the upfront payments of
those that start in it; VAT is taken once, on the sum (facts.md). Subscriptions in another currency
than the report's make sums of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import structlog
from sqlalchemy import select

from selfcare.database import db
from selfcare.jobs import job
from selfcare.models import (
    Contract,
    Customer,
    PreInvoiceState,
    Subscription,
    UsageReport,
)
from selfcare.services import documents

log = structlog.get_logger(__name__)

VAT_RATE = Decimal("0.20")
_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One amount of a pre-invoice: `usage`, `subscription` or `upfront`."""

    kind: str
    name: str
    ref: str
    amount: Decimal


@dataclass(frozen=True)
class PreInvoice:
    """A month of one contract in one currency."""

    month: date
    currency: str
    lines: Sequence[Line]

    @property
    def net(self) -> Decimal:
        """All lines together."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """VAT on the sum, rounded once."""
        return (self.net * VAT_RATE).quantize(_CENTS, ROUND_HALF_UP)

    @property
    def gross(self) -> Decimal:
        """What will be asked for."""
        return self.net + self.vat


def work_out(report: UsageReport) -> list[PreInvoice]:
    """The report's pre-invoice; the report's currency first, others after it."""
    first = report.month
    last = _last_day(first)
    subscriptions = (
        db.session.execute(
            select(Subscription)
            .where(
                Subscription.contract_id == report.contract_id,
                Subscription.starts_on <= last,
                Subscription.ends_on >= first,
            )
            .order_by(Subscription.currency, Subscription.starts_on, Subscription.id)
        )
        .scalars()
        .all()
    )
    found = {report.currency: [Line("usage", "", "", report.total)]}
    for currency, some in groupby(subscriptions, key=lambda s: s.currency):
        lines = found.setdefault(currency, [])
        for subscription in some:
            lines.append(_monthly(subscription))
            if subscription.upfront and first <= subscription.starts_on:
                lines.append(_upfront(subscription))
    return [PreInvoice(first, currency, lines) for currency, lines in found.items()]


def _monthly(subscription: Subscription) -> Line:
    return Line("subscription", subscription.name, subscription.ref, subscription.price)


def _upfront(subscription: Subscription) -> Line:
    return Line("upfront", subscription.name, subscription.ref, subscription.upfront)


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@job(queue="documents")
def make_pdf(report_id: int) -> None:
    """Make the PDF of a pre-invoice from what is true as it runs; again and again if need be."""
    from selfcare.services import pre_invoice_pdf  # noqa: PLC0415 (heavy)

    row = db.session.execute(
        select(UsageReport, Contract, Customer)
        .join(Contract, Contract.id == UsageReport.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(UsageReport.id == report_id)
    ).one_or_none()
    if row is None:
        return
    report, contract, customer = row
    pdf = pre_invoice_pdf.render(work_out(report), contract, customer)
    key = f"pre-invoices/{contract.ref}/{report.month:%Y-%m}-{report.digest}.pdf"
    documents.store().put(key, pdf)
    report.pre_invoice_key, report.pre_invoice_size = key, len(pdf)
    report.pre_invoice_state = PreInvoiceState.READY
    log.info("pre_invoice_made", contract=contract.ref, month=f"{report.month:%Y-%m}")
