"""What choices of a service cost: rows of its price table, and what they come to over a term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

Values = Mapping[str, str]
"""What somebody entered, by field."""


@dataclass(frozen=True)
class Price:
    """What one combination of choices costs: a month of it (or all), and once when it starts."""

    choices: tuple[str, ...]
    monthly: Decimal
    upfront: Decimal


@dataclass(frozen=True)
class OnDemand:
    """What the same thing costs when nothing is reserved, to compare with."""

    hours: int
    by: tuple[str, ...]
    prices: tuple[Price, ...]

    def monthly(self, values: Values) -> Decimal | None:
        """The price of a month of so many hours, where it is known."""
        wanted = tuple(values.get(name, "") for name in self.by)
        return next((one.monthly for one in self.prices if one.choices == wanted), None)


@dataclass(frozen=True)
class Cost:
    """What choices come to: a price, over a term if there is one, and against on demand."""

    price: Price
    months: int | None
    on_demand: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """The total of the whole commitment."""
        if self.months is None:
            return None
        return self.price.monthly * self.months + self.price.upfront

    @property
    def saving(self) -> Decimal | None:
        """The amount that is saved over the term against on demand, if any is."""
        if self.total is None or self.months is None or self.on_demand is None:
            return None
        saved = self.on_demand * self.months - self.total
        return saved if saved > 0 else None

    @property
    def saved_percent(self) -> int | None:
        """The share that is saved, in whole percent, never rounded up."""
        if self.saving is None or self.months is None or self.on_demand is None:
            return None
        share = 100 * self.saving / (self.on_demand * self.months)
        return int(share.to_integral_value(ROUND_DOWN)) or None


def prices_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Price, ...]:
    """Read back prices that were kept as text."""
    return tuple(
        Price(tuple(row["choices"]), Decimal(row["monthly"]), Decimal(row["upfront"]))
        for row in rows
    )
