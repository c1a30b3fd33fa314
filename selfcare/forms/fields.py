"""Fields and checks that several forms share: passwords, phone numbers, trimmed text."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, StringField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from selfcare.services import phones
from selfcare.services.password_rules import PasswordRules


def trimmed(text: str | None) -> str | None:
    """Text without the spaces round it."""
    return text.strip() if text else text


class PasswordMeets:
    """The field holds a password that meets the rules (AUTH-3); every broken one is named."""

    def __init__(self, rules: PasswordRules, *, login: str) -> None:
        self.rules, self.login = rules, login

    def __call__(self, _form: Form, field: Field) -> None:
        """Name all broken rules at once.

        Raises:
            ValidationError: some are.
        """
        if broken := self.rules.broken(field.data or "", login=self.login):
            wanted = ", ".join(str(rule.text) for rule in broken)
            raise ValidationError(_("The password must be or contain: %(rules)s.", rules=wanted))


class PhoneField(StringField):
    """A phone number, typed in any usual way, kept as `+33101010101`; French without a prefix."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was typed until it is known to be a number."""
        super().process_formdata(valuelist)
        self.data = (self.data or "").strip() or None

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms passes it by name)
        """Turn the number into its international form.

        Raises:
            ValidationError: no number looks like this.
        """
        if not self.data:
            return
        try:
            self.data = phones.normal(self.data)
        except phones.NoPhoneNumber:
            message = str(_l("Enter a phone number such as 01 01 01 01 01 or +33 1 01 01 01 01"))
            raise ValidationError(message) from None

    def _value(self) -> str:
        return phones.shown(self.data) if self.data and not self.errors else (self.data or "")
