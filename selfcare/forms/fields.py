"""Fields and checks that several forms share: passwords, addresses, phone numbers, text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from wtforms import DateField, Field, Form
from wtforms.validators import Length, StopValidation, ValidationError

from selfcare.forms.bounded import AddressField, TelephoneField, TextField
from selfcare.language import _, entries, phones
from selfcare.language.entries import Rule, Unfit
from selfcare.services import months
from selfcare.services.accounts.password_rules import PasswordRules
from selfcare.text import one_line


def trimmed(text: str | None) -> str | None:
    """A field's filter: a name as it is kept; what was not sent stays None."""
    return text and one_line(text)


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
            raise ValidationError(_("The password needs: %(rules)s.", rules=wanted))


class Fits:
    """The field holds what a rule of the domain takes, and keeps it as the rule says."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.field_flags = {"required": True} if rule.missing is not None else {}

    def __call__(self, _form: Form, field: Field) -> None:
        """Put the value into the form it is kept in.

        Raises:
            StopValidation: it will not do; nothing else is said about it.
        """
        try:
            field.data = self.rule(field.data or "")
        except Unfit as unfit:
            field.errors = []
            raise StopValidation(str(unfit.text)) from None


class LineField(TextField):
    """A line of text by a rule."""

    def __init__(self, label: Any, rule: Rule, **kwargs: Any) -> None:
        rules = [Length(max=rule.longest), Fits(rule)]
        super().__init__(label, rules, **{"filters": [trimmed], **kwargs})


class EmailAddressField(AddressField):
    """A mail address, of the right shape."""

    def __init__(
        self, label: Any, validators: Any = (), *, rule: Rule = entries.EMAIL, **kwargs: Any
    ) -> None:
        rules = [*validators, Fits(rule)]
        super().__init__(label, rules, **{"filters": [trimmed], **kwargs})


class PhoneField(TelephoneField):
    """A phone number, shown as its reader dials it."""

    def __init__(
        self, label: Any, validators: Any = (), *, rule: Rule = entries.PHONE, **kwargs: Any
    ) -> None:
        rules = [*validators, Fits(rule)]
        super().__init__(label, rules, **{"filters": [trimmed], **kwargs})

    def _value(self) -> str:
        return phones.shown(self.data) if self.data and not self.errors else (self.data or "")


class DayField(DateField):
    """A day, as the calendars of browsers send it and as people type it where there is none."""

    def __init__(self, label: Any, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was sent.

        Raises:
            ValueError: it is not a day.
        """
        try:
            super().process_formdata([one_line(value) for value in valuelist])
        except ValueError:
            raise ValueError(_("Enter a day such as %(day)s", day=self.example)) from None

    @property
    def example(self) -> str:
        """A day to come, as one types it."""
        return f"{months.today() + timedelta(days=180):%d/%m/%Y}"
