"""What reserving a flavor costs: `demo/data/prices.toml`, by the template an order names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from demo.data_files import read


@dataclass(frozen=True)
class Rate:
    """One way of reserving one flavor."""

    flavor: str
    months: int
    monthly: Decimal
    upfront: Decimal
    region: str
    service_code: str
    currency: str

    @property
    def template(self) -> str:
        """`c2.large.2Y.upfront`, as the parameters of an order name it."""
        return f"{self.flavor}.{self.months // 12}Y{'.upfront' if self.upfront else ''}"

    @property
    def subscription_name(self) -> str:
        """« Reservation c2.large 2 years with upfront », the same in both languages."""
        years = self.months // 12
        return (
            f"Reservation {self.flavor} {years} year{'s' if years > 1 else ''}"
            f" {'with' if self.upfront else 'without'} upfront"
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What an order of it was made with, in the order of figure 21."""
        return {
            "region": self.region,
            "serviceCode": self.service_code,
            "templateName": self.template,
        }


@cache
def rates() -> Mapping[str, Rate]:
    """All rates, by template."""
    prices = read("prices")
    every = (
        Rate(
            flavor=flavor["name"],
            months=reserved["months"],
            monthly=reserved["monthly"],
            upfront=reserved.get("upfront", Decimal(0)),
            region=prices["region"],
            service_code=prices["service"],
            currency=prices["currency"],
        )
        for flavor in prices["flavor"]
        for reserved in flavor["reserved"]
    )
    return {rate.template: rate for rate in every}
