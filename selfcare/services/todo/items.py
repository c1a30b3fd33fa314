"""One thing to do, and the kinds there are."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What is to be done, the most urgent first."""

    CONSOLE = "console"
    INVOICE = "invoice"
    VISIT = "visit"
    REQUEST = "request"
    ENDING = "ending"
    MEMBER = "member"
    ORDER = "order"


class Item(NamedTuple):
    """One thing to do.

    Attributes:
        kind: what.
        contract_ref, contract_name: where.
        key: of the thing: a reference, or an id.
        name: of the thing, or of the person it is about.
        day: when it is due, or ends.
        at: since when it waits.
        amount, currency: to pay.
        status: of an order; of a console access, whether it was given up.
        can: whether its reader may do what is to be done: order, open the orders.
    """

    kind: Kind
    contract_ref: str
    contract_name: str
    key: str
    name: str
    day: date | None
    at: datetime | None
    amount: Decimal | None
    currency: str
    status: str
    can: bool

    def days_until(self, today: date) -> int | None:
        """The days left, if it has a day; below zero it is late."""
        return (self.day - today).days if self.day else None
