"""Faults of a catalogue file of the right shape: references and combinations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import prod
from typing import Any

from selfcare.models import LONGEST_NAME, LONGEST_REGION, PriceKind
from selfcare.services.catalogue.costs import OnDemand
from selfcare.services.catalogue.definitions import (
    BETWEEN,
    CHOICE,
    KINDS,
    PLAN,
    Definition,
    Field,
    Reservation,
)
from selfcare.services.files import limits

DEFAULTS = ("", "account.full_name", "account.email", "account.phone")
"""The values a field may be filled in with at first."""

TAKEN = frozenset(
    {
        *("step", "draft", "shown", "csrf_token", PLAN),
        *("data", "errors", "form_errors", "hidden_tag", "is_submitted", "meta"),
        *("populate_obj", "post_process", "process", "validate", "validate_on_submit"),
    }
)
"""Names the order form has for itself, or a form of the library for its own ways."""

MOST_CARDS = 24
"""Ways to choose that can still be read side by side."""

HOURS_OF_A_MONTH = 744

FURTHEST = 10_000
"""A service's place among the others."""


def is_amount(value: Any) -> bool:
    """A price: not negative, finite, in cents (TOML knows `nan` and `inf`)."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return False
    amount = Decimal(value)
    return amount.is_finite() and 0 <= amount < 10**9 and amount == round(amount, 2)


def of_columns(content: Mapping[str, Any]) -> Iterator[str]:
    """Faults of the service itself."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", content["slug"]):
        yield "'slug': lower-case letters, digits and hyphens only"
    if abs(content.get("position", 0)) > FURTHEST:
        yield f"'position': at most {FURTHEST}"
    if content["price_kind"] not in set(PriceKind):
        yield f"'price_kind': one of {', '.join(PriceKind)}"
    elif content["price_kind"] != PriceKind.QUOTE and "from_price" not in content:
        yield f"'from_price' is missing: the price kind {content['price_kind']!r} shows it"
    if "from_price" in content and not is_amount(content["from_price"]):
        yield "'from_price': an amount like 4.97 needed, not negative"
    if not limits.is_currency(content.get("currency", "EUR")):
        yield "'currency': the code of a currency needed, like EUR"
    if content.get("fulfilment", "manual") not in {"manual", "automatic"}:
        yield "'fulfilment': manual or automatic"
    if content["price_kind"] == PriceKind.QUOTE and content.get("fulfilment") != "manual":
        yield "'fulfilment' must be manual: nothing without a price can be completed by itself"
    if (content["price_kind"] == PriceKind.QUOTE) == ("prices" in content):
        yield "'prices': needed for every price kind but quote, which has none"
    elif "prices" in content and not content["prices"]["row"]:
        yield "'prices': no row"
    if content["price_kind"] == PriceKind.ONCE and "subscription" in content:
        yield "'subscription': what is paid once leads to none"


def of_definition(definition: Definition) -> Iterator[str]:
    """Faults of its order form, its prices, and the subscription it leads to."""
    names = [asked.name for asked in definition.fields]
    for asked in definition.fields:
        yield from _field_sense(asked)
        if names.count(asked.name) > 1:
            yield f"field {asked.name!r} is there twice"
    by_name = {asked.name: asked for asked in definition.fields}
    choices = {name for name, asked in by_name.items() if asked.kind == CHOICE}
    yield from (f"prices: no choice {n!r}" for n in definition.priced_by if n not in choices)
    if len(set(definition.priced_by)) < len(definition.priced_by):
        yield "prices, 'by': a choice is there twice"
    seen = set()
    for number, price in enumerate(definition.prices, 1):
        if price.choices in seen:
            yield f"prices, row {number}: {' '.join(price.choices)} is there twice"
        seen.add(price.choices)
        if definition.paid_once and price.upfront:
            yield f"prices, row {number}: what is paid once has no upfront payment"
        for name, value in zip(definition.priced_by, price.choices, strict=True):
            if name in choices and by_name[name].option(value) is None:
                yield f"prices, row {number}: {name!r} has no option {value!r}"
    if definition.cards:
        yield from _cards_sense(definition, by_name)
    if definition.on_demand:
        yield from _on_demand_sense(definition.on_demand, by_name, definition.reservation)
    if definition.reservation:
        yield from _reservation_sense(definition.reservation, by_name)


