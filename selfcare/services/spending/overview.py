"""The spending of a contract: latest invoice, twelve months invoiced, twelve by service.

Invoices are the truth about money, but name no service: their lines are free text. So there are
two pictures, never mixed: what was invoiced, and what the portal works out for each service from
the usage reports and the subscriptions, as pre-invoices do (docs/adr/0502). Upfront payments are
due once and hide the rest if they are drawn with their service, so they are a part of their own,
drawn last: what comes each month begins at the same place and can be compared.
Each currency has pictures of its own.

One statement reads all of it: `usage_shares` hold a report already added up, so that a million
usage lines cost no more than ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Numeric,
    Row,
    String,
    Subquery,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from selfcare.database import Rows, db
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.models import (
    Invoice,
    InvoiceKind,
    Order,
    Subscription,
    UsageReport,
    UsageShare,
)
from selfcare.services.invoices import loading
from selfcare.services.months import first_day, twelve_until
from selfcare.services.spending.figures import Spend, spend_of

MOST_PARTS = 5
"""As many as there are patterns; the services that are left are drawn as one."""

LATEST, INVOICED = "latest", "invoiced"
USAGE, SUBSCRIBED, UPFRONT = "usage", "subscribed", "upfront"
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
class Block:
    """A part of a month's bar, in per cent of the widest month's."""

    share: int
    start: float
    width: float


@dataclass(frozen=True)
class Month:
    """One bar, and what it says."""

    first: date
    amounts: Sequence[Decimal]
    total: Decimal
    blocks: Sequence[Block]
    is_reported: bool
    """Whether there is a usage report of it; without one there are at most subscriptions."""


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


@dataclass(frozen=True)
class Overview:
    """The figures above the lists and on the dashboard."""

    latest: Row[*tuple[Any, ...]] | None
    """The newest invoice; credit notes are in the history only."""
    invoiced: list[Spend]
    """Excl. tax, per currency, credit notes deducted."""
    by_service: list[ServiceSpend]


def of_contract(contract_id: int, today: date) -> Overview:
    """All the figures of the invoices page, in one statement (INVOICES-1, DASH-1)."""
    months = twelve_until(today)
    rows = db.session.execute(
        union_all(
            *_invoices(contract_id, months[0], months[-1], today + loading.FORESEEN),
            _usage(contract_id, months[0], months[-1]),
            _subscribed(contract_id, months),
            _upfront(contract_id, months),
        )
    ).all()
    latest = next((row for row in rows if row.what == LATEST), None)
    invoiced = [row for row in rows if row.what == INVOICED]
    worked_out = [row for row in rows if row.what in {USAGE, SUBSCRIBED, UPFRONT}]
    return Overview(latest, _invoiced(invoiced, months), _by_service(worked_out, months))


# --- Reading ---------------------------------------------------------------------------------


def _invoices(contract_id: int, since: date, until: date, foreseen: date) -> tuple[Rows, Rows]:
    """Those of the twelve months, a sum for each day, and the newest that no slip dates later."""

    def columns(what: str, invoice: Any, amount: Any) -> Rows:
        return select(
            literal(what, String).label("what"),
            type_coerce(invoice, Integer).label("id"),
            literal("", String).label("name_fr"),
            literal("", String).label("name_en"),
            Invoice.issued_on.label("day"),
            type_coerce(amount, Numeric(14, 2)).label("amount"),
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
    recent = (
        columns(INVOICED, null(), func.sum(Invoice.net))
        .where(Invoice.issued_on >= since, Invoice.issued_on < until)
        .group_by(Invoice.issued_on, Invoice.currency)
    )
    return recent, columns(LATEST, Invoice.id, Invoice.net).where(Invoice.id == newest)


def _usage(contract_id: int, since: date, until: date) -> Rows:
    """Each report by service; one without usage comes as a row without a service."""
    return (
        select(
            literal(USAGE, String),
            UsageReport.id,
            func.coalesce(UsageShare.service, ""),
            func.coalesce(UsageShare.service, ""),
            UsageReport.month,
            type_coerce(func.coalesce(func.sum(UsageShare.amount), 0), Numeric(14, 2)),
            UsageReport.currency,
        )
        .outerjoin(UsageShare, UsageShare.report_id == UsageReport.id)
        .where(
            UsageReport.contract_id == contract_id,
            UsageReport.month >= since,
            UsageReport.month < until,
        )
        .group_by(UsageReport.id, UsageShare.service)
    )


def _subscribed(contract_id: int, months: Sequence[date]) -> Rows:
    """The cost of subscriptions in each month they run, by the service ordered.

    They begin on the 1st and last some years: thousands of them are few periods. So these are
    summed first, and only the sums meet the months.
    """
    month = _calendar(months)
    period = (
        select(
            Order.name_fr,
            Order.name_en,
            Subscription.starts_on,
            Subscription.ends_on,
            Subscription.currency,
            func.sum(Subscription.price).label("price"),
        )
        .join(Order, Order.id == Subscription.order_id)
        .where(
            Subscription.contract_id == contract_id,
            Subscription.starts_on < months[-1],
            Subscription.ends_on >= months[0],
        )
        .group_by(
            Subscription.starts_on,
            Subscription.ends_on,
            Subscription.currency,
            Order.name_fr,
            Order.name_en,
        )
        .subquery()
    )
    return (
        select(
            literal(SUBSCRIBED, String),
            type_coerce(null(), Integer),
            period.c.name_fr,
            period.c.name_en,
            month.c.first,
            type_coerce(func.sum(period.c.price), Numeric(14, 2)),
            period.c.currency,
        )
        .select_from(month)
        .join(period, (period.c.starts_on < month.c.after) & (period.c.ends_on >= month.c.first))
        .group_by(month.c.first, period.c.name_fr, period.c.name_en, period.c.currency)
    )


def _upfront(contract_id: int, months: Sequence[date]) -> Rows:
    """Upfront payments, in the month the subscription starts."""
    month = _calendar(months)
    start = (
        select(
            Subscription.starts_on,
            Subscription.currency,
            func.sum(Subscription.upfront).label("upfront"),
        )
        .where(
            Subscription.contract_id == contract_id,
            Subscription.starts_on >= months[0],
            Subscription.starts_on < months[-1],
            Subscription.upfront > 0,
        )
        .group_by(Subscription.starts_on, Subscription.currency)
        .subquery()
    )
    return (
        select(
            literal(UPFRONT, String),
            type_coerce(null(), Integer),
            literal("", String),
            literal("", String),
            month.c.first,
            type_coerce(func.sum(start.c.upfront), Numeric(14, 2)),
            start.c.currency,
        )
        .select_from(month)
        .join(start, (start.c.starts_on >= month.c.first) & (start.c.starts_on < month.c.after))
        .group_by(month.c.first, start.c.currency)
    )


def _calendar(months: Sequence[date]) -> Subquery:
    """The months as a table, which both databases can join."""
    return union_all(
        *(
            select(literal(first, Date).label("first"), literal(after, Date).label("after"))
            for first, after in pairwise(months)
        )
    ).subquery()


# --- Adding up -------------------------------------------------------------------------------


def _invoiced(rows: Iterable[Any], months: list[date]) -> list[Spend]:
    amounts: dict[str, dict[date, Decimal]] = {}
    for row in rows:
        of_currency = amounts.setdefault(row.currency, {})
        month = first_day(row.day)
        of_currency[month] = of_currency.get(month, _NOTHING) + row.amount
    most_used_first = sorted(amounts.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        spend_of(currency, months, [of_currency.get(month) for month in months[:-1]])
        for currency, of_currency in most_used_first
    ]


def _by_service(rows: Sequence[Any], months: Sequence[date]) -> list[ServiceSpend]:
    """Per currency, the one with most services first."""
    reported = {row.day for row in rows if row.what == USAGE}
    amounts: dict[str, dict[str | None, dict[date, Decimal]]] = {}
    for row in rows:
        if not row.amount:
            continue
        name = row.name_en if locale() == "en" else row.name_fr
        part = None if row.what == UPFRONT else name
        of_service = amounts.setdefault(row.currency, {}).setdefault(part, {})
        of_service[row.day] = of_service.get(row.day, _NOTHING) + row.amount
    most_used_first = sorted(amounts.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        _drawn(currency, _top(services, months[:-1]), months[:-1], reported)
        for currency, services in most_used_first
    ]


def _top(parts: dict[str | None, dict[date, Decimal]], months: Sequence[date]) -> list[Share]:
    """The dearest services by name, the rest as one, upfront payments (no service) last."""

    def share(name: str, of_month: dict[date, Decimal]) -> Share:
        return Share(name, [of_month.get(month, _NOTHING) for month in months])

    every = [share(name, of_month) for name, of_month in parts.items() if name is not None]
    every.sort(key=lambda one: (-one.total, one.name))
    once = [share(_("Upfront payments"), parts[None])] if None in parts else []
    most = MOST_PARTS - 1 - len(once)
    named, rest = every[:most], every[most:]
    if len(rest) > 1:
        amounts = [sum(one, _NOTHING) for one in zip(*(s.amounts for s in rest), strict=True)]
        rest = [Share(_("%(count)s other services", count=len(rest)), amounts)]
    return [*named, *rest, *once]


def _drawn(
    currency: str, shares: list[Share], months: Sequence[date], reported: set[date]
) -> ServiceSpend:
    """The bars: what is given back makes no block, but counts in the figures."""
    by_month = [tuple(share.amounts[index] for share in shares) for index in range(len(months))]
    heights = (sum((a for a in amounts if a > 0), _NOTHING) for amounts in by_month)
    widest = max(heights, default=_NOTHING) or Decimal(1)
    drawn = []
    for first, amounts in zip(months, by_month, strict=True):
        blocks, start = [], Decimal(0)
        for index, amount in enumerate(amounts):
            if amount > 0:
                width = amount / widest * 100
                blocks.append(Block(index, round(float(start), 1), round(float(width), 1)))
                start += width
        drawn.append(Month(first, amounts, sum(amounts, _NOTHING), blocks, first in reported))
    return ServiceSpend(currency, shares, drawn)
