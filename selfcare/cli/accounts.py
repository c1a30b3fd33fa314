"""`flask accounts`: people's accounts, for the operator (STAFF-3)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import exists, func, select

from selfcare.cli.printing import (
    as_json,
    matching,
    most,
    print_facts,
    print_rows,
    refusing,
    say,
    stream,
)
from selfcare.config.rules import mail_address
from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract, Membership, Passkey, SignIn, now
from selfcare.services.accounts import barring, passwords, people, two_factor
from selfcare.services.accounts.people import AccountRefused, EmailTaken
from selfcare.services.safety import audit

accounts_group = AppGroup("accounts", help="Accounts: who they are, what they may no longer open.")


@accounts_group.command("list")
@click.argument("search", required=False, default="")
@click.option("--contract", help="Only users of this contract.")
@click.option("--disabled", is_flag=True, help="Only disabled ones.")
@most
@as_json
def list_accounts(
    *, search: str, contract: str | None, disabled: bool, limit: int | None, as_json: bool
) -> None:
    """Print accounts by login; SEARCH is looked for in login, names and address."""
    found = select(
        Account.login,
        Account.email,
        Account.first_name,
        Account.last_name,
        Account.is_staff.label("staff"),
        Account.disabled_at,
        Account.created_at,
    ).where(matching(Account.search_text, search))
    if contract:
        found = found.where(
            exists().where(
                Membership.account_id == Account.id,
                Membership.contract_id == Contract.id,
                Contract.ref == contract.upper(),
            )
        )
    if disabled:
        found = found.where(Account.disabled_at.is_not(None))
    ordered = found.order_by(func.lower(Account.login)).limit(limit)
    print_rows(stream(ordered), as_json=as_json, nothing="No such account.")


@accounts_group.command("show")
@click.argument("login")
@as_json
def show(*, login: str, as_json: bool) -> None:
    """Print what is known of LOGIN: contracts, console accounts, ways to sign in."""
    account = _known(login)
    place = (
        select(Contract.ref, Membership.is_referent, ConsoleAccess)
        .join(Membership, Membership.contract_id == Contract.id)
        .outerjoin(
            ConsoleAccess,
            (ConsoleAccess.account_id == Membership.account_id)
            & (ConsoleAccess.contract_id == Membership.contract_id),
        )
        .where(Membership.account_id == account.id)
        .order_by(Contract.ref)
    )
    contracts = [_place(*found) for found in db.session.execute(place)]
    open_ones = select(func.count(), func.max(SignIn.last_seen_at)).where(
        SignIn.account_id == account.id, SignIn.ended_at.is_(None), SignIn.expires_at > now()
    )
    sign_ins, last_seen = db.session.execute(open_ones).one()
    keys = select(func.count()).where(Passkey.account_id == account.id)
    facts = {
        "login": account.login,
        "name": account.full_name,
        "email": account.email,
        "phone": account.phone,
        "mobile": account.mobile,
        "language": account.locale,
        "staff": account.is_staff,
        "created": account.created_at,
        "disabled": account.disabled_at,
        "has_a_password": account.password_hash is not None,
        "two_factor": two_factor.of(account) is not None,
        "passkeys": db.session.execute(keys).scalar_one(),
        "open_sign_ins": sign_ins,
        "last_seen": last_seen,
        "changes_application": account.has_ece_changes,
        "incidents_application": account.has_ece_incidents,
        "contracts": contracts or None,
    }
    print_facts(facts, as_json=as_json)


@accounts_group.command("disable")
@click.argument("login")
@as_json
def disable(*, login: str, as_json: bool) -> None:
    """Nothing opens to LOGIN from now on: sign-ins, links and console accounts end at once.

    Their places and roles stay as they are; `flask accounts enable` gives all of it back.
    """
    with refusing(AccountRefused):
        account = people.known(login)
        barring.disable(account)
    db.session.commit()
    say(
        f"{account.login} is disabled; a job closes their console accounts.",
        as_json=as_json,
        login=account.login,
        disabled=account.disabled_at,
    )


@accounts_group.command("enable")
@click.argument("login")
@as_json
def enable(*, login: str, as_json: bool) -> None:
    """LOGIN signs in again, with the password they had."""
    with refusing(AccountRefused):
        account = people.known(login)
        barring.enable(account)
    db.session.commit()
    say(f"{account.login} is enabled.", as_json=as_json, login=account.login, disabled=None)


@accounts_group.command("end-sessions")
@click.argument("login")
@as_json
def end_sessions(*, login: str, as_json: bool) -> None:
    """End every sign-in of LOGIN, every link mailed to them, every token in the console."""
    with refusing(AccountRefused):
        account = people.known(login)
        barring.end_sessions(account)
    db.session.commit()
    say(f"Nobody is signed in as {account.login} any more.", as_json=as_json, login=account.login)


@accounts_group.command("email")
@click.argument("login")
@click.argument("address")
@as_json
def email(*, login: str, address: str, as_json: bool) -> None:
    """Give LOGIN another mail ADDRESS, at once: for those who cannot read the former one.

    The former address is told. Ask yourself who it is that asks: whoever reads ADDRESS can set
    the password.
    """
    account = _known(login)
    if problem := mail_address(address):
        raise click.ClickException(f"{address}: {problem}")
    try:
        people.set_email(account, address)
    except EmailTaken:
        raise click.ClickException(f"{address} belongs to another account") from None
    db.session.commit()
    say(
        f"The address of {account.login} is {account.email}; the former one is told.",
        as_json=as_json,
        login=account.login,
        email=account.email,
    )


@accounts_group.command("erase")
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def erase(*, login: str, yes: bool, as_json: bool) -> None:
    """Forget a person for good: names, addresses, phones, ways to sign in, places on contracts.

    Their console accounts are deleted. Orders stay, under the name `erased-…`; the audit log
    forgets after its year. This cannot be taken back.
    """
    account = _known(login)
    name = account.login
    if not yes:
        click.confirm(f"Forget {account.full_name} ({name}) for good?", abort=True, err=True)
    with refusing(AccountRefused):
        barring.erase(account)
    db.session.commit()
    say(f"{name} is forgotten; what is left is called {account.login}.", as_json=as_json,
        erased=name, called=account.login)  # fmt: skip


@accounts_group.command("password")
@click.argument("login")
@click.password_option()
@as_json
def password(*, login: str, password: str, as_json: bool) -> None:
    """Set somebody's password; every session of theirs ends, and they get a mail."""
    account = _known(login)
    if broken := passwords.rules().broken(password, login=account.login):
        wanted = "; ".join(str(rule.text) for rule in broken)
        raise click.ClickException(f"the password must be: {wanted}")
    passwords.change(account, password, by=None)
    db.session.commit()
    say(f"The password of {account.login} is set.", as_json=as_json, login=account.login)


