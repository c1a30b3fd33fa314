"""What a service of the catalogue asks and costs: its definition, as data (SERVICES-2).

Made from a catalogue file (`files`), kept as one JSON document per version, and read back here by
the order form. Pure: knows neither the database nor a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any, Self

from selfcare.services.catalogue.costs import Cost, OnDemand, Price, Values, prices_of

CHOICE = "choice"
KINDS = (CHOICE, "text", "long_text", "email", "phone")
PLAN = "plan"
"""The name under which a form sends the choices that are made as one."""
BETWEEN = ","
"""Stands between the values of choices made as one; no such value has it."""


@dataclass(frozen=True)
class Option:
    """One choice of a field; `in_name` and `in_template` are its words in what is made of it."""

    value: str
    fr: str
    en: str
    in_name: str
    in_template: str


@dataclass(frozen=True)
class Field:
    """One question of the order form."""

    name: str
    kind: str
    label: Mapping[str, str]
    hint: Mapping[str, str]
    required: bool = True
    max_length: int = 120
    default: str = ""
    autocomplete: str = ""
    options: tuple[Option, ...] = ()

    def option(self, value: str) -> Option | None:
        """The option with this value."""
        return next((option for option in self.options if option.value == value), None)

    def shown(self, value: str, language: str) -> str:
        """A value as the reader knows it: an option by its words, nothing as a dash."""
        option = self.option(value)
        if option is None:
            return value or "–"
        return option.en if language == "en" else option.fr


@dataclass(frozen=True)
class Plan:
    """One way to make the choices of a card, which are made as one (see `Definition.cards`)."""

    key: str
    places: tuple[int, ...]
    """The option's number in each choice; together they name the card while the version lasts."""
    values: Mapping[str, str]
    cost: Cost | None


@dataclass(frozen=True)
class Choosing:
    """Choices being made, and what each of them can be."""

    values: dict[str, str]
    options: Mapping[str, tuple[Option, ...]]
    impossible: tuple[Field, ...]
    """Those that cannot be what they are, given the ones made before them."""


@dataclass(frozen=True)
class Reservation:
    """What an order of the service gives rise to: which fields say how long and where."""

    months: str
    region: str
    name: str
    template: str


