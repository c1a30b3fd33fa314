"""The orders of the sample data with their dates: the figures' orders, and recent ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.data_files import read
from demo.price_list import Rate, rates
from selfcare.models import OrderStatus
from selfcare.services.months import first_day

PARIS = ZoneInfo("Europe/Paris")
COMPLETED_WITHIN = timedelta(seconds=48)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order of the data files: a reservation has a rate, a migration has needs."""

    contract: str
    by: str
    placed_at: datetime
    status: OrderStatus
    at_catalogue_price: bool
    rate: Rate | None
    needs: str
    subscribed_at: datetime
    ref: str | None
    """The reference that a figure shows, if one does."""


def order_rows(now: datetime) -> list[OrderRow]:
    """Return all sample orders as they are at a moment, oldest first."""
    rows = [*_read("orders-figures", now), *_read("orders-recent", now)]
    return sorted(rows, key=lambda row: row.placed_at)


def _read(name: str, now: datetime) -> Iterator[OrderRow]:
    file = read(name)
    for row in file["order"]:
        placed_at = _placed_at(row, now)
        subscribed_at = row.get("subscribed_at")
        yield OrderRow(
            contract=row["contract"],
            by=row["by"],
            placed_at=placed_at,
            status=OrderStatus(row.get("status", OrderStatus.COMPLETED)),
            at_catalogue_price=file["price"] == "catalogue",
            rate=rates()[row["template"]] if "template" in row else None,
            needs=row.get("needs", ""),
            subscribed_at=in_paris(subscribed_at)
            if subscribed_at
            else min(placed_at + COMPLETED_WITHIN, now),
            ref=row.get("ref"),
        )


def _placed_at(row: dict[str, Any], now: datetime) -> datetime:
    if "at" in row:
        return in_paris(row["at"])
    month = first_day(now.astimezone(PARIS).date())
    if "elapsed" in row:
        start = in_paris(datetime.combine(month, time()))
        return (start + float(row["elapsed"]) * (now - start)).replace(microsecond=0)
    day = first_day(month, ahead=-row["months_ago"]).replace(day=row["day"])
    return in_paris(datetime.combine(day, row["time"]))


def in_paris(local: datetime) -> datetime:
    """Return a time of the data files, which hold the customers' local times."""
    return local.replace(tzinfo=PARIS)
