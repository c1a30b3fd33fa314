"""Months: where the customers are, and as far ahead or back as one counts (SUBS-2)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Date, bindparam

from selfcare import config
from selfcare.models import now


def zone() -> ZoneInfo:
    """The time zone of all contracts (`TIMEZONE`)."""
    return ZoneInfo(config.current().timezone)


def local_day(at: datetime) -> date:
    """The day that a moment is on where the customers are."""
    return at.astimezone(zone()).date()


def today() -> date:
    """The present day where the customers are."""
    return local_day(now())


TODAY: BindParameter[date] = bindparam(None, type_=Date(), callable_=today)
"""The same in a statement, which asks each time it runs: most are put together once."""


def first_day(day: date, *, ahead: int = 0) -> date:
    """The first day of the day's month, or of the month so many months ahead of it."""
    year, month = divmod(day.year * 12 + day.month - 1 + ahead, 12)
    return date(year, month + 1, 1)


def last_day(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def twelve_until(day: date) -> list[date]:
    """The first days of the last twelve months, the day's own included, and of the next."""
    return [first_day(day, ahead=ahead) for ahead in range(-11, 2)]


def reservation_period(ordered_on: date, months: int) -> tuple[date, date]:
    """First and last day of a reservation: from the 1st of next month, `months` long (SUBS-2).

    29/08/2017 for 24 months gives 01/09/2017 to 31/08/2019.
    """
    return lasting(first_day(ordered_on, ahead=1), months)


def lasting(first: date, months: int) -> tuple[date, date]:
    """A day and the last day of the months that begin with it."""
    return first, first_day(first, ahead=months) - timedelta(days=1)


def starts_after(ordered_at: datetime) -> date:
    """The first day of a reservation ordered at a moment."""
    return first_day(local_day(ordered_at), ahead=1)
