"""The order form of a service, made from its definition (SERVICES-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field as FormField
from wtforms import RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types
from wtforms.validators import DataRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from selfcare.forms.bounded import LongTextField, TextField
from selfcare.forms.fields import EmailAddressField, PhoneField
from selfcare.language import _, formats
from selfcare.language.i18n import locale
from selfcare.models import PriceKind
from selfcare.services.catalogue.costs import Cost
from selfcare.services.catalogue.definitions import (
    CHOICE,
    PLAN,
    Choosing,
    Definition,
    Field,
    Option,
)
from selfcare.services.orders.again import Filled, Former
from selfcare.text import lines

_FIELDS: Mapping[str, type[FormField]] = {
    "text": TextField,
    "long_text": LongTextField,
    "email": EmailAddressField,
    "phone": PhoneField,
}
_RENDERED: Mapping[str, Mapping[str, Any]] = {
    "email": {"spellcheck": "false"},
    "long_text": {"rows": 6},
}


@dataclass(frozen=True)
class Card:
    """One way of choosing, as the form shows it; `cost` is None where it is not possible."""

    id: str
    value: str
    label: str
    cost: Cost | None


class PlanField(RadioField):
    """The choices that are made as one: a template shows its cards."""

    def __init__(self, *args: Any, cards: Sequence[Card] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cards = cards

    @property
    def shown(self) -> str:
        """Which cards these are, whatever they cost: a form sends it along as `shown`."""
        return " ".join(f"{card.id}={card.value}" for card in self.cards)


def order_form(
    definition: Definition, choosing: Choosing, language: str, *, notes: Mapping[str, str]
) -> FlaskForm:
    """A form that asks what the definition says.

    Args:
        definition: of the service.
        choosing: the values it is filled in with, and the options of its choices.
        language: of the labels and options.
        notes: what is to be said beside a field, besides its own hint.
    """
    by_name = {asked.name: asked for asked in definition.fields}
    fields = {
        name: _plan(definition, choosing, language, notes)
        if name == PLAN
        else _field(by_name[name], choosing, language, notes.get(name, ""))
        for name in definition.questions
    }
    kind: type[FlaskForm] = type("OrderForm", (FlaskForm,), fields)
    return kind(data={**choosing.values, PLAN: definition.plan_key(choosing.values)})


def entered(form: FlaskForm, definition: Definition) -> dict[str, str]:
    """The values of the form, by field."""
    sent = definition.apart({name: form[name].data or "" for name in definition.questions})
    return {asked.name: sent[asked.name] for asked in definition.fields}


def refusals(definition: Definition, choosing: Choosing, language: str) -> list[str]:
    """A message for each choice that is not possible; those of a card have one together."""
    labels = [
        _plan_label(definition, language) if one.name in definition.cards else one.label[language]
        for one in choosing.impossible
    ]
    return [not_possible(label) for label in dict.fromkeys(labels)]


def notes_of(former: Former, filled: Filled, definition: Definition) -> dict[str, str]:
    """What is to be said beside the fields of a form that is filled in from an order (ORDERS-3)."""
    notes = {
        name: _("“%(choice)s” is not offered any more: choose another one.", choice=choice)
        for name, choice in filled.gone.items()
    }
    if filled.price and former.paid and definition.fields:
        beside = definition.priced_by[-1] if definition.priced_by else definition.fields[0].name
        then, now = former.paid, (filled.price.monthly, filled.price.upfront)
        notes[beside] = _(
            "The price has changed: it was %(then)s, and the same choices cost %(now)s now.",
            then=_cost(*then, former.order.currency, once=definition.paid_once),
            now=_cost(*now, definition.currency, once=definition.paid_once),
        )
    return notes


def _cost(amount: Decimal, upfront: Decimal, currency: str, *, once: bool) -> str:
    kind = PriceKind.ONCE if once else PriceKind.MONTHLY
    said = formats.price(amount, kind, currency, locale())
    if not upfront:
        return said
    paid = formats.price(upfront, PriceKind.ONCE, currency, locale())
    return str(_("%(price)s and %(upfront)s upfront", price=said, upfront=paid))


def _field(asked: Field, choosing: Choosing, language: str, note: str) -> Any:
    kwargs: dict[str, Any] = {
        "label": asked.label[language],
        "id": f"order-{asked.name}",
        "description": " ".join(filter(None, (asked.hint[language], note))),
        "render_kw": {"autocomplete": asked.autocomplete} if asked.autocomplete else {},
    }
    if asked.kind == CHOICE:
        options = choosing.options[asked.name]
        kwargs["render_kw"]["required"] = False  # one is always chosen; HTML wants an empty one
        return SelectField(
            **kwargs,
            choices=_choices(asked, options, choosing.values[asked.name], language),
            validate_choice=False,
            validators=[_possible({option.value for option in options})],
        )
    must = DataRequired(_("%(field)s: fill this in.", field=asked.label[language]))
    too_long = _(
        "%(field)s: at most %(max)s characters.", field=asked.label[language], max=asked.max_length
    )
    validators: list[Any] = [
        must if asked.required else MayBeEmpty(),
        Length(max=asked.max_length, message=too_long),
    ]
    kwargs["render_kw"] |= {"maxlength": asked.max_length, **_RENDERED.get(asked.kind, {})}
    return _FIELDS[asked.kind](
        **kwargs, validators=validators, filters=[lambda text: lines(text or "")]
    )


def _plan(
    definition: Definition, choosing: Choosing, language: str, notes: Mapping[str, str]
) -> PlanField:
    plans = definition.plans(choosing)
    chosen = definition.plan_key(choosing.values)
    cards = [
        Card(_card_id(plan.places), plan.key, _ways(definition, plan.values, language), plan.cost)
        for plan in plans
    ]
    if chosen not in {plan.key for plan in plans}:
        label = _("%(option)s – not possible", option=_ways(definition, choosing.values, language))
        cards.append(Card(_card_id("x"), chosen, label, None))
    made_as_one = [one for one in definition.fields if one.name in definition.cards]
    hints = [one.hint[language] for one in made_as_one]
    hints += [notes.get(one.name, "") for one in made_as_one]
    field: PlanField = PlanField(
        _plan_label(definition, language),
        id=f"order-{PLAN}",
        description=" ".join(filter(None, hints)),
        choices=[SelectChoice(card.value, card.label) for card in cards],
        cards=cards,
        validate_choice=False,
        validators=[_possible({plan.key for plan in plans})],
    )
    return field


def _card_id(places: Iterable[object]) -> str:
    return "-".join([f"order-{PLAN}", *map(str, places)])


def _plan_label(definition: Definition, language: str) -> str:
    return " · ".join(
        one.label[language] for one in definition.fields if one.name in definition.cards
    )


def _ways(definition: Definition, values: Mapping[str, str], language: str) -> str:
    chosen = [one for one in definition.fields if one.name in definition.cards]
    return " · ".join(one.shown(values.get(one.name, ""), language) for one in chosen)


def _choices(
    asked: Field, options: tuple[Option, ...], chosen: str, language: str
) -> list[SelectChoice]:
    """The possible options, and behind them the chosen one that is not possible, which says so."""
    choices = [SelectChoice(one.value, asked.shown(one.value, language)) for one in options]
    if chosen and chosen not in {one.value for one in options}:
        label = _("%(option)s – not possible", option=asked.shown(chosen, language))
        choices.append(SelectChoice(chosen, label))
    return choices


def not_possible(label: str) -> str:
    """The message about a choice that earlier choices rule out."""
    return str(_("%(field)s: not possible with the other choices.", field=label))


def _possible(values: set[str]) -> Any:
    def check(_form: FlaskForm, field: SelectField) -> None:
        if field.data not in values:
            raise ValidationError(not_possible(field.label.text))

    check.field_flags = {"required": True}  # type: ignore[attr-defined] # the asterisk
    return check
