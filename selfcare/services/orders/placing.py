"""An order being made: what was entered, checked, and shown in the summary (SERVICES-2, -3).

One draft becomes one order at most, however often it is sent: the draft's row is locked while it
is placed, and its key is unique among orders.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select

from selfcare import config
from selfcare.database import db
from selfcare.models import (
    Account,
    Contract,
    Customer,
    Order,
    OrderDraft,
    PriceKind,
    Service,
    ServiceVersion,
    now,
)
from selfcare.services.catalogue import versions
from selfcare.services.catalogue.costs import Cost, Price
from selfcare.services.catalogue.definitions import Definition
from selfcare.services.months import first_day, local_day, reservation_period
from selfcare.services.orders import fulfilment, references, renewals


class NotOrderable(Exception):
    """The service was withdrawn, or nobody loaded what its form asks."""


class SummaryOutdated(Exception):
    """The catalogue says something else than the summary did: it has to be read again."""


@dataclass(frozen=True)
class Offered:
    """A service as it can be ordered now."""

    service: Service
    version: ServiceVersion
    definition: Definition


@dataclass(frozen=True)
class Summary:
    """The content of the second step: everything the order will say."""

    offered: Offered
    entered: Mapping[str, str]
    cost: Cost | None
    subscription_name: str | None
    months: int | None
    starts_on: date | None
    ends_on: date | None
    renews: Row[*tuple[Any, ...]] | None = None
    """Reference, name and end of the subscription it renews (SUBS-3)."""

    @property
    def price(self) -> Price | None:
        """What one month, or all of it, costs, and what is paid at the start."""
        return self.cost.price if self.cost else None

    @property
    def price_kind(self) -> PriceKind:
        """The way the price is to be read: per month, once, or on request."""
        if self.price is None:
            return PriceKind.QUOTE
        return PriceKind.ONCE if self.offered.definition.paid_once else PriceKind.MONTHLY

    @property
    def upfront(self) -> Decimal:
        """The amount paid once, at the start."""
        return self.price.upfront if self.price else Decimal(0)

    @property
    def total(self) -> Decimal | None:
        """The total of the whole commitment."""
        return self.cost.total if self.cost else None


def offered(service: Service) -> Offered:
    """The service's present version.

    Raises:
        NotOrderable: there is none, or it was withdrawn.
    """
    found = versions.definition_of(service) if service.is_offered else None
    if found is None:
        raise NotOrderable
    return Offered(service, *found)


def first_values(definition: Definition, account: Account) -> dict[str, str]:
    """The first values of a form: the orderer's own details; choices are left open."""
    known = {
        "account.full_name": account.full_name,
        "account.email": account.email,
        "account.phone": account.phone or account.mobile or "",
    }
    return {f.name: known.get(f.default, "") for f in definition.fields}


