"""Fields and checks that several forms share: passwords, addresses, phone numbers, text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from wtforms import EmailField, Field, Form, TelField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation, ValidationError

from selfcare.services import phones
from selfcare.services.password_rules import PasswordRules

_ODD = re.compile(r"[\s\x00-\x1f\x7f\ud800-\udfff]+")
# Characters nobody sees: zero width, direction marks. A name of them is no name; one that turns
# the text round hides who somebody is.
UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def trimmed(text: str | None) -> str | None:
    """One line without spaces round it, without what no database keeps (NUL) and nobody sees.

    « é » typed as two characters becomes one, so that the same name is the same text.
    """
    if not text:
        return text
    return unicodedata.normalize("NFC", _ODD.sub(" ", UNSEEN.sub("", text)).strip())


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


class EmailAddressField(EmailField):
    """A mail address, of the right shape; its domain is not looked up.

    Accents before the `@` are refused: hardly any mail server takes them.
    """

    def __init__(self, label: Any, validators: Any = None, **kwargs: Any) -> None:
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
                self.data, check_deliverability=False, allow_smtputf8=False
            ).normalized
        except EmailNotValidError:
            message = _("Enter an email address such as name@company.com")
            raise StopValidation(message) from None


class PhoneField(TelField):
    """A phone number, typed in any usual way, kept as `+33 1 01 01 01 01`."""

    def __init__(
        self, label: Any, validators: Any = None, *, mobile: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **{"filters": [trimmed], **kwargs})
        self.mobile = mobile

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 (WTForms passes it by name)
        """Turn the number into the form it is kept in.

        Raises:
            StopValidation: no number looks like this, or it is none of a mobile phone.
        """
        if not self.data:
            self.data = None
            return
        try:
            self.data = phones.read(self.data, mobile=self.mobile)
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
