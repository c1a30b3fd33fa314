"""DASH-1, INVOICES-1: sums kept when subscriptions are made say what each subscription says."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Order, OrderStatus, Subscription, SubscriptionTotal
from selfcare.services.months import first_day, twelve_until
from selfcare.services.orders import fulfilment
from selfcare.services.spending import figures, overview
from selfcare.services.spending.subscribed import periods
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("paul")

TODAY = date(2026, 11, 22)
MONTHS = twelve_until(TODAY)[:-1]
PARTS = ("Serveur", "Disque", "Réseau")
ONCE = "once"

By = dict[tuple[str, str], dict[date, Decimal]]


@pytest.fixture(params=range(4))
def subscriptions(app: Flask, cast: Cast, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """Forty subscriptions, before, in and after the twelve months, some alike, some for a day."""
    random, made = Random(request.param), []
    cast.orders(40, status=OrderStatus.COMPLETED)
    with app.app_context():
        for order in db.session.execute(select(Order)).scalars():
            order.name_fr = order.name_en = random.choice(PARTS)
            starts_on = TODAY + timedelta(days=random.randint(-500, 60))
            if random.random() < 0.6:
                starts_on = first_day(starts_on)
            values = {
                "starts_on": starts_on,
                "ends_on": starts_on + timedelta(days=random.choice((0, 1, 29, 30, 31, 364, 400))),
                "price": Decimal(random.randint(0, 99_999)) / 100,
                "upfront": random.choice((Decimal(0), Decimal(random.randint(1, 9_999)) / 100)),
                "currency": random.choice(("EUR", "EUR", "CHF")),
            }
            db.session.add(
                Subscription(
                    order=order,
                    ref=order.ref,
                    contract_id=order.contract_id,
                    subscribed_by_id=order.placed_by_id,
                    subscribed_at=order.placed_at,
                    name="-",
                    months=12,
                    **values,
                )
            )
            made.append({**values, "name": order.name_fr})
        db.session.commit()
    return made


def expected(subscriptions: list[dict[str, Any]]) -> By:
    """By currency and part: each day of each month is looked at."""
    by: By = defaultdict(lambda: defaultdict(Decimal))
    for one in subscriptions:
        day, seen = one["starts_on"], set()
        while day <= one["ends_on"]:
            if (month := day.replace(day=1)) in MONTHS and month not in seen:
                seen.add(month)
                by[one["currency"], one["name"]][month] += one["price"]
            day += timedelta(days=1)
        if (month := one["starts_on"].replace(day=1)) in MONTHS and one["upfront"]:
            by[one["currency"], ONCE][month] += one["upfront"]
    return by


class TestSums:
    def test_dash_1_the_figures_are_those_of_every_single_day(self, app, subscriptions):
        with app.app_context():
            found = figures.of(periods(contract_id(), TODAY), TODAY, drawn_as="Subscriptions")
        running = [s for s in subscriptions if s["starts_on"] <= TODAY <= s["ends_on"]]
        coming = [s for s in subscriptions if s["starts_on"] > TODAY]
        assert (found.active, found.subscribed) == (len(running), len(coming))
        month_ago = TODAY - timedelta(days=30)
        before = [s for s in subscriptions if s["starts_on"] <= month_ago <= s["ends_on"]]
        assert found.before == len(before)
        assert {one.currency: (one.amount, one.before) for one in found.monthly} == {
            currency: tuple(
                sum((s["price"] for s in some if s["currency"] == currency), Decimal(0))
                for some in (running, before)
            )
            for currency in {s["currency"] for s in (*running, *before)}
        }
        by = expected(subscriptions)
        for currency in ("CHF", "EUR"):
            (spend,) = [one for one in found.spends if one.currency == currency]
            assert {month.first: month.total for month in spend.months} == {
                month: sum(of[month] for (c, _), of in by.items() if c == currency)
                for month in MONTHS
            }

    def test_invoices_1_the_services_cost_what_every_single_day_says(self, app, subscriptions):
        with app.app_context():
            found = overview.of_contract(contract_id(), TODAY)
        services = {
            (one.currency, share.name): dict(zip(MONTHS, share.amounts, strict=True))
            for one in found
            for share in one.shares
        }
        once = {
            (one.currency, ONCE): {month.first: month.once for month in one.months}
            for one in found
            if one.once
        }
        assert services | once == {
            key: {month: of[month] for month in MONTHS}
            for key, of in expected(subscriptions).items()
            if any(of.values())
        }

    def test_invoices_1_a_total_is_the_sum_of_its_subscriptions(self, app, subscriptions):
        count: Counter[tuple[Any, ...]] = Counter()
        sums: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
        for one in subscriptions:
            alike = (one["name"], one["currency"], one["starts_on"], one["ends_on"])
            count[alike] += 1
            sums[alike] += one["price"] + 1000 * one["upfront"]

        def key(total: SubscriptionTotal) -> tuple[Any, ...]:
            return (total.name_fr, total.currency, total.starts_on, total.ends_on)

        with app.app_context():
            kept = db.session.execute(select(SubscriptionTotal)).scalars().all()
            found = {key(total): total for total in kept}
            assert {alike: total.count for alike, total in found.items()} == count
            assert {alike: t.price + 1000 * t.upfront for alike, t in found.items()} == sums
            SubscriptionTotal.work_out_all(db.session.connection())
            db.session.expire_all()
            again = db.session.execute(select(SubscriptionTotal)).scalars().all()
            assert {
                (t.name_fr, t.currency, t.starts_on, t.ends_on): t.count for t in again
            } == count

    def test_invoices_1_a_subscription_is_never_changed_past_its_total(self, app, cast):
        cast.subscription()
        with app.app_context():
            one = db.session.execute(select(Subscription)).scalar_one()
            one.price = Decimal(1)
            with pytest.raises(TypeError, match="stays as it was made"):
                db.session.flush()


def test_invoices_1_orders_completed_at_the_same_time_are_all_counted(app, cast):
    refs = [
        cast.order(at=datetime(2026, 10, 9, 9, number, tzinfo=UTC), status="submitted", months=12)
        for number in range(12)
    ]

    def complete(ref: str) -> None:
        with app.app_context():
            order = fulfilment.find(ref)
            assert order
            fulfilment.move(order, OrderStatus.COMPLETED, by="operator")
            db.session.commit()

    with ThreadPoolExecutor(4) as operators:
        list(operators.map(complete, refs))
    with app.app_context():
        total = db.session.execute(select(SubscriptionTotal)).scalar_one()
        assert (total.count, total.price) == (12, 12 * Decimal("4.97"))


def contract_id() -> int:
    return db.session.execute(select(Contract.id)).scalar_one()