@accounts_group.command("reset-two-factor")
@click.argument("login")
@click.option("--by", required=True, help="Login of the staff member who does it.")
@click.option("--reason", required=True, help="Why; kept in the audit log, the owner sees it.")
@as_json
def reset_two_factor(*, login: str, by: str, reason: str, as_json: bool) -> None:
    """Take the second factor away from somebody who lost app and codes; their sessions end."""
    account, member = _known(login), _known(by)
    if not member.is_staff:
        raise click.ClickException(f"{member.login} is not a staff member")
    two_factor.reset(account, by=member, reason=reason)
    db.session.commit()
    say(f"{account.login} signs in without a second factor.", as_json=as_json, login=account.login)


@accounts_group.command("reseal")
@as_json
def reseal(*, as_json: bool) -> None:
    """Seal second factors with the present SECRET_KEY, before SECRET_KEY_PREVIOUS goes."""
    done, lost = two_factor.reseal()
    if done:
        audit.record("key.resealed", actor=None, details={"count": done})
    db.session.commit()
    say(f"Sealed with the present key: {done}.", as_json=as_json, sealed=done, lost=lost)
    if lost:
        raise click.ClickException(f"{lost} cannot be read with any key there is: reset them.")


@accounts_group.command("welcome")
@click.argument("login")
@as_json
def welcome(*, login: str, as_json: bool) -> None:
    """Send the access mail (again): the login, and where to set the password."""
    account = _known(login)
    people.welcome(account)
    audit.record("password.asked", actor=None, subject=account)
    db.session.commit()
    say("The mail is in the outbox.", as_json=as_json, login=account.login)


def _place(ref: str, is_referent: bool, console: ConsoleAccess | None) -> str:
    words = f"{ref} (referent)" if is_referent else ref
    if console is None:
        return words
    return f"{words}, console {console.told}: {' '.join(console.wanted_groups) or '–'}"


def _known(login: str) -> Account:
    with refusing(AccountRefused):
        return people.known(login)
