"""Fields and checks that several forms share: passwords, addresses, phone numbers, text."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms import Field, Form
from wtforms.form import BaseForm
from wtforms.validators import StopValidation, ValidationError

from selfcare.forms.bounded import AddressField, TelephoneField
from selfcare.language import _
from selfcare.services.accounts import phones
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


class EmailAddressField(AddressField):
    """A mail address, of the right shape; its domain is not looked up.

    Accents before the `@` are refused: hardly any mail server takes them.
    """

    def __init__(self, label: Any, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, validators, **{"filters": [trimmed], **kwargs})

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms passes it by name)
        """Turn the address into the one form there is of it.

        Raises:
            StopValidation: it looks like none.
        """
        if not self.data:
            return
        try:
            self.data = validate_email(
                self.data, check_deliverability=False, allow_smtputf8=False, strict=True
            ).normalized
        except EmailNotValidError:
            message = _("Enter an email address such as name@company.com")
            raise StopValidation(message) from None


class PhoneField(TelephoneField):
    """A phone number, typed in any usual way, kept as `+33 1 01 01 01 01`."""

    def __init__(
        self, label: Any, validators: Any = (), *, mobile: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **{"filters": [trimmed], **kwargs})
        self.mobile = mobile

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms passes it by name)
        """Turn the number into the form it is kept in.

        Raises:
            StopValidation: no number looks like this, or it is not one of a mobile phone.
        """
        if not self.data:
            self.data = None
            return
        try:
            self.data = phones.read(self.data, mobile=self.mobile)
        except phones.ServiceNumber:
            message = _("This is the number of a service: enter a mobile number, 06 or 07")
            raise StopValidation(message) from None
        except phones.NotAMobile:
            raise StopValidation(_("This is a fixed line: enter a mobile number")) from None
        except phones.NotAPhone:
            message = _("Enter a phone number such as 01 01 01 01 01 or +33 1 01 01 01 01")
            raise StopValidation(message) from None

    def _value(self) -> str:
        return phones.shown(self.data) if self.data and not self.errors else (self.data or "")


def or_mobile(form: Form, field: Field) -> None:
    """One of two phone numbers is needed: this one, or the field `mobile`.

    Raises:
        ValidationError: there is none.
    """
    if not field.data and not form["mobile"].data:
        raise ValidationError(_("Enter at least one phone number, fixed or mobile"))
