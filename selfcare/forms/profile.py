"""Forms of « Mon profil » (§5.10.2, figures 39 and 40)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import EqualTo, InputRequired, Optional

from selfcare.forms.bounded import SecretField
from selfcare.forms.fields import (
    PasswordMeets,
)
from selfcare.forms.person import PersonFields
from selfcare.forms.resumable import ResumableForm
from selfcare.language import _l
from selfcare.models import Passkey
from selfcare.services.accounts.password_rules import PasswordRules


class NewPasswordForm(FlaskForm):
    """A new password, typed twice (figure 5)."""

    password = SecretField(
        _l("New password"),
        [InputRequired(_l("Enter a new password"))],
    )
    confirm = SecretField(
        _l("Confirm your password"),
        [
            InputRequired(_l("Enter the new password a second time")),
            EqualTo("password", _l("The two passwords are not the same")),
        ],
    )

    passkeys = RadioField(
        _l("What happens to your passkeys, which sign in without the password?"),
        [InputRequired(_l("Say what happens to your passkeys"))],
        choices=[
            SelectChoice("keep", _l("Keep them")),
            SelectChoice("remove", _l("Remove them, somebody else may have added one")),
        ],
    )

    def __init__(self, rules: PasswordRules, *, login: str, passkeys: Sequence[Passkey]) -> None:
        super().__init__()
        self.rules, self.login, self.known_passkeys = rules, login, passkeys
        if not passkeys:
            del self.passkeys

    @property
    def keeps_passkeys(self) -> bool:
        """Whether the passkeys go on opening the account."""
        return not self.known_passkeys or self.passkeys.data == "keep"

    def validate(self, extra_validators: Any = None) -> bool:
        """The rules of AUTH-3 apply to the first of the two."""
        meets = PasswordMeets(self.rules, login=self.login)
        return bool(super().validate({"password": [meets], **(extra_validators or {})}))


class ChangePasswordForm(NewPasswordForm):
    """The same, the current one asked first (figure 39)."""

    current = SecretField(
        _l("Current password"),
        [InputRequired(_l("Enter your current password"))],
    )


class ProfileForm(PersonFields, ResumableForm):
    """The data somebody may change about themselves (figure 40)."""

    login = None  # type: ignore[assignment]  # nobody changes it
    current = SecretField(_l("Current password"), [Optional()])
    has_find_key = BooleanField(_l("The “/” key opens the search of the page’s header"))

    @property
    def plain(self) -> dict[str, str | bool | None]:
        """All that counts at once; the address is confirmed first."""
        kept = ("civility", "last_name", "first_name", "phone", "mobile", "locale", "has_find_key")
        return {name: self[name].data for name in kept}
