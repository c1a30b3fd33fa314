"""Forms by which people prove who they are: codes, passwords, passkeys (AUTH-7)."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, InputRequired, Length

from selfcare.forms.bounded import HiddenTextField, SecretField, TextField
from selfcare.forms.fields import trimmed
from selfcare.language import _l


class CodeForm(FlaskForm):
    """A code of the authenticator app, or a recovery code."""

    code = TextField(
        _l("Code"), [DataRequired(_l("Enter the code")), Length(max=40)], filters=[trimmed]
    )


class CodesFileForm(FlaskForm):
    """The recovery codes that the page has just shown, sent back to be a file."""

    codes = HiddenTextField("Codes", [Length(max=400)])


class PasswordForm(FlaskForm):
    """The password once more, before a way in is added: a borrowed session is not enough."""

    password = SecretField(
        _l("Current password"),
        [InputRequired(_l("Enter your current password"))],
    )


class ProveForm(PasswordForm, CodeForm):
    """Password and code, for what weakens an account."""


class PasskeyForm(FlaskForm):
    """The browser's answer; filled in by `static/passkeys.js`."""

    challenge = HiddenTextField(filters=[trimmed])
    credential = HiddenTextField(validators=[Length(max=20_000)])


class NewPasskeyForm(PasskeyForm, PasswordForm):
    """The same with the password, and a name to know the device by."""

    name = TextField(
        _l("Name of the device"),
        [
            DataRequired(_l("Name this device")),
            Length(max=60),
        ],
        filters=[trimmed],
    )


class ProvenPasskeyForm(NewPasskeyForm, ProveForm):
    """The same with a code, where one is asked for at sign-in: a passkey will do without it."""
