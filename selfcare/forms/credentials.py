"""Forms of a new API password (figures 47 and 49)."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from selfcare.forms.bounded import SecretField, TextField
from selfcare.forms.fields import EmailAddressField, PasswordMeets, trimmed
from selfcare.forms.oauth import CompanyAccountForm
from selfcare.language import _l
from selfcare.services.accounts.password_rules import PasswordRules


class ConfirmAccountForm(CompanyAccountForm):
    """« Confirmer le compte »: both stand in the console access mail."""

    email = EmailAddressField(_l("Email"), [DataRequired(_l("Enter your email address"))])


class ApiPasswordForm(FlaskForm):
    """« Réinitialiser »: the password, typed twice, and the code, unless it was given already."""

    password = SecretField(_l("New API password"), [InputRequired(_l("Enter a new API password"))])
    confirm = SecretField(
        _l("Confirm your API password"),
        [
            InputRequired(_l("Enter the new API password a second time")),
            EqualTo("password", _l("The two passwords are not the same")),
        ],
    )
    code = TextField(
        _l("Email verification code"),
        [DataRequired(_l("Enter the code you received by mail")), Length(max=20)],
        filters=[trimmed],
    )

    def __init__(self, rules: PasswordRules, *, email: str, proven: bool) -> None:
        super().__init__()
        self.rules, self.login = rules, email
        if proven:
            del self.code

    @property
    def only_code(self) -> bool:
        """Whether the code was sent alone, to choose the password afterwards."""
        return not self.password.data and not self.confirm.data

    def validate(self, extra_validators: Any = None) -> bool:
        """The rules of AUTH-3, and at most the bytes that the console looks at."""
        meets = PasswordMeets(self.rules, login=self.login)
        return bool(super().validate({"password": [meets], **(extra_validators or {})}))
