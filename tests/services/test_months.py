"""Months (SUBS-2, DASH-1): as many ahead or back as one counts, and where the customers are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcare.services.months import (
    first_day,
    last_day,
    local_day,
    reservation_period,
    starts_after,
    twelve_until,
)

pytestmark = pytest.mark.once

DAYS = st.dates(date(1900, 1, 1), date(2300, 1, 1))
ONE = timedelta(days=1)


def index(day: date) -> int:
    return day.year * 12 + day.month


@given(day=DAYS, ahead=st.integers(-1200, 1200))
def test_subs_2_a_month_ahead_is_that_many_months_away(day, ahead):
    found = first_day(day, ahead=ahead)
    assert found.day == 1
    assert index(found) - index(day) == ahead


@given(day=DAYS, one=st.integers(-600, 600), more=st.integers(-600, 600))
def test_subs_2_months_add_up(day, one, more):
    assert first_day(first_day(day, ahead=one), ahead=more) == first_day(day, ahead=one + more)


@given(day=DAYS)
def test_subs_2_a_month_ends_the_day_before_the_next(day):
    assert first_day(day) <= day <= last_day(day)
    assert last_day(day) + ONE == first_day(day, ahead=1)


@given(day=DAYS)
def test_dash_1_twelve_months_and_the_next_follow_each_other(day):
    found = twelve_until(day)
    assert len(found) == 13
    assert found[-2] == first_day(day)
    assert all(last_day(one) + ONE == after for one, after in pairwise(found))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2017-08-31T21:59:59", date(2017, 8, 31)),
        ("2017-08-31T22:00:00", date(2017, 9, 1)),
        ("2017-12-31T22:59:59", date(2017, 12, 31)),
        ("2017-12-31T23:30:00", date(2018, 1, 1)),
        ("2019-03-31T00:59:59", date(2019, 3, 31)),
        ("2019-10-31T22:30:00", date(2019, 10, 31)),
    ],
)
def test_subs_2_an_order_s_day_is_the_one_in_paris(app, at, day):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with app.app_context():
        assert local_day(moment) == day
        assert starts_after(moment) == reservation_period(day, 12)[0]


@given(
    at=st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    months=st.integers(1, 120),
)
def test_subs_2_whatever_the_moment_a_reservation_starts_on_a_first(migrated, at, months):
    with migrated.app_context():
        day = local_day(at)
        start = starts_after(at)
    assert abs(datetime.combine(day, at.time(), ZoneInfo("UTC")) - at) <= ONE
    assert start == reservation_period(day, months)[0]
    assert start.day == 1
    assert ONE <= start - day <= timedelta(days=31)
