"""`flask accounts`: what an operator does without the portal."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from selfcare.database import db
from selfcare.models import Account
from selfcare.services.accounts import passwords, people, two_factor

accounts_group = AppGroup("accounts", help="Accounts, for the operator.")


@accounts_group.command("password")
@click.argument("login")
@click.password_option()
def password(login: str, password: str) -> None:
    """Set somebody's password; every session of theirs ends, and they get a mail."""
    account = _known(login)
    if broken := passwords.rules().broken(password, login=account.login):
        wanted = "; ".join(str(rule.text) for rule in broken)
        raise click.ClickException(f"the password must be: {wanted}")
    passwords.change(account, password, by=None)
    db.session.commit()
    click.echo(f"The password of {account.login} is set.")


@accounts_group.command("reset-two-factor")
@click.argument("login")
@click.option("--by", required=True, help="Login of the staff member who does it.")
@click.option("--reason", required=True, help="Why; kept in the audit log, the owner sees it.")
def reset_two_factor(login: str, by: str, reason: str) -> None:
    """Take the second factor away from somebody who lost app and codes; their sessions end."""
    account, member = _known(login), _known(by)
    if not member.is_staff:
        raise click.ClickException(f"{member.login} is not a staff member")
    two_factor.reset(account, by=member, reason=reason)
    db.session.commit()
    click.echo(f"{account.login} signs in without a second factor.")


@accounts_group.command("reseal")
def reseal() -> None:
    """Seal second factors with the present SECRET_KEY, before SECRET_KEY_PREVIOUS goes."""
    done, lost = two_factor.reseal()
    db.session.commit()
    click.echo(f"Sealed with the present key: {done}.")
    if lost:
        raise click.ClickException(f"{lost} cannot be read with any key there is: reset them.")


@accounts_group.command("welcome")
@click.argument("login")
def welcome(login: str) -> None:
    """Send the access mail (again): the login, and where to set the password."""
    people.welcome(_known(login))
    db.session.commit()
    click.echo("The mail is in the outbox.")


def _known(login: str) -> Account:
    account = people.find(login)
    if account is None:
        raise click.ClickException(f"no account with the login {login}")
    return account
