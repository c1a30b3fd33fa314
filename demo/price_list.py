"""The prices of reservations, from the catalogue's own file, by template.

The demo's orders, old and invented, cost what the catalogue says: there is no second price list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from selfcare.config import ROOT
from selfcare.services.catalogue import files as catalogue_files
from selfcare.services.catalogue.files import ServiceFile

RESERVATION = "elastic-cloud-server-reservation"
MIGRATION = "migration"


@dataclass(frozen=True)
class Rate:
    """One way of reserving one flavor, in the words of orders and subscriptions."""

    template: str
    subscription_name: str
    months: int
    monthly: Decimal
    upfront: Decimal
    region: str
    service_code: str
    currency: str

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of an order of it, in the order of figure 21."""
        return {
            "region": self.region,
            "serviceCode": self.service_code,
            "templateName": self.template,
        }


@cache
def service(slug: str) -> ServiceFile:
    """Return the service of `catalogue/<slug>.toml`, read and checked as an operator's is."""
    return catalogue_files.read(ROOT / "catalogue" / f"{slug}.toml")


def names(slug: str) -> tuple[str, str]:
    """Return a service's names in French and in English."""
    columns: Mapping[str, Any] = service(slug).columns
    return columns["name_fr"], columns["name_en"]


@cache
def rates() -> Mapping[str, Rate]:
    """Return all rates, by template."""
    found = service(RESERVATION)
    definition = found.definition
    [region] = next(asked.options for asked in definition.fields if asked.name == "region")
    every = []
    for price in definition.prices:
        values = dict(zip(definition.priced_by, price.choices, strict=True))
        rate = Rate(
            template=definition.template(values),
            subscription_name=definition.subscription_name(values) or "",
            months=definition.months(values) or 0,
            monthly=price.monthly,
            upfront=price.upfront,
            region=region.value,
            service_code=found.columns["code"],
            currency=definition.currency,
        )
        every.append(rate)
    return {rate.template: rate for rate in every}
