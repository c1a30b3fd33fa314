"""Forms of « My Credential »: what proves who asks, and what is asked (API-2, API-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, SubmitField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length, Regexp
from wtforms.widgets import CheckboxInput

from selfcare.forms.bounded import HiddenTextField, SecretField, TextField
from selfcare.forms.fields import DayField, trimmed
from selfcare.forms.person import Choices
from selfcare.language import _, _l
from selfcare.language.credential_wording import PROJECT_ROLE
from selfcare.services import months

LONGEST = timedelta(days=365)


class OneOfTheBoxes(CheckboxInput):
    """A box that need not be ticked itself, since another one will do."""

    validation_attrs = ["disabled"]  # noqa: RUF012 (WTForms reads it)


class ApiPasswordForm(FlaskForm):
    """The API password: a worker signs in with it, as the person."""

    password = SecretField(
        _l("API password"),
        [InputRequired(_l("Enter your API password"))],
        render_kw={"autocomplete": "off"},
    )


class NewKeyForm(ApiPasswordForm):
    """« Add Access Key » (figure 52)."""

    get_code = SubmitField(_l("Get the code"))
    code = TextField(
        _l("Email verification code"),
        [DataRequired(_l("Enter the code you got by email")), Length(max=20)],
        filters=[trimmed],
    )


class NewApplicationForm(NewKeyForm):
    """An application credential: its name, its roles, its last day (API-4)."""

    name = TextField(
        _l("Name"),
        [DataRequired(_l("Name it: after the program that will use it")), Length(max=60)],
        filters=[trimmed],
    )
    roles = SelectMultipleField(
        _l("Roles"),
        [InputRequired(_l("Choose at least one role"))],
        widget=Choices(),
        option_widget=OneOfTheBoxes(),
    )
    last_day = DayField(_l("Last day"), [InputRequired(_l("Enter the last day"))])

    def offer(self, roles: Iterable[str]) -> None:
        """The roles to choose from."""
        self.roles.choices = [SelectChoice(role, PROJECT_ROLE[role]) for role in roles]

    def validate_last_day(self, field: DayField) -> None:
        """From tomorrow to a year from now."""
        present = months.today()
        if field.data and not present < field.data <= present + LONGEST:
            raise ValidationError(_("Choose a day from tomorrow to a year from now"))

    @property
    def expires_at(self) -> datetime:
        """The end of that day where the customers are."""
        day: Any = self.last_day.data
        return datetime.combine(day, time(23, 59, 59), tzinfo=months.zone())


_PLAIN = Regexp(r"[\w.~+/=-]{8,128}\Z")


class SecretFileForm(FlaskForm):
    """What the page that showed a secret hands back, to have it as a file: it is kept nowhere."""

    key = HiddenTextField(validators=[InputRequired(), Length(max=128), _PLAIN])
    secret = HiddenTextField(validators=[InputRequired(), Length(max=128), _PLAIN])
