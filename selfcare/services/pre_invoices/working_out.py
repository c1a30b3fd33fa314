"""Pre-invoices: what a month will cost, as worked out by us (INVOICES-1).

A pre-invoice is the month's usage, the subscriptions that run in it, and the upfront payments of
those that start in it; VAT is taken once, on the sum. Subscriptions in another currency
than the report's make sums of their own. `pre_invoice_making` makes PDFs of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any, Self

from sqlalchemy import select

from selfcare import config
from selfcare.database import db
from selfcare.models import Contract, PreInvoiceVersion, Subscription, UsageReport
from selfcare.services.months import last_day

_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One amount of a pre-invoice: `usage`, `subscription` or `upfront`."""

    kind: str
    name: str
    ref: str
    amount: Decimal


@dataclass(frozen=True)
class MonthSum:
    """A month of one contract in one currency."""

    month: date
    currency: str
    lines: Sequence[Line]
    vat_rate: Decimal
    """Per cent."""

    @property
    def net(self) -> Decimal:
        """All lines together."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """VAT on the sum, rounded once."""
        return (self.net * self.vat_rate / 100).quantize(_CENTS, ROUND_HALF_UP)

    @property
    def gross(self) -> Decimal:
        """The amount that will be invoiced."""
        return self.net + self.vat

    def to_json(self) -> dict[str, Any]:
        """As a version keeps it."""
        lines = [{**asdict(line), "amount": str(line.amount)} for line in self.lines]
        return {"currency": self.currency, "lines": lines, "vat_rate": str(self.vat_rate)}

    @classmethod
    def from_json(cls, month: date, kept: Mapping[str, Any]) -> Self:
        """As it was when its version was made."""
        lines = [Line(**{**line, "amount": Decimal(line["amount"])}) for line in kept["lines"]]
        return cls(month, kept["currency"], lines, Decimal(kept["vat_rate"]))


def vat_rate(contract: Contract) -> Decimal:
    """The contract's own rate, else the one of the settings, in per cent."""
    if contract.vat_rate is not None:
        return contract.vat_rate
    return config.current().vat_rate


def work_out(report: UsageReport, rate: Decimal) -> list[MonthSum]:
    """The report's pre-invoice as things are now; the report's currency first, others after it."""
    first = report.month
    last = last_day(first)
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
    return [MonthSum(first, currency, lines, rate) for currency, lines in found.items()]


def versions(report: UsageReport) -> Sequence[PreInvoiceVersion]:
    """The versions made from a report, newest first."""
    statement = select(PreInvoiceVersion).where(PreInvoiceVersion.report_id == report.id)
    newest_first = statement.order_by(PreInvoiceVersion.number.desc())
    return db.session.execute(newest_first).scalars().all()


def shown(
    report: UsageReport, made: Sequence[PreInvoiceVersion], contract: Contract
) -> list[MonthSum]:
    """The content of the page: that of the newest PDF, or of the first PDF to come."""
    if made and made[0].content:
        return [MonthSum.from_json(report.month, kept) for kept in made[0].content]
    return work_out(report, vat_rate(contract))


def _monthly(subscription: Subscription) -> Line:
    return Line("subscription", subscription.name, subscription.ref, subscription.price)


def _upfront(subscription: Subscription) -> Line:
    return Line("upfront", subscription.name, subscription.ref, subscription.upfront)
