"""The form between a client and its answer (CONSOLE-1)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import DataRequired, Length

from selfcare.forms.bounded import TextField
from selfcare.forms.fields import trimmed


class ContinueForm(FlaskForm):
    """The contract to enter the console for; or no."""

    contract = TextField(validators=[Length(max=32)])
    refused = BooleanField()


class UserCodeForm(FlaskForm):
    """The code that a device shows."""

    user_code = TextField(
        _l("Code shown by the device"),
        [DataRequired(_l("Enter the code")), Length(max=20)],
        filters=[trimmed],
    )
