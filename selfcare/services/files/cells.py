"""Numbers and days as people, spreadsheets and programs write them into cells."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

_NUMBER = re.compile(
    r"[+-]?(\d+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+)(?:[.,]\d*)?(?:[eE][+-]?\d{1,2})?", re.ASCII
)
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d")
_TIME = re.compile(r"[T ]\d\d:?\d\d", re.ASCII)
_ZONED = re.compile(_TIME.pattern + r".*(?:Z|[+-]\d\d(?::?\d\d)?)", re.ASCII)


def number(text: str) -> Decimal:
    """`2352.21`, `2 352,21` or `1,2E-05`; thousands are parted by spaces only.

    Raises:
        ValueError: it is not a number.
    """
    plain = text.replace("\u2212", "-")  # the true minus sign
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(re.sub(r"\s", "", plain).replace(",", "."))


def day(text: str, zone: ZoneInfo) -> date:
    """`2016-12-06`, `06/12/2016` or `20161206`; of a moment, its day.

    A moment with an offset (`2016-12-31T23:30:00Z`) is on the day that it is then in `zone`.

    Raises:
        ValueError: it is not a date.
    """
    try:
        if _ZONED.search(text):
            return datetime.fromisoformat(text).astimezone(zone).date()
        return _plain_day(_TIME.split(text)[0])
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a date like 2016-12-06") from None


def _plain_day(text: str) -> date:
    for shape in _DAYS:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError
