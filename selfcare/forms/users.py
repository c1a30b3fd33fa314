"""Forms of the users section: the wizard's steps, and what confirms a removal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup
from wtforms import (
    RadioField,
    SelectField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from selfcare.forms.bounded import TextField
from selfcare.forms.fields import EmailAddressField, PhoneField, or_mobile, trimmed
from selfcare.forms.resumable import ResumableForm
from selfcare.language import _, _l, wording
from selfcare.language.i18n import LANGUAGES
from selfcare.models import CIVILITIES, LOCALES
from selfcare.models.account import LOGIN_PATTERN
from selfcare.rights import OFFERS, Profile, Section
from selfcare.services.users.members import NewMember
from selfcare.services.users.roles import CONSOLE_ONLY_PROFILES, Roles


class Choices(ListWidget):
    """Radios or boxes, each before its label."""

    def __call__(self, field: Any, **_kwargs: Any) -> Markup:
        """The choices, in a fieldset of the page's."""
        lines = (
            Markup('<div class="choice">{} {}</div>').format(box(), box.label) for box in field
        )
        return Markup('<div class="choices">{}</div>').format(Markup("").join(lines))


class PersonForm(ResumableForm):
    """Step 1, « Utilisateur » (figure 29)."""

    civility = RadioField(
        _l("Title"),
        [InputRequired(_l("Choose a title"))],
        choices=[SelectChoice(code, wording.CIVILITY[code]) for code in CIVILITIES],
        widget=Choices(),
    )
    last_name = TextField(
        _l("Last name"),
        [DataRequired(_l("Enter the last name")), Length(max=80)],
        filters=[trimmed],
    )
    first_name = TextField(
        _l("First name"),
        [DataRequired(_l("Enter the first name")), Length(max=80)],
        filters=[trimmed],
    )
    login = TextField(_l("Login"), [DataRequired(_l("Enter a login"))], filters=[trimmed])
    email = EmailAddressField(_l("Email"), [DataRequired(_l("Enter the email address"))])
    phone = PhoneField(_l("Phone"), [or_mobile])
    mobile = PhoneField(_l("Mobile"), mobile=True)
    locale = SelectField(
        _l("Preferred language"),
        choices=[SelectChoice(code, LANGUAGES[code]) for code in LOCALES],
        default="fr",
    )

    def validate_login(self, field: TextField) -> None:
        """8 to 64 of `A-Z a-z 0-9 . _ -`."""
        if not re.fullmatch(LOGIN_PATTERN, field.data or ""):
            raise ValidationError(
                _("A login has 8 to 64 characters: letters without accents, digits, . _ -")
            )

    def new_member(self) -> NewMember:
        """The values entered."""
        return NewMember(
            civility=self.civility.data,
            last_name=self.last_name.data or "",
            first_name=self.first_name.data or "",
            login=self.login.data or "",
            email=self.email.data or "",
            phone=self.phone.data or None,
            mobile=self.mobile.data or None,
            locale=self.locale.data,
        )


class ConsoleRolesField(SelectMultipleField):
    """Boxes to tick: several roles at once."""

    widget = Choices()
    option_widget = CheckboxInput()


class RolesForm(ResumableForm):
    """Step 2, « Rôles » (figures 30, 34, 37); one field per section, made by `roles_form`."""

    sections: tuple[Section, ...] = ()
    kept: Mapping[Section, Profile] = CONSOLE_ONLY_PROFILES

    def of_sections(self) -> list[tuple[Section, Any]]:
        """The sections' fields in menu order."""
        return [(section, self[str(section)]) for section in self.sections]

    def roles(self) -> Roles:
        """The chosen roles; sections that were not offered stay as they were."""
        chosen = {section: Profile(field.data) for section, field in self.of_sections()}
        console = tuple(self["console"].data or ()) if "console" in self else ()
        return Roles({**self.kept, **chosen}, console)


def roles_form(
    roles: Roles, *, console: Iterable[str] | None, console_only: bool = False
) -> RolesForm:
    """The form of step 2.

    Args:
        roles: chosen so far.
        console: the console roles there are; None where the offer has no console.
        console_only: offer nothing else, and ask for at least one.
    """
    fields: dict[str, Any] = {
        "sections": () if console_only else tuple(OFFERS),
        "kept": roles.profiles,
    }
    for section in fields["sections"]:
        fields[str(section)] = SelectField(
            wording.SECTION[section],
            choices=[SelectChoice(str(p), wording.PROFILE[p]) for p in OFFERS[section].profiles],
            default=str(roles.profiles.get(section, OFFERS[section].profiles[0])),
        )
    if console is not None:
        names = [*console, *(name for name in roles.console if name not in set(console))]
        needed = [InputRequired(_("Choose at least one console role"))] if console_only else []
        fields["console"] = ConsoleRolesField(
            _l("Technical console"),
            needed,
            choices=[SelectChoice(name, console_role(name)) for name in names],
            default=list(roles.console),
        )
    form: RolesForm = type("RolesOfSections", (RolesForm,), fields)()
    return form


def console_role(name: str) -> str:
    """« power_user : gère les ressources Cloud »; a group made there by its name alone."""
    meaning = wording.CONSOLE_ROLE.get(name)
    return f"{name} – {meaning}" if meaning else name


class NewMemberCheck(PersonForm):
    """The same rules for a line of a file, which has no token (USERS-9)."""

    class Meta:
        """No cross-site token: a line of a file does not come from a browser."""

        csrf = False
