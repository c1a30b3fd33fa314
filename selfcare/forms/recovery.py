"""Forms of those who cannot sign in (AUTH-2, AUTH-4)."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from selfcare.forms.bounded import SecretField, TextField
from selfcare.forms.captcha import CaptchaForm
from selfcare.forms.fields import EmailAddressField, trimmed
from selfcare.language import _l


class ForgottenPasswordForm(CaptchaForm):
    """Whose password; any text is taken, since no answer says whether it is a login."""

    login = TextField(
        _l("Login"),
        [
            DataRequired(_l("Enter your login")),
            Length(max=254, message=_l("Logins are shorter than that")),
        ],
        filters=[trimmed],
    )


class ForgottenLoginForm(CaptchaForm):
    """Whose login."""

    email = EmailAddressField(_l("Email"), [DataRequired(_l("Enter your email address"))])


class PasswordLevelForm(FlaskForm):
    """A password that is still being typed, and whose it will be."""

    login = TextField(filters=[trimmed])
    password = SecretField()