@dataclass(frozen=True)
class Definition:
    """A service's questions, its price table, and the subscription it leads to."""

    fields: tuple[Field, ...]
    currency: str = "EUR"
    priced_by: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    reservation: Reservation | None = None
    fulfilment: str = ""
    paid_once: bool = False
    """Whether prices are for the whole, and not for a month of it."""
    cards: tuple[str, ...] = ()
    """The last of `priced_by`, if made as one: each way to make them is a card with its price."""
    on_demand: OnDemand | None = None
    _by_choices: dict[tuple[str, ...], Price] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self._by_choices.update({price.choices: price for price in self.prices})

    # Choosing

    def choosing(self, values: Values) -> Choosing:
        """The values with the first possible option for every choice that was not made yet.

        Fields are taken in their order, each within what the possible choices before it leave
        (flavor, then the durations of that flavor, then whether it may be paid upfront). A choice
        that was made stays, possible or not: only whoever made it takes it back.
        """
        settled: dict[str, str] = {}
        possible: dict[str, str] = {}
        options: dict[str, tuple[Option, ...]] = {}
        impossible = []
        for asked in self.fields:
            value = values.get(asked.name, "")
            if asked.kind == CHOICE:
                left = options[asked.name] = self.options(asked, possible)
                value = value or (left[0].value if left else "")
                if any(option.value == value for option in left):
                    possible[asked.name] = value
                else:
                    impossible.append(asked)
            settled[asked.name] = value
        return Choosing(settled, options, tuple(impossible))

    def options(self, asked: Field, earlier: Values) -> tuple[Option, ...]:
        """The options of a field that a price exists for, given the choices made before it."""
        if asked.name not in self.priced_by:
            return asked.options
        made = {name: earlier[name] for name in self.priced_by if name in earlier}
        made.pop(asked.name, None)
        place = self.priced_by.index(asked.name)
        possible = {
            price.choices[place]
            for price in self.prices
            if all(price.choices[self.priced_by.index(name)] == made[name] for name in made)
        }
        return tuple(option for option in asked.options if option.value in possible)

    @property
    def alone(self) -> list[str]:
        """The priced choices that are made each by itself, in the form's order."""
        priced = set(self.priced_by) - set(self.cards)
        return [asked.name for asked in self.fields if asked.name in priced]

    @property
    def questions(self) -> list[str]:
        """What a form asks, in order: each field, and the choices of a card as one."""
        names = [PLAN if one.name in self.cards else one.name for one in self.fields]
        return list(dict.fromkeys(names))

    def apart(self, values: Values) -> dict[str, str]:
        """The values a form sent, a card's choices each under its own name."""
        chosen = values.get(PLAN) if self.cards else None
        own = {} if chosen is None else dict(zip(self.cards, chosen.split(BETWEEN), strict=False))
        return {**values, **own}

    def plan_key(self, values: Values) -> str:
        """How a form sends the choices of a card."""
        return BETWEEN.join(values.get(name, "") for name in self.cards)

    def plans(self, choosing: Choosing) -> list[Plan]:
        """The cards that the choices made before them leave, in the order of the options."""
        impossible = {asked.name for asked in choosing.impossible}
        earlier = {n: choosing.values[n] for n in self.alone if n not in impossible}
        asked = [one for name in self.cards for one in self.fields if one.name == name]
        found = []
        for places in product(*(range(len(one.options)) for one in asked)):
            options = zip(asked, places, strict=True)
            values = {one.name: one.options[place].value for one, place in options}
            if self._is_priced(earlier | values):
                cost = self.cost(earlier | values)
                found.append(Plan(self.plan_key(values), places, values, cost))
        return found

    def _is_priced(self, made: Values) -> bool:
        """Whether a row has these choices, whatever the others are."""
        wanted = [(self.priced_by.index(name), value) for name, value in made.items()]
        return any(all(row.choices[at] == value for at, value in wanted) for row in self.prices)

    def cost(self, values: Values) -> Cost | None:
        """What these choices come to; None where there is no price."""
        price = self.price(values)
        if price is None:
            return None
        on_demand = self.on_demand.monthly(values) if self.on_demand else None
        return Cost(price, self.months(values), on_demand)

    def price(self, values: Values) -> Price | None:
        """What these choices cost; None without a price table, or without such a row."""
        return self._by_choices.get(tuple(values.get(name, "") for name in self.priced_by))

    # What is made of it

    def months(self, values: Values) -> int | None:
        """How long the subscription runs, if the service leads to one."""
        return int(values[self.reservation.months]) if self.reservation else None

    def subscription_name(self, values: Values) -> str | None:
        """« Reservation c2.large 2 years with upfront », the same in both languages."""
        if self.reservation is None:
            return None
        return self.reservation.name.format_map(self._words(values, "in_name"))

    def template(self, values: Values) -> str:
        """`c2.large.2Y.upfront`: what those who carry the order out call it."""
        if self.reservation is None:
            return ""
        return self.reservation.template.format_map(self._words(values, "in_template"))

    def _words(self, values: Values, which: str) -> dict[str, str]:
        found = {}
        for asked in self.fields:
            option = asked.option(values.get(asked.name, ""))
            found[asked.name] = getattr(option, which) if option else ""
        return found

    # Keeping

    def to_json(self) -> dict[str, Any]:
        """As the database keeps it: amounts as text."""
        kept = asdict(self)
        kept.pop("_by_choices")
        compared = kept["on_demand"]["prices"] if kept["on_demand"] else []
        for price in (*kept["prices"], *compared):
            price.update(monthly=str(price["monthly"]), upfront=str(price["upfront"]))
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read back what `to_json` made."""
        return cls(
            fields=tuple(
                Field(**{**row, "options": tuple(Option(**one) for one in row["options"])})
                for row in kept["fields"]
            ),
            currency=kept["currency"],
            priced_by=tuple(kept["priced_by"]),
            prices=prices_of(kept["prices"]),
            reservation=Reservation(**kept["reservation"]) if kept["reservation"] else None,
            fulfilment=kept["fulfilment"],
            paid_once=kept.get("paid_once", False),
            cards=tuple(kept.get("cards", ())),
            on_demand=OnDemand(
                compared["hours"], tuple(compared["by"]), prices_of(compared["prices"])
            )
            if (compared := kept.get("on_demand"))
            else None,
        )
