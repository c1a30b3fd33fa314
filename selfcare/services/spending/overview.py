"""The spending of a contract: latest invoice, twelve months invoiced, twelve by service.

Invoices are the truth about money, but name no service: their lines are free text. So there are
two pictures, never mixed: what was invoiced, and what the portal works out for each service from
the usage reports and the subscriptions, as pre-invoices do (docs/adr/0502). Upfront payments are
due once and hide the rest if they are drawn with their service, so they are a part of their own,
drawn last: what comes each month begins at the same place and can be compared.
Each currency has pictures of its own.

Two statements read all of it. `usage_shares` and `subscription_totals` are added up already, so
that a million usage lines or subscriptions cost no more than ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Row,
    String,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from selfcare.database import db
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.models import Invoice, InvoiceKind, UsageReport, UsageShare
from selfcare.services.invoices import loading
from selfcare.services.months import first_day, twelve_until
from selfcare.services.spending.figures import Spend, spend_of
from selfcare.services.spending.subscribed import Amounts, costs, no_amounts, periods

MOST_PARTS = 5
"""As many as there are patterns; the services that are left are drawn as one."""

LATEST, INVOICED, USAGE = "latest", "invoiced", "usage"
_NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Share:
    """One service over the months."""

    name: str
    amounts: Sequence[Decimal]

    @property
    def total(self) -> Decimal:
        """All months together."""
        return sum(self.amounts, _NOTHING)


@dataclass(frozen=True)
class Month:
    """One bar: an amount for each share, in their order."""

    first: date
    amounts: Sequence[Decimal]
    is_reported: bool
    """Whether there is a usage report of it; without one there are at most subscriptions."""

    @property
    def total(self) -> Decimal:
        """All shares together."""
        return sum(self.amounts, _NOTHING)

    @property
    def width(self) -> Decimal:
        """What is drawn: an amount given back makes no block, but counts in the total."""
        return sum((amount for amount in self.amounts if amount > 0), _NOTHING)


@dataclass(frozen=True)
class ServiceSpend:
    """Twelve months of one currency by service, dearest first, upfront payments last."""

    currency: str
    shares: Sequence[Share]
    months: Sequence[Month]

    @property
    def total(self) -> Decimal:
        """Everything together."""
        return sum((month.total for month in self.months), _NOTHING)

    @property
    def widest(self) -> Decimal:
        """The month that fills its line."""
        return max(month.width for month in self.months)


@dataclass(frozen=True)
class Overview:
    """The figures above the lists and on the dashboard."""

    latest: Row[*tuple[Any, ...]] | None
    """The newest invoice; credit notes are in the history only."""
    invoiced: list[Spend]
    """Excl. tax, per currency, credit notes deducted."""
    by_service: list[ServiceSpend]


def of_contract(contract_id: int, today: date) -> Overview:
    """All the figures of the invoices page, in two statements (INVOICES-1, DASH-1)."""
    *months, after = twelve_until(today)
    latest, reported = None, set()
    invoiced: dict[str, Amounts] = defaultdict(no_amounts)
    by_service: dict[str, dict[str | None, Amounts]] = defaultdict(lambda: defaultdict(no_amounts))
    read = _documents(contract_id, months[0], after, today + loading.FORESEEN)
    for row in db.session.execute(read):
        if row.what == LATEST:
            latest = row
        elif row.what == INVOICED:
            invoiced[row.currency][first_day(row.day)] += row.amount
        else:
            reported.add(row.day)
            if row.amount:
                by_service[row.currency][row.service][row.day] += row.amount
    for period in periods(contract_id, months[0]):
        of_service = by_service[period.currency]
        name = period.name_en if locale() == "en" else period.name_fr
        for month, price, upfront in costs(period, months):
            if price:
                of_service[name][month] += price
            if upfront:
                of_service[None][month] += upfront
    return Overview(
        latest,
        [spend_of(currency, months, amounts) for currency, amounts in _most_used_first(invoiced)],
        [
            _spend(currency, _top(services, months), months, reported)
            for currency, services in _most_used_first(by_service)
        ],
    )


def _documents(contract_id: int, since: date, until: date, foreseen: date) -> CompoundSelect[Any]:
    """The newest invoice that no slip dates later; the invoices of a day; reports by service."""

    def of_invoices(what: str, id_: Any, amount: Any) -> Any:
        return select(
            literal(what, String).label("what"),
            type_coerce(id_, Integer).label("id"),
            null().label("service"),
            Invoice.issued_on.label("day"),
            type_coerce(amount, Invoice.net.type).label("amount"),
            Invoice.currency.label("currency"),
        ).where(Invoice.contract_id == contract_id)

    newest = (
        select(Invoice.id)
        .where(Invoice.contract_id == contract_id, Invoice.kind == InvoiceKind.INVOICE)
        .where(Invoice.issued_on <= foreseen)
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    amount = func.coalesce(func.sum(UsageShare.amount), 0)
    return union_all(
        of_invoices(LATEST, Invoice.id, Invoice.net).where(Invoice.id == newest),
        of_invoices(INVOICED, null(), func.sum(Invoice.net))
        .where(Invoice.issued_on >= since, Invoice.issued_on < until)
        .group_by(Invoice.issued_on, Invoice.currency),
        select(
            literal(USAGE, String),
            UsageReport.id,
            UsageShare.service,
            UsageReport.month,
            amount,
            UsageReport.currency,
        )
        .outerjoin(UsageShare, UsageShare.report_id == UsageReport.id)
        .where(
            UsageReport.contract_id == contract_id,
            UsageReport.month >= since,
            UsageReport.month < until,
        )
        .group_by(UsageReport.id, UsageShare.service),
    )


def _most_used_first(by_currency: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Currencies with their parts, the one with most first; one without parts is left out."""
    used = [item for item in by_currency.items() if item[1]]
    return sorted(used, key=lambda item: (-len(item[1]), item[0]))


def _top(parts: dict[str | None, Amounts], months: Sequence[date]) -> list[Share]:
    """The dearest services by name, the rest as one, upfront payments (no service) last."""

    def share(name: str, amounts: Amounts) -> Share:
        return Share(name, [amounts.get(month, _NOTHING) for month in months])

    every = [share(name, of_month) for name, of_month in parts.items() if name is not None]
    every.sort(key=lambda one: (-one.total, one.name))
    once = [share(_("Upfront payments"), parts[None])] if None in parts else []
    most = MOST_PARTS - 1 - len(once)
    named, rest = every[:most], every[most:]
    if len(rest) > 1:
        amounts = [sum(one, _NOTHING) for one in zip(*(s.amounts for s in rest), strict=True)]
        rest = [Share(_("%(count)s other services", count=len(rest)), amounts)]
    return [*named, *rest, *once]


def _spend(
    currency: str, shares: list[Share], months: Sequence[date], reported: set[date]
) -> ServiceSpend:
    amounts = zip(*(share.amounts for share in shares), strict=True)
    bars = [
        Month(first, one, first in reported) for first, one in zip(months, amounts, strict=True)
    ]
    return ServiceSpend(currency, shares, bars)
