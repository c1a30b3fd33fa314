"""`flask accounts`: what an operator does without the portal."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from selfcare.database import db
from selfcare.services import accounts, passwords, sessions

accounts_group = AppGroup("accounts", help="Accounts, for the operator.")


@accounts_group.command("password")
@click.argument("login")
@click.password_option()
def password(login: str, password: str) -> None:
    """Set somebody's password; every session of theirs ends."""
    account = accounts.find(login)
    if account is None:
        raise click.ClickException(f"no account with the login {login}")
    passwords.set_password(account, password)
    sessions.end_all(account)
    db.session.commit()
    click.echo(f"The password of {account.login} is set.")
