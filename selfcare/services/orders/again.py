"""Ordering once more: what an order form is filled with (ORDERS-3), a renewal's too (SUBS-3).

An order keeps what it was made with as those who carry it out read it. The version of the
catalogue it was made with says which choices that were; the present one, which of them are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select

from selfcare.database import db
from selfcare.language.i18n import locale
from selfcare.models import (
    Account,
    Contract,
    Order,
    PriceKind,
    Service,
    ServiceVersion,
    Subscription,
)
from selfcare.services.catalogue.costs import Price
from selfcare.services.catalogue.definitions import CHOICE, Definition
from selfcare.services.orders import placing
from selfcare.services.orders.placing import Offered
from selfcare.services.orders.renewals import RENEWED_BY


@dataclass(frozen=True)
class Former:
    """What is ordered once more: an order, or a subscription with its order."""

    order: Order
    subscription: Row[*tuple[Any, ...]] | None
    """Its reference, name, end, price, and `renewed_by`, where it is to be renewed."""

    @property
    def renews_id(self) -> int | None:
        """The order whose subscription is to be renewed."""
        return self.order.id if self.subscription else None

    @property
    def paid(self) -> tuple[Decimal, Decimal] | None:
        """The price and the upfront payment; None where the catalogue named no exact price."""
        if self.subscription:
            return self.subscription.price, self.subscription.upfront
        exact = self.order.price_kind in (PriceKind.MONTHLY, PriceKind.ONCE)
        return (self.order.price, self.order.upfront) if exact and self.order.price else None


@dataclass(frozen=True)
class Filled:
    """The values of the form, and what is to be said beside its fields."""

    values: Mapping[str, str]
    gone: Mapping[str, str]
    """By field: the choice made then, in its words, where it is not on the shelf any more."""
    price: Price | None
    """What the same choices cost now, where it is not what they cost then."""


def order(ref: str, *, contract: Contract, by: Account | None) -> Former | None:
    """An order of a contract.

    Args:
        ref: of the order.
        contract: it must be this one's.
        by: who must have placed it; None: anybody.
    """
    wanted = select(Order).where(Order.ref == ref, Order.contract_id == contract.id)
    if by:
        wanted = wanted.where(Order.placed_by_id == by.id)
    found = db.session.execute(wanted).scalar_one_or_none()
    return Former(found, None) if found else None


def subscription(ref: str, *, contract: Contract, by: Account | None) -> Former | None:
    """A subscription of a contract, likewise."""
    wanted = (
        select(
            Order,
            Subscription.ref,
            Subscription.name,
            Subscription.ends_on,
            Subscription.price,
            Subscription.upfront,
            RENEWED_BY.label("renewed_by"),
        )
        .join(Order, Order.id == Subscription.order_id)
        .where(Subscription.ref == ref, Subscription.contract_id == contract.id)
    )
    if by:
        wanted = wanted.where(Subscription.subscribed_by_id == by.id)
    found = db.session.execute(wanted).one_or_none()
    return Former(found.Order, found) if found else None


def service_of(former: Former) -> Service | None:
    """The service that was ordered; None where the catalogue knows it no more."""
    code = str(former.order.parameters.get("serviceCode", ""))
    return db.session.execute(select(Service).where(Service.code == code)).scalar_one_or_none()


def filled(former: Former, offer: Offered, *, account: Account) -> Filled:
    """The order's choices and words, in the form as it is today.

    Whoever orders gives their own details: the former orderer's are not filled in.
    """
    then = _definition_then(former.order, offer)
    values, template = _chosen(former.order, then)
    now = offer.definition
    if former.order.placed_by_id != account.id:
        own = placing.first_values(now, account)
        values |= {one.name: own[one.name] for one in now.fields if one.default}
    gone = {
        asked.name: _words(then, asked.name, values[asked.name])
        for asked in now.fields
        if asked.kind == CHOICE and values.get(asked.name) and not asked.option(values[asked.name])
    }
    if template and now.priced_by:  # not a word of the price list leads to it
        values[now.priced_by[0]] = gone[now.priced_by[0]] = template
    price = None if gone else now.price(values)
    same = price is None or former.paid in (None, (price.monthly, price.upfront))
    return Filled(values, gone, None if same else price)


def _definition_then(order: Order, offer: Offered) -> Definition:
    if order.service_version in (None, offer.version.number):
        return offer.definition
    kept = db.session.execute(
        select(ServiceVersion.definition).where(
            ServiceVersion.service_id == offer.service.id,
            ServiceVersion.number == order.service_version,
        )
    ).scalar_one_or_none()
    return Definition.from_json(kept) if kept else offer.definition


def _chosen(order: Order, definition: Definition) -> tuple[dict[str, str], str]:
    """The order's values by field, and the name of its template if no choices lead to that."""
    kept = order.parameters
    values = {one.name: str(kept[one.name]) for one in definition.fields if one.name in kept}
    if definition.reservation is None:
        return values, ""
    if definition.reservation.region:
        values[definition.reservation.region] = str(kept.get("region", ""))
    wanted = str(kept.get("templateName", ""))
    for price in definition.prices:
        chosen = values | dict(zip(definition.priced_by, price.choices, strict=True))
        if definition.template(chosen) == wanted:
            return chosen, ""
    return values, wanted


def _words(definition: Definition, name: str, value: str) -> str:
    """A former choice as it is known: by the words of its day, in the reader's language."""
    asked = next((one for one in definition.fields if one.name == name), None)
    return asked.shown(value, locale()) if asked else value
