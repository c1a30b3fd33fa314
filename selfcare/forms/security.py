"""Forms of « Sécurité »: codes, passkeys, ending sessions (AUTH-7)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from selfcare.forms.fields import trimmed


class ConfirmForm(FlaskForm):
    """Yes: a button."""


class CodeForm(FlaskForm):
    """A code of the authenticator app, or a recovery code."""

    code = StringField(
        _l("Code"), [DataRequired(_l("Enter the code")), Length(max=40)], filters=[trimmed]
    )


class PasswordForm(FlaskForm):
    """The password once more, before a way in is added: a borrowed session is not enough."""

    password = PasswordField(
        _l("Current password"),
        [InputRequired(_l("Enter your current password")), Length(max=1024)],
    )


class ProveForm(PasswordForm, CodeForm):
    """Password and code, for what weakens an account."""


class PasskeyForm(FlaskForm):
    """What the browser answers; filled in by `static/passkeys.js`."""

    challenge = HiddenField(filters=[trimmed])
    credential = HiddenField()


class NewPasskeyForm(PasskeyForm, PasswordForm):
    """The same with the password, and a name to know the device by."""

    name = StringField(
        _l("Name of the device"),
        [
            DataRequired(_l("Give it a name to know it by")),
            Length(max=60, message=_l("Enter 60 characters at most")),
        ],
        filters=[trimmed],
    )
