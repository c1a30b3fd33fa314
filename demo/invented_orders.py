"""Millions of orders with the subscriptions they gave rise to, a few microseconds each.

All that many orders share is worked out once: the days of a month, the words of a template. The
folded search text is put together of folded parts, which is the same as folding the whole, since
folding looks at one character and its accents at a time and the parts meet at spaces.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random

from demo.data_files import read
from demo.invented import InventedCustomer, Inventor, Member, Row
from demo.order_rows import PARIS
from demo.price_list import MIGRATION, RESERVATION, Rate, names, rates
from selfcare.models import OrderStatus, Searchable, fold
from selfcare.services.months import first_day, reservation_period

YEARS = 5
RECENT = timedelta(days=21)
MIGRATIONS = 0.6
"""The share of migrations among the orders that lead to no subscription."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A rate in the words of its orders and subscriptions."""

    parameters: str
    searched_values: str
    name: str
    searched_name: str
    months: int
    price: str
    upfront: str
    currency: str
    region: str


@dataclass(frozen=True, slots=True)
class _Month:
    """A month in the customers' time zone, with the periods of its orders' reservations."""

    begins: float
    code: str
    periods: dict[int, tuple[str, str]]


class OrderInventor:
    """Makes the orders of one customer after the other, in the order of time."""

    def __init__(self, rng: Random, inventor: Inventor, *, now: datetime) -> None:
        """Take the source of ids, and the moment of the last order."""
        self._rng = rng
        self._inventor = inventor
        self._until = (now - timedelta(hours=1)).timestamp()
        self._since = (now - timedelta(days=365 * YEARS)).timestamp()
        self._recent = (now - RECENT).timestamp()
        self._months = list(_months(now))
        self._days: dict[int, str] = {}
        self._templates = [_template(rate) for rate in rates().values()]
        self._needs = [(needs, fold(needs)) for needs in read("invented-words")["needs"]]
        self._reservation = _names(RESERVATION)
        self._migration = _names(MIGRATION)

    def orders(
        self, customer: InventedCustomer, count: int, subscribed: int
    ) -> Iterator[tuple[Row, Row | None]]:
        """Yield orders of the members; `subscribed` of them, evenly spread, with a subscription."""
        if not count:
            return
        random, members, months = self._rng.random, customer.members, self._months
        templates, (name_fr, name_en, names) = self._templates, self._reservation
        numbers, code = customer.last_numbers, customer.code
        step = (self._until - self._since) / count
        turn = 0
        for index in range(count):
            at = self._since + (index + random()) * step
            while at >= months[turn + 1].begins:
                turn += 1
            month = months[turn]
            number = numbers[month.code] = numbers.get(month.code, 0) + 1
            member = members[int(random() * len(members))]
            ref = f"{code}-{month.code}-{number:03}"
            folded = ref.lower()
            order_id = self._inventor.take_id("orders")
            placed_at = self._stored(at)
            template = templates[int(random() * len(templates))]
            becomes = (index + 1) * subscribed // count > index * subscribed // count
            if not becomes and random() < MIGRATIONS:
                yield self._migrate(order_id, ref, member, at), None
                continue
            status = "completed" if becomes else self._status(at, "cancelled")
            order: Row = (
                order_id,
                ref,
                member.contract_id,
                member.account_id,
                placed_at,
                name_fr,
                name_en,
                template.price,
                "monthly",
                template.currency,
                status,
                template.parameters,
                f"{folded} {names} {member.login} {template.searched_values}",
            )
            if not becomes:
                yield order, None
                continue
            starts_on, ends_on = month.periods[template.months]
            subscription: Row = (
                self._inventor.take_id("subscriptions"),
                order_id,
                ref,
                member.contract_id,
                member.account_id,
                placed_at,
                template.name,
                template.months,
                template.price,
                template.upfront,
                template.currency,
                template.region,
                starts_on,
                ends_on,
                f"{folded} {template.searched_name}",
            )
            yield order, subscription

    def _migrate(self, order_id: int, ref: str, member: Member, at: float) -> Row:
        name_fr, name_en, names = self._migration
        needs, folded_needs = self._needs[int(self._rng.random() * len(self._needs))]
        return (
            *(order_id, ref, member.contract_id, member.account_id, self._stored(at)),
            *(name_fr, name_en, None, "quote", "EUR", self._status(at, "completed")),
            _json({"contact": member.name, "needs": needs}),
            f"{ref.lower()} {names} {member.login} {_folded(member.name)} {folded_needs}",
        )

    def _status(self, at: float, when_old: str) -> str:
        if at < self._recent:
            return when_old
        recent = (OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS)
        return str(recent[self._rng.random() < 0.5])

    def _stored(self, at: float) -> str:
        """Do the same as `invented.stored`, in a tenth of the time."""
        day, second = divmod(int(at), 86_400)
        text = self._days.get(day)
        if text is None:
            epoch = date(1970, 1, 1)
            text = self._days[day] = str(epoch + timedelta(days=day))
        minute, second = divmod(second, 60)
        return f"{text} {minute // 60:02}:{minute % 60:02}:{second:02}.000000"


_json = json.JSONEncoder().encode
_folded = lru_cache(maxsize=1000)(fold)


def _names(slug: str) -> tuple[str, str, str]:
    """Return both names, and the text that searches find them by."""
    return *names(slug), Searchable.joined(names(slug))


def _template(rate: Rate) -> _Template:
    return _Template(
        parameters=json.dumps(rate.parameters),
        searched_values=Searchable.joined(rate.parameters.values()),
        name=rate.subscription_name,
        searched_name=Searchable.joined((rate.subscription_name,)),
        months=rate.months,
        price=str(rate.monthly),
        upfront=str(rate.upfront),
        currency=rate.currency,
        region=rate.region,
    )


def _months(now: datetime) -> Iterator[_Month]:
    """Yield the months from the first order's on, and one more, which only ends the row."""
    today = now.astimezone(PARIS).date()
    for ahead in range(-12 * YEARS - 1, 2):
        first = first_day(today, ahead=ahead)
        periods = {months: reservation_period(first, months) for months in (12, 24, 36)}
        yield _Month(
            begins=datetime.combine(first, time(), PARIS).timestamp(),
            code=f"{first:%y%m}",
            periods={months: (str(start), str(end)) for months, (start, end) in periods.items()},
        )
