"""The order form of a service, made from its definition (SERVICES-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, ValidationError
from wtforms import Field as FormField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from selfcare.forms.bounded import LongTextField, TextField
from selfcare.forms.fields import EmailAddressField, PhoneField
from selfcare.language import _, _l
from selfcare.services.catalogue.definitions import CHOICE, Choosing, Definition, Field, Option
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


class AgreeForm(FlaskForm):
    """The box under the summary: ordering commits, and is said to (facts.md, RGAA)."""

    agree = BooleanField(
        _l("I have read this summary and I place this order, which is final."),
        [InputRequired(_l("Tick the box to order: the order is final."))],
    )


def order_form(definition: Definition, choosing: Choosing, language: str) -> FlaskForm:
    """A form that asks what the definition says.

    Args:
        definition: of the service.
        choosing: the values it is filled in with, and the options of its choices.
        language: of the labels and options.
    """
    fields = {asked.name: _field(asked, choosing, language) for asked in definition.fields}
    kind: type[FlaskForm] = type("OrderForm", (FlaskForm,), fields)
    return kind(data=choosing.values)


def entered(form: FlaskForm, definition: Definition) -> dict[str, str]:
    """The values of the form, by field."""
    return {asked.name: form[asked.name].data or "" for asked in definition.fields}


def _field(asked: Field, choosing: Choosing, language: str) -> Any:
    kwargs: dict[str, Any] = {
        "label": asked.label[language],
        "id": f"order-{asked.name}",
        "description": asked.hint[language],
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