def _cards_sense(definition: Definition, fields: Mapping[str, Field]) -> Iterator[str]:
    cards = definition.cards
    if definition.priced_by[-len(cards) :] != cards:
        yield "prices: 'cards' are the last choices of 'by', in their order"
        return
    order = list(fields)
    places = [order.index(name) for name in cards if name in fields]
    if places and places != list(range(places[0], places[0] + len(places))):
        yield "prices: the fields of 'cards' stand one after the other, in their order"
    for name in cards:
        if any(BETWEEN in option.value for option in fields[name].options if name in fields):
            yield f"field {name!r}: no {BETWEEN!r} in the values of a choice shown as cards"
    alone = [order.index(name) for name in definition.alone]
    if places and alone and max(alone) > places[0]:
        yield "prices: the fields of 'cards' stand after the other choices of 'by'"
    ways = prod(len(fields[name].options) for name in cards if name in fields)
    if ways > MOST_CARDS:
        yield f"prices: 'cards' make {ways} ways to choose; at most {MOST_CARDS}"


def _on_demand_sense(
    on_demand: OnDemand, fields: Mapping[str, Field], reservation: Reservation | None
) -> Iterator[str]:
    if reservation is None:
        yield "on_demand: there is nothing to compare with where no subscription has a term"
    if not 1 <= on_demand.hours <= HOURS_OF_A_MONTH:
        yield f"on_demand: 'hours' of a month from 1 to {HOURS_OF_A_MONTH}"
    choices = {name for name, asked in fields.items() if asked.kind == CHOICE}
    yield from (f"on_demand: no choice {name!r}" for name in on_demand.by if name not in choices)
    seen = set()
    for number, price in enumerate(on_demand.prices, 1):
        if price.choices in seen:
            yield f"on_demand, row {number}: {' '.join(price.choices)} is there twice"
        seen.add(price.choices)
        for name, value in zip(on_demand.by, price.choices, strict=True):
            if name in choices and fields[name].option(value) is None:
                yield f"on_demand, row {number}: {name!r} has no option {value!r}"


def _field_sense(asked: Field) -> Iterator[str]:
    where = f"field {asked.name!r}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", asked.name):
        yield f"{where}: its name takes lower-case letters, digits and _ only"
    if asked.name in TAKEN:
        yield f"{where}: this name is taken by the form itself"
    if asked.kind not in KINDS:
        yield f"{where}: its kind is one of {', '.join(KINDS)}"
    if (asked.kind == CHOICE) != bool(asked.options):
        yield f"{where}: options belong to a choice, and a choice needs some"
    values = [option.value for option in asked.options]
    if len(set(values)) < len(values):
        yield f"{where}: an option is there twice"
    if not 1 <= asked.max_length <= 4000:
        yield f"{where}: 'max_length' from 1 to 4000"
    if asked.default not in DEFAULTS:
        yield f"{where}: 'default' is one of {', '.join(filter(None, DEFAULTS))}"


def _reservation_sense(reservation: Reservation, fields: Mapping[str, Field]) -> Iterator[str]:
    months = fields.get(reservation.months)
    if months is None or not all(re.fullmatch(r"[1-9]\d?", o.value) for o in months.options):
        yield "subscription: 'months' names a choice whose values are numbers of months"
    if reservation.region:
        yield from _region_sense(fields.get(reservation.region), reservation.region)
    for name, pattern in (("name", reservation.name), ("template", reservation.template)):
        for used in re.findall(r"\{([^{}]*)\}", pattern):
            if used not in fields or fields[used].kind != CHOICE:
                yield f"subscription, {name!r}: {{{used}}} is not a choice of the form"
        if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", pattern)):
            yield f"subscription, {name!r}: a brace is left open"
    longest = LONGEST_NAME - len(re.sub(r"\{[^{}]*\}", "", reservation.name))
    used = [fields[one] for one in re.findall(r"\{([^{}]*)\}", reservation.name) if one in fields]
    if sum(max((len(o.in_name) for o in one.options), default=0) for one in used) > longest:
        yield f"subscription, 'name': may become longer than {LONGEST_NAME} characters"


def _region_sense(region: Field | None, name: str) -> Iterator[str]:
    if region is None or region.kind != CHOICE:
        yield f"subscription: no choice {name!r}"
    elif any(len(option.value) > LONGEST_REGION for option in region.options):
        yield f"subscription: the values of {name!r} have at most {LONGEST_REGION} characters"
