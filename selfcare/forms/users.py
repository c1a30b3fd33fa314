"""Forms of the users section: the wizard's steps, and what confirms a removal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    FileField,
    RadioField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput

from selfcare.forms.bounded import TextField
from selfcare.forms.fields import DayField
from selfcare.forms.person import Choices, PersonFields
from selfcare.forms.resumable import ResumableForm
from selfcare.language import _, _l, wording
from selfcare.rights import OFFERS, Profile, Section
from selfcare.services import months
from selfcare.services.users.new_member import RULES, NewMember
from selfcare.services.users.roles import CONSOLE_ONLY_PROFILES, Roles


class PersonForm(PersonFields, ResumableForm):
    """Step 1, « Utilisateur » (figure 29)."""

    def new_member(self) -> NewMember:
        """The values entered, once they are right."""
        return NewMember(**{name: self[name].data for name in RULES})


class UploadForm(FlaskForm):
    """A file of users (USERS-9)."""

    file = FileField(_l("CSV file (at most 2,000 lines, 1 MB)"))


class ConsoleRolesField(SelectMultipleField):
    """Boxes to tick: several roles at once."""

    widget = Choices()
    option_widget = CheckboxInput()


class RolesForm(ResumableForm):
    """Step 2, « Rôles » (figures 30, 34, 37); one field per section, made by `roles_form`."""

    sections: tuple[Section, ...] = ()
    kept: Roles = Roles(CONSOLE_ONLY_PROFILES)
    like = TextField(
        _l("Login or email of a user of this contract"),
        [Length(max=254)],
        render_kw={"list": "models", "maxlength": 254},
    )
    """A model: it fills the form in, and is not part of what is chosen."""

    def of_sections(self) -> list[tuple[Section, Any]]:
        """The sections' fields in menu order."""
        return [(section, self[str(section)]) for section in self.sections]

    def roles(self) -> Roles:
        """The chosen roles; sections that were not offered stay as they were."""
        chosen = {section: Profile(field.data) for section, field in self.of_sections()}
        console = tuple(self["console"].data or ()) if "console" in self else ()
        ends_on = self["ends_on"].data if "ends_on" in self else self.kept.ends_on
        return Roles({**self.kept.profiles, **chosen}, console, ends_on)

    def validate_ends_on(self, field: DayField) -> None:
        """From today on, or the day that was there before."""
        if field.data and field.data != self.kept.ends_on and field.data < months.today():
            raise ValidationError(str(wording.USER_REFUSAL["EndIsPast"]))


def roles_form(
    roles: Roles,
    *,
    console: Iterable[str] | None,
    console_only: bool = False,
    may_end: bool = False,
    over: RolesForm | None = None,
) -> RolesForm:
    """The form of step 2.

    Args:
        roles: chosen so far.
        console: the console roles there are; None where the offer has no console.
        console_only: offer nothing else, and ask for at least one.
        may_end: ask for a last day.
        over: a form that was sent: the roles are shown instead of its own, its last day stays.
    """
    fields: dict[str, Any] = {
        "sections": () if console_only else tuple(OFFERS),
        "kept": roles,
    }
    for section in fields["sections"]:
        fields[str(section)] = RadioField(
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
    if may_end:
        fields["ends_on"] = DayField(
            _l("Last day of the access"), [Optional()], default=roles.ends_on
        )
    kind: type[RolesForm] = type("RolesOfSections", (RolesForm,), fields)
    if over is None:
        return kind()
    form = kind(formdata=None)
    if may_end:
        form["ends_on"].data, form["ends_on"].raw_data = (
            over["ends_on"].data,
            over["ends_on"].raw_data,
        )
    return form


def console_role(name: str) -> str:
    """« power_user : gère les ressources Cloud »; a group made there by its name alone."""
    meaning = wording.CONSOLE_ROLE.get(name)
    return f"{name} – {meaning}" if meaning else name
