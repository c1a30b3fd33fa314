"""ORDERS-2, SUBS-2: references without gap or double, periods of reservations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Customer, SubscriptionStatus, subscription_status
from selfcare.services.months import reservation_period
from selfcare.services.orders import references

DAY = date(2017, 10, 9)


@pytest.fixture
def take(app, cast):
    """Take a reference as a request does: in a context and a transaction of its own."""
    cast.contract("OCB0000124", customer="HONEY1655")
    cast.contract("OCB0000777", customer="OTHER2000")

    def take(code: str = "HONEY1655", on: date = DAY, *, fail: bool = False) -> str:
        with app.app_context():
            customer = db.session.execute(select(Customer).filter_by(code=code)).scalar_one()
            ref = references.next_reference(customer, on)
            (db.session.rollback if fail else db.session.commit)()
            return ref

    return take


class TestReference:
    def test_orders_2_customer_month_and_number(self, take):
        assert [take() for _ in range(2)] == ["HONEY1655-1710-001", "HONEY1655-1710-002"]

    def test_orders_2_each_month_and_customer_counts_from_one(self, take):
        take()
        assert take(on=date(2017, 11, 1)) == "HONEY1655-1711-001"
        assert take("OTHER2000") == "OTHER2000-1710-001"
        assert take(on=date(2027, 10, 1)) == "HONEY1655-2710-001"

    def test_orders_2_an_order_that_fails_leaves_no_gap(self, take):
        take()
        take(fail=True)
        assert take() == "HONEY1655-1710-002"

    def test_orders_2_beyond_999_it_goes_on(self, take, app):
        from selfcare.models import OrderCounter

        take()
        with app.app_context():
            db.session.execute(select(OrderCounter)).scalar_one().last = 999
            db.session.commit()
        assert take() == "HONEY1655-1710-1000"

    def test_orders_2_no_gap_and_no_double_when_many_order_at_once(self, take):
        def order_five(number: int) -> list[str]:
            return [
                take(fail=True) and "" if (number + turn) % 5 == 4 else take() for turn in range(5)
            ]

        with ThreadPoolExecutor(20) as pool:
            refs = [ref for some in pool.map(order_five, range(20)) for ref in some if ref]
        assert sorted(refs) == [f"HONEY1655-1710-{number:03}" for number in range(1, 81)]


@pytest.mark.once
class TestPeriod:
    def test_subs_2_the_guide_s_example(self):
        period = reservation_period(date(2017, 8, 29), 24)
        assert period == (date(2017, 9, 1), date(2019, 8, 31))

    @given(day=st.dates(date(1990, 1, 1), date(2200, 1, 1)), months=st.integers(1, 120))
    def test_subs_2_from_the_first_of_next_month_for_whole_months(self, day, months):
        first, last = reservation_period(day, months)
        after = last + timedelta(days=1)
        assert first.day == after.day == 1
        assert timedelta(0) < first - day <= timedelta(days=31)
        assert (after.year - first.year) * 12 + after.month - first.month == months

    @given(day=st.dates(date(1990, 1, 1), date(2200, 1, 1)), months=st.integers(1, 120))
    def test_subs_2_subscribed_then_active_then_ended(self, day, months):
        first, last = reservation_period(day, months)
        one = timedelta(days=1)
        at = [subscription_status(first, last, d) for d in (first - one, first, last, last + one)]
        assert at == [
            SubscriptionStatus.SUBSCRIBED,
            SubscriptionStatus.ACTIVE,
            SubscriptionStatus.ACTIVE,
            SubscriptionStatus.ENDED,
        ]
