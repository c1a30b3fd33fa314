"""A person named by a command's options, held to the rules of the users section (USERS-2)."""

from __future__ import annotations

import click

from selfcare.language.i18n import speaking
from selfcare.services.users import new_member as rules
from selfcare.services.users.new_member import NewMember


def new_member(**given: str) -> NewMember:
    """The person, as the wizard would keep them.

    Raises:
        ClickException: something will not do.
    """
    person, problems = rules.read(given)
    if problems:
        with speaking("en"):
            wrong = [f"{name}: {text}" for name, text in problems.items()]
        raise click.ClickException("; ".join(wrong))
    return person