def keep(
    offer: Offered,
    entered: Mapping[str, str],
    *,
    account: Account,
    contract: Contract,
    on: date,
    renews_id: int | None = None,
) -> OrderDraft:
    """A new draft with what was entered and checked by the form, shown in a summary next.

    Args:
        offer: the service.
        entered: by field.
        account: who orders.
        contract: for which.
        on: the present day.
        renews_id: the order whose subscription it renews, if it does (SUBS-3).
    """
    draft = OrderDraft(
        key=secrets.token_urlsafe(32),
        account_id=account.id,
        contract_id=contract.id,
        service_id=offer.service.id,
        entered=dict(entered),
        version=offer.version.number,
        shown_on=on,
        renews_id=renews_id,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def find(
    key: str, *, account: Account, contract: Contract, service: Service, lock: bool = False
) -> OrderDraft | None:
    """Somebody's own draft for this service on this contract."""
    mine = select(OrderDraft).where(
        OrderDraft.key == key,
        OrderDraft.account_id == account.id,
        OrderDraft.contract_id == contract.id,
        OrderDraft.service_id == service.id,
    )
    return db.session.execute(mine.with_for_update() if lock else mine).scalar_one_or_none()


def ordered(draft: OrderDraft) -> Order | None:
    """The order a draft has become."""
    return db.session.execute(
        select(Order).where(Order.draft_key == draft.key)
    ).scalar_one_or_none()


def summary(
    offer: Offered, entered: Mapping[str, str], today: date, *, renews_id: int | None = None
) -> Summary:
    """Worked out by the server: name, price, upfront payment, dates (SERVICES-2).

    Every choice of `entered` must be a possible one. A renewal starts where what it renews ends.
    """
    definition = offer.definition
    months = definition.months(entered)
    starts_on, ends_on = reservation_period(today, months) if months else (None, None)
    renews = renewals.renewed(renews_id) if renews_id else None
    if months and renews:
        starts_on, ends_on = renewals.period(renews.ends_on, months, ordered_on=today)
    return Summary(
        offered=offer,
        entered=entered,
        cost=definition.cost(entered),
        subscription_name=definition.subscription_name(entered),
        months=months,
        starts_on=starts_on,
        ends_on=ends_on,
        renews=renews,
    )


def still_possible(definition: Definition, entered: Mapping[str, str]) -> bool:
    """Whether every choice of a draft was made, and can still be made."""
    choosing = definition.choosing(entered)
    return not choosing.impossible and all(
        value == entered.get(name, "") for name, value in choosing.values.items()
    )


def place(draft: OrderDraft, offer: Offered, *, account: Account, contract: Contract) -> Order:
    """Make a draft an order: reference, trace, mail, and whoever carries it out (SERVICES-4).

    The caller holds the draft's lock, and knows that it has not become an order yet.

    Raises:
        SummaryOutdated: the catalogue or the month changed since the summary was shown; the
            draft now stands for what is true, and the summary has to be shown again.
        RenewedAlready: another order renews the same subscription.
    """
    if draft.renews_id:
        renewals.claim(draft.renews_id)
    at = now()  # one moment decides reference, dates and month, however long the locks take
    on = local_day(at)
    if (draft.version, first_day(draft.shown_on)) != (offer.version.number, first_day(on)):
        draft.version, draft.shown_on = offer.version.number, on
        raise SummaryOutdated
    shown = summary(offer, draft.entered, on, renews_id=draft.renews_id)
    customer = db.session.get_one(Customer, contract.customer_id)
    order = Order(
        ref=references.next_reference(customer, on),
        contract=contract,
        placed_by=account,
        placed_at=at,
        name_fr=offer.service.name_fr,
        name_en=offer.service.name_en,
        price=shown.price.monthly if shown.price else None,
        price_kind=shown.price_kind,
        currency=offer.definition.currency,
        upfront=shown.upfront,
        months=shown.months,
        subscription_name=shown.subscription_name,
        renews_id=draft.renews_id,
        starts_on=shown.starts_on if draft.renews_id else None,
        parameters=_parameters(offer, draft.entered),
        labels=_labels(offer, draft.entered),
        service_version=offer.version.number,
        draft_key=draft.key,
        fulfilment=offer.definition.fulfilment or config.current().fulfilment,
    )
    db.session.add(order)
    db.session.flush()
    fulfilment.hand_over(order)
    return order


def _labels(offer: Offered, entered: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The form's wording of the parameters, and of the choices made among them."""
    region = offer.definition.reservation.region if offer.definition.reservation else ""
    labels: dict[str, dict[str, Any]] = {}
    for asked in offer.definition.fields:
        labels[asked.name] = dict(asked.label)
        option = asked.option(entered.get(asked.name, ""))
        if option and asked.name != region:  # a region is known by its name (figure 21)
            labels[asked.name]["chosen"] = {"fr": option.fr, "en": option.en}
    return labels


def _parameters(offer: Offered, entered: Mapping[str, str]) -> dict[str, str]:
    """The facts for those who carry the order out: as in figure 21, then all other entries."""
    definition = offer.definition
    named = {
        "region": entered.get(definition.reservation.region, "") if definition.reservation else "",
        "serviceCode": offer.service.code,
        "templateName": definition.template(entered),
    }
    told = set(definition.priced_by) if named["templateName"] else set()
    rest = {f.name: entered.get(f.name, "") for f in definition.fields if f.name not in told}
    return {name: value for name, value in {**rest, **named}.items() if value}
