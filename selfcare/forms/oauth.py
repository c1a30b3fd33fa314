"""The form between a client and its answer (CONSOLE-1)."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from selfcare.forms.bounded import SecretField, TextField
from selfcare.forms.fields import trimmed
from selfcare.language import _l, phones
from selfcare.text import one_line


class ContinueForm(FlaskForm):
    """The contract to enter the console for; or no."""

    contract = TextField(validators=[Length(max=32)])
    refused = BooleanField()


class CompanyAccountForm(FlaskForm):
    """Which contract: its reference, as the console access mail says it."""

    account = TextField(
        _l("Company account"),
        [
            DataRequired(_l("Enter your company account")),
            Length(max=32),
            Regexp(r"\w+\Z", message=_l("A company account looks like this: OCB0000124")),
        ],
        filters=[lambda text: text and one_line(text).upper()],
    )


class WebLoginForm(CompanyAccountForm):
    """*Web Login* (figure 12)."""

    remember = BooleanField(_l("Remember my company account"))


class ApiLoginForm(CompanyAccountForm):
    """*API Login* (figure 45)."""

    user_name = TextField(
        _l("User name, email or mobile number"),
        [DataRequired(_l("Enter your user name")), Length(max=254)],
        filters=[trimmed],
    )
    password = SecretField(_l("API password"), [InputRequired(_l("Enter your API password"))])
    remember = BooleanField(_l("Remember my user name"))

    @property
    def name_as_kept(self) -> str:
        """The user name; a mobile number as accounts keep theirs, however it was typed."""
        given = self.user_name.data or ""
        try:
            return phones.read(given, mobile=True) or given
        except (phones.NotAPhone, phones.NotAMobile, phones.ServiceNumber):
            return given


class UserCodeForm(FlaskForm):
    """The code that a device shows."""

    user_code = TextField(
        _l("Code shown by the device"),
        [DataRequired(_l("Enter the code")), Length(max=20)],
        filters=[trimmed],
    )
