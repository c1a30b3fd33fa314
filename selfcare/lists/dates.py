"""Parts of dates in a search: `01/09/2017`, `09/2017`, `2017`, `2017-09-01`, `2017-09` (SUBS-1)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from selfcare.services.months import first_day

_SHAPES = (
    re.compile(r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<m>\d{1,2})[/.](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})"),
)
_OLDEST, _LATEST = 1000, 9998
"""Years whose days, the next one included, exist in every time zone."""


def span(text: str) -> tuple[date, date] | None:
    """The days a date or a part of one covers, as [first, first day after); None if it is none.

    A day comes before its month, as in France and Britain. `31/02/2017` is not a date.
    """
    match = next((m for shape in _SHAPES if (m := shape.fullmatch(text))), None)
    if match is None:
        return None
    parts = {name: int(value) for name, value in match.groupdict().items()}
    if not _OLDEST <= parts["y"] <= _LATEST:
        return None
    try:
        first = date(parts["y"], parts.get("m", 1), parts.get("d", 1))
        if "d" in parts:
            return first, first + timedelta(days=1)
        if "m" in parts:
            return first, first_day(first, ahead=1)
        return first, date(first.year + 1, 1, 1)
    except ValueError:
        return None
