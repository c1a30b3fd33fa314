"""The spending of a contract over twelve months: by service, and what was invoiced.

Invoices are the truth about money, but name no service: their lines are free text. So what is
drawn is what the portal works out for each service from the usage reports and the subscriptions,
as pre-invoices do (docs/adr/0502); what was invoiced stands beside it in the table. Upfront
payments are due once and flatten all other months if they are drawn, so they are a figure of
their month. Each currency has a picture of its own.

Two statements read all of it. `usage_shares` and `subscription_totals` are added up already, so
that a million usage lines or subscriptions cost no more than ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    String,
    bindparam,
    func,
    literal,
    null,
    select,
    union_all,
)

from selfcare.database import db
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.models import Invoice, UsageReport, UsageShare
from selfcare.services.invoices.due import is_replaced
from selfcare.services.months import first_day, twelve_until
from selfcare.services.spending.by_month import NOTHING, Month, Share, Spend
from selfcare.services.spending.subscribed import Amounts, Periods, costs, no_amounts, periods

MOST_PARTS = 5
"""As many as there are patterns; the services that are left are drawn as one."""

INVOICED, USAGE = "invoiced", "usage"


@dataclass
class _Known:
    """What is known of one currency."""

    services: dict[str, Amounts] = field(default_factory=lambda: defaultdict(no_amounts))
    once: Amounts = field(default_factory=no_amounts)
    invoiced: Amounts = field(default_factory=no_amounts)


def of_contract(
    contract_id: int, today: date, *, subscribed: Periods | None = None
) -> tuple[Spend, ...]:
    """Each currency of the last twelve months, the most used first (INVOICES-1, DASH-1).

    Args:
        contract_id: whose.
        today: the day they end on.
        subscribed: the periods of its subscriptions, if they have been read.
    """
    *months, after = twelve_until(today)
    reported = set()
    by_currency: dict[str, _Known] = defaultdict(_Known)
    asked = {"contract": contract_id, "since": months[0], "until": after}
    for row in db.session.execute(_documents(), asked):
        known = by_currency[row.currency]
        if row.what == INVOICED:
            known.invoiced[first_day(row.day)] += row.amount
        else:
            reported.add((row.currency, row.day))
            if row.amount:
                known.services[row.service][row.day] += row.amount
    in_english = locale() == "en"
    for period in periods(contract_id, today) if subscribed is None else subscribed:
        known = by_currency[period.currency]
        name = period.name_en if in_english else period.name_fr
        for month, price, upfront in costs(period, months):
            if price:
                known.services[name][month] += price
            if upfront:
                known.once[month] += upfront
    spends = [
        _spend(currency, known, months, {day for one, day in reported if one == currency})
        for currency, known in by_currency.items()
        if known.services or any(known.once.values()) or known.invoiced
    ]
    return tuple(sorted(spends, key=_most_used_first))


def _most_used_first(spend: Spend) -> tuple[bool, int, str]:
    return spend.is_invoiced, -len(spend.shares), spend.currency


@lru_cache
def _documents() -> CompoundSelect[Any]:
    """What was invoiced on each day, corrected invoices once; each report's services."""
    contract_id: BindParameter[int] = bindparam("contract")
    since: BindParameter[date] = bindparam("since")
    until: BindParameter[date] = bindparam("until")
    invoices = (
        select(
            literal(INVOICED, String).label("what"),
            null().label("service"),
            Invoice.issued_on.label("day"),
            func.sum(Invoice.net).label("amount"),
            Invoice.currency.label("currency"),
        )
        .where(
            Invoice.contract_id == contract_id,
            Invoice.issued_on >= since,
            Invoice.issued_on < until,
            ~is_replaced(),
        )
        .group_by(Invoice.issued_on, Invoice.currency)
    )
    usage = (
        select(
            literal(USAGE, String),
            UsageShare.service,
            UsageReport.month,
            func.coalesce(func.sum(UsageShare.amount), 0),
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
    return union_all(invoices, usage)


def _spend(currency: str, known: _Known, months: Sequence[date], reported: set[date]) -> Spend:
    is_invoiced = not known.services
    drawn = {_("Invoiced"): known.invoiced} if is_invoiced and known.invoiced else known.services
    shares = _top(drawn, months)
    return Spend(
        currency,
        shares,
        tuple(
            Month(
                first,
                amounts=tuple(share.amounts[place] for share in shares),
                once=known.once.get(first, NOTHING),
                invoiced=known.invoiced.get(first),
                is_reported=first in reported,
            )
            for place, first in enumerate(months)
        ),
        is_invoiced,
    )


def _top(services: dict[str, Amounts], months: Sequence[date]) -> tuple[Share, ...]:
    """The dearest services by name, the rest as one."""
    every = [
        Share(name, tuple(amounts.get(month, NOTHING) for month in months))
        for name, amounts in services.items()
    ]
    every.sort(key=lambda one: (-one.total, one.name))
    named, rest = every[: MOST_PARTS - 1], every[MOST_PARTS - 1 :]
    if len(rest) > 1:
        amounts = tuple(sum(one, NOTHING) for one in zip(*(s.amounts for s in rest), strict=True))
        rest = [Share(_("%(count)s other services", count=len(rest)), amounts)]
    return (*named, *rest)
