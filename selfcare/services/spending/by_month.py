"""Twelve months of spend in one currency: what is drawn, and what is said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Share:
    """One service over the months."""

    name: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """All months together."""
        return sum(self.amounts, NOTHING)


@dataclass(frozen=True)
class Month:
    """One bar.

    Attributes:
        first: the month's first day.
        amounts: what recurs, for each share, in their order.
        once: upfront payments that are due in it.
        invoiced: what was invoiced in it, credit notes deducted; None without any document.
        is_reported: whether there is a usage report; without one there are at most subscriptions.
    """

    first: date
    amounts: tuple[Decimal, ...]
    once: Decimal
    invoiced: Decimal | None
    is_reported: bool

    @cached_property
    def recurring(self) -> Decimal:
        """All shares together."""
        return sum(self.amounts, NOTHING)

    @property
    def total(self) -> Decimal:
        """Upfront payments included."""
        return self.recurring + self.once

    @cached_property
    def length(self) -> Decimal:
        """What is drawn: an amount given back makes no block, but counts in the sums."""
        return sum((amount for amount in self.amounts if amount > 0), NOTHING)

    @property
    def says_something(self) -> bool:
        """Whether there is anything to tell of it."""
        return self.is_reported or self.invoiced is not None or bool(self.length or self.total)


@dataclass(frozen=True)
class Step:
    """What recurs in a month, beside the month before."""

    month: Month
    before: Month

    @property
    def difference(self) -> Decimal:
        """How much more it is."""
        return self.month.recurring - self.before.recurring

    @property
    def percent(self) -> Decimal | None:
        """The same in per cent, to one decimal; None if the month before had nothing."""
        if self.before.recurring <= 0:
            return None
        return (self.difference / self.before.recurring * 100).quantize(Decimal("0.1"))

    @property
    def is_fair(self) -> bool:
        """Whether they can be compared: usage is known of both, or of neither."""
        return self.month.is_reported == self.before.is_reported and bool(self.before.recurring)


@dataclass(frozen=True)
class Spend:
    """Twelve months of one currency, oldest first.

    Attributes:
        shares: what recurs by service, dearest first. Where the portal knows of no usage and no
            subscription, the one share is what was invoiced (`is_invoiced`).
    """

    currency: str
    shares: tuple[Share, ...]
    months: tuple[Month, ...]
    is_invoiced: bool

    @property
    def total(self) -> Decimal:
        """Everything together."""
        return sum((month.total for month in self.months), NOTHING)

    @property
    def once(self) -> Decimal:
        """The upfront payments among it."""
        return sum((month.once for month in self.months), NOTHING)

    @cached_property
    def longest(self) -> Decimal:
        """The month that fills its bar."""
        return max(month.length for month in self.months)

    @cached_property
    def only(self) -> Month | None:
        """The one month that says something, if the others do not: a sentence tells it."""
        telling = [month for month in self.months if month.says_something]
        return telling[0] if len(telling) == 1 else None

    @cached_property
    def current(self) -> Step:
        """The present month, which is not over."""
        return Step(self.months[-1], self.months[-2])

    @cached_property
    def last(self) -> Step:
        """The last whole month."""
        return Step(self.months[-2], self.months[-3])
