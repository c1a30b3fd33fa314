"""`flask staff`: the operator's support people (STAFF-1)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from selfcare.cli.members import new_member
from selfcare.cli.printing import as_json, print_rows, refusing, say, stream
from selfcare.database import db
from selfcare.models import CIVILITIES, LOCALES, Account, TwoFactor
from selfcare.rights import StaffRole
from selfcare.services.accounts import barring, people, staff
from selfcare.services.accounts.people import AccountRefused
from selfcare.services.staff import agents, ending
from selfcare.services.staff.agents import NotStaff

staff_group = AppGroup("staff", help="Support people: members of nothing, who help customers.")


@staff_group.command("add")
@click.argument("login")
@click.option("--email", required=True, help="Their address; the access mail goes there.")
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--title", type=click.Choice(CIVILITIES), default="madam", show_default=True)
@click.option("--mobile", required=True, help="Their mobile phone.")
@click.option("--locale", type=click.Choice(LOCALES), default="fr", show_default=True)
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in StaffRole]),
    multiple=True,
    default=[StaffRole.SUPPORT.value],
    show_default=True,
    help="What they do; say it several times for several roles.",
)
@as_json
def add(
    *,
    login: str,
    email: str,
    first_name: str,
    last_name: str,
    title: str,
    mobile: str,
    locale: str,
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the staff account LOGIN; they get the access mail and set their password.

    Staff sign in with a second factor, which they set up first. Nobody who is a user of a contract
    can be staff: those people get a second account, with another login and address.
    """
    person = new_member(
        civility=title,
        last_name=last_name,
        first_name=first_name,
        login=login,
        email=email,
        mobile=mobile,
        locale=locale,
    )
    with refusing(AccountRefused):
        made = staff.add(
            Account(
                login=person.login,
                email=person.email,
                civility=person.civility,
                last_name=person.last_name,
                first_name=person.first_name,
                mobile=person.mobile,
                locale=person.locale,
            )
        )
    agents.set_roles(made, [StaffRole(role) for role in roles])
    db.session.commit()
    say(f"{made.login} is staff; {made.email} gets the access mail.", as_json=as_json,
        login=made.login, email=made.email)  # fmt: skip


@staff_group.command("list")
@as_json
def list_staff(*, as_json: bool) -> None:
    """Print who is staff, and whether their second factor is set up."""
    found = (
        select(
            Account.login,
            Account.email,
            Account.first_name,
            Account.last_name,
            TwoFactor.account_id.is_not(None).label("two_factor"),
            Account.disabled_at,
        )
        .outerjoin(TwoFactor, TwoFactor.account_id == Account.id)
        .where(Account.is_staff)
        .order_by(Account.login)
    )
    print_rows(stream(found), as_json=as_json, nothing="Nobody is staff: flask staff add")


@staff_group.command("roles")
@click.argument("login")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in StaffRole]),
    multiple=True,
    required=True,
    help="A role from now on; say it several times for several. Those not named end.",
)
@as_json
def set_roles(*, login: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Give LOGIN these roles in place of the former ones."""
    with refusing(AccountRefused):
        account = people.known(login)
    try:
        agents.set_roles(account, [StaffRole(role) for role in roles])
    except NotStaff:
        raise click.ClickException(f"{account.login} is not staff") from None
    db.session.commit()
    now_has = ", ".join(sorted(set(roles)))
    say(f"{account.login} has: {now_has}.", as_json=as_json, login=account.login, roles=list(roles))


@staff_group.command("disable")
@click.argument("login")
@as_json
def disable(*, login: str, as_json: bool) -> None:
    """Let LOGIN in no more: their sign-ins and visits end at once; their roles stay noted.

    `flask accounts enable` takes it back.
    """
    with refusing(AccountRefused):
        account = people.known(login)
        if not account.is_staff:
            raise AccountRefused(f"{account.login} is not staff")
        barring.disable(account)
    ending.end_of_agent(account)
    db.session.commit()
    say(f"{account.login} is disabled.", as_json=as_json, login=account.login)


@staff_group.command("remove")
@click.argument("login")
@as_json
def remove(*, login: str, as_json: bool) -> None:
    """Take the staff's rights from LOGIN: the account is disabled, all their sign-ins end."""
    with refusing(AccountRefused):
        account = people.known(login)
        staff.remove(account)
    db.session.commit()
    say(f"{account.login} is staff no more, and disabled.", as_json=as_json, login=account.login)
