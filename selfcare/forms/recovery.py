"""Forms of those who cannot sign in (AUTH-2, AUTH-4)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired, Email, Length

from selfcare.forms.captcha import CaptchaForm
from selfcare.forms.fields import trimmed


class ForgottenPasswordForm(CaptchaForm):
    """Whose password; any text is taken, since no answer says whether it is a login."""

    login = StringField(
        _l("Login"),
        [
            DataRequired(_l("Enter your login")),
            Length(max=254, message=_l("A login is shorter than that")),
        ],
        filters=[trimmed],
    )


class ForgottenLoginForm(CaptchaForm):
    """Whose login."""

    email = StringField(
        _l("Email"),
        [
            DataRequired(_l("Enter your email address")),
            Length(max=254, message=_l("An email address is shorter than that")),
            Email(_l("Enter an email address such as name@company.com")),
        ],
        filters=[trimmed],
    )
