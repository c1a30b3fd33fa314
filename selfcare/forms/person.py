"""The fields about a person, which the wizard and « Mon profil » share (USERS-2, ACCOUNT-1)."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from wtforms import Form, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import ListWidget

from selfcare.forms.fields import EmailAddressField, Fits, LineField, PhoneField
from selfcare.language import _l, wording
from selfcare.language.entries import Unfit
from selfcare.language.i18n import LANGUAGES
from selfcare.models import CIVILITIES, LOCALES
from selfcare.services.users import new_member
from selfcare.services.users.new_member import RULES


class Choices(ListWidget):
    """Radios or boxes, each before its label."""

    def __call__(self, field: Any, **_kwargs: Any) -> Markup:
        """The choices, in a fieldset of the page's."""
        lines = (
            Markup('<div class="choice">{} {}</div>').format(box(), box.label) for box in field
        )
        return Markup('<div class="choices">{}</div>').format(Markup("").join(lines))


class PersonFields(Form):
    """Mixed into a form about a person; each field keeps to the rule of a new member's.

    They stand in the order of the pages; a form sets what it does not ask to None.
    """

    civility = RadioField(
        _l("Title"),
        [Fits(RULES["civility"])],
        choices=[SelectChoice(code, wording.CIVILITY[code]) for code in CIVILITIES],
        widget=Choices(),
    )
    last_name = LineField(_l("Last name"), RULES["last_name"])
    first_name = LineField(_l("First name"), RULES["first_name"])
    login = LineField(_l("Login"), RULES["login"])
    email = EmailAddressField(_l("Email"), rule=RULES["email"])
    phone = PhoneField(_l("Phone"), rule=RULES["phone"])
    mobile = PhoneField(_l("Mobile"), rule=RULES["mobile"])
    locale = SelectField(
        _l("Preferred language"),
        [Fits(RULES["locale"])],
        choices=[SelectChoice(code, LANGUAGES[code]) for code in LOCALES],
        default="fr",
    )

    def validate_phone(self, field: PhoneField) -> None:
        """One of two phone numbers is needed: this one, or the mobile."""
        try:
            new_member.check_numbers(field.data, self.mobile.data)
        except Unfit as unfit:
            raise ValidationError(str(unfit.text)) from None
