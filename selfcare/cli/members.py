"""A person named by a command's options, held to the rules of the users section (USERS-2)."""

from __future__ import annotations

import click
from werkzeug.datastructures import MultiDict

from selfcare.forms.users import NewMemberCheck
from selfcare.language.i18n import speaking
from selfcare.services.users.members import NewMember


def new_member(**given: str) -> NewMember:
    """The person, as the wizard would keep them.

    Raises:
        ClickException: something will not do.
    """
    with speaking("en"):
        form = NewMemberCheck(formdata=MultiDict(given))
        form.validate()
        wrong = [f"{name}: {text}" for name, texts in form.errors.items() for text in texts]
    if wrong:
        raise click.ClickException("; ".join(wrong))
    return form.new_member()
