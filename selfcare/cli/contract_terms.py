"""`flask contracts`: changing a contract's terms, its referent, its users' roles (STAFF-3)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

import click

from selfcare.cli.contracts import contracts_group
from selfcare.cli.customers import company_details, set_details
from selfcare.cli.printing import as_json, plural, refusing, say
from selfcare.database import db
from selfcare.models import Account
from selfcare.rights import Profile, Section
from selfcare.services import months
from selfcare.services.contracts import terms
from selfcare.services.contracts.refusals import ContractRefused
from selfcare.services.users.refusals import Refusal


@contracts_group.command("rename")
@click.argument("ref")
@click.argument("name")
@as_json
def rename(*, ref: str, name: str, as_json: bool) -> None:
    """Give the contract REF another NAME."""
    with refusing(ContractRefused):
        contract = terms.rename(ref, name)
    db.session.commit()
    said = f"{contract.ref} is called {contract.name}."
    say(said, as_json=as_json, ref=contract.ref, name=contract.name)


@contracts_group.command("platform")
@click.argument("ref")
@click.argument("platform")
@as_json
def platform(*, ref: str, platform: str, as_json: bool) -> None:
    """Say which PLATFORM the contract REF has, like FCE_SI_qualif; '' for none."""
    with refusing(ContractRefused):
        contract = terms.set_platform(ref, platform)
    db.session.commit()
    said = f"{contract.ref}: platform {contract.platform_id or 'unknown'}."
    say(said, as_json=as_json, ref=contract.ref, platform=contract.platform_id)


@contracts_group.command("end")
@click.argument("ref")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The last day [today].")
@click.option("--never", is_flag=True, help="It goes on: no day is known.")
@click.option("--close-console", is_flag=True, help="Delete all its console accounts, now.")
@as_json
def end(*, ref: str, day: datetime | None, never: bool, close_console: bool, as_json: bool) -> None:
    """Say when the contract REF ends; its page shows the day.

    Its users still sign in and read orders and invoices. Console accounts end with
    --close-console, together with their access keys: that cannot be taken back.
    """
    if never and (day or close_console):
        raise click.UsageError("--never goes with no other option")
    with refusing(ContractRefused):
        last = None if never else (day.date() if day else months.today())
        contract = terms.set_end(ref, last)
        closed = terms.close_console(contract) if close_console else 0
    db.session.commit()
    said = f"{contract.ref} ends on {last}." if last else f"{contract.ref} goes on."
    if close_console:
        said += f" {plural(closed, 'console account is', 'console accounts are')} being deleted."
    say(said, as_json=as_json, ref=contract.ref, ends_on=last, console_accounts_ended=closed)


@contracts_group.command("offer")
@click.argument("ref")
@click.argument("offer")
@as_json
def offer(*, ref: str, offer: str, as_json: bool) -> None:
    """Give the contract REF another OFFER, by its code or name.

    Where the new one has no console, the contract's console accounts are deleted; where only the
    new one has, its console is made.
    """
    with refusing(ContractRefused):
        contract = terms.set_offer(ref, offer)
    db.session.commit()
    said = f"{contract.ref} has the offer {contract.offer.name}."
    say(said, as_json=as_json, ref=contract.ref, offer=contract.offer.code)


@contracts_group.command("referent")
@click.argument("ref")
@click.argument("login")
@as_json
def referent(*, ref: str, login: str, as_json: bool) -> None:
    """Make LOGIN, a user of the contract REF, its referent, with all rights there.

    The former referent stays a user with the roles they had. Either of them gets a mail if their
    roles change.
    """
    with refusing(ContractRefused, Refusal):
        membership = terms.set_referent(ref, login)
    db.session.commit()
    name = db.session.get_one(Account, membership.account_id).login
    said = f"{name} is the referent of {ref.upper()}."
    say(said, as_json=as_json, ref=ref.upper(), referent=name)


@contracts_group.command("company")
@click.argument("ref")
@company_details
@as_json
def company(*, ref: str, as_json: bool, **details: str | None) -> None:
    """The same as `flask customers set`, for the company that has the contract REF."""
    with refusing(ContractRefused):
        customer = terms.known(ref).customer
        set_details(customer, details, as_json=as_json)


@contracts_group.command("ece")
@click.argument("ref")
@click.argument("login")
@click.option("--changes/--no-changes", default=None, help="The change-request application.")
@click.option("--incidents/--no-incidents", default=None, help="The incident application.")
@as_json
def ece(
    *, ref: str, login: str, changes: bool | None, incidents: bool | None, as_json: bool
) -> None:
    """Say on which applications LOGIN, a user of the contract REF, has an account.

    Those behind « Gérer vos services » and « Ouvrir un ticket incident »: whoever has none does
    not see the button.
    """
    if changes is None and incidents is None:
        raise click.UsageError("say --changes, --no-changes, --incidents or --no-incidents")
    with refusing(ContractRefused):
        account = terms.set_applications(ref, login, changes=changes, incidents=incidents)
    db.session.commit()
    held = {"changes": account.has_ece_changes, "incidents": account.has_ece_incidents}
    named = ", ".join(name for name, has in held.items() if has) or "neither"
    say(f"{account.login} has: {named}.", as_json=as_json, login=account.login, **held)


@contracts_group.command("vat")
@click.argument("ref")
@click.argument("rate")
@as_json
def vat(*, ref: str, rate: str, as_json: bool) -> None:
    """Give the contract REF a VAT RATE of its own in per cent (8.5), or `default` again.

    Pre-invoices whose month is not invoiced yet are made anew.
    """
    try:
        own = None if rate == "default" else Decimal(rate.replace(",", "."))
    except InvalidOperation:
        raise click.ClickException(f"{rate!r} is not a number") from None
    with refusing(ContractRefused):
        terms.set_vat_rate(ref, own)
    db.session.commit()
    said = f"{ref.upper()}: {'the setting VAT_RATE' if own is None else f'{own} %'}."
    say(said, as_json=as_json, ref=ref.upper(), vat_rate=own)


@contracts_group.command("roles")
@click.argument("ref")
@click.argument("login")
@click.argument("changes", nargs=-1, required=True)
@as_json
def roles(*, ref: str, login: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Give LOGIN other roles on the contract REF: `orders=visitor console=admin,guest`.

    Sections that are not named stay as they are; `console=` takes every console role away.
    """
    asked = dict(change.partition("=")[::2] for change in changes)
    console = asked.pop("console", None)
    with refusing(ValueError, ContractRefused, Refusal):
        profiles = {Section(section): Profile(profile) for section, profile in asked.items()}
        names = None if console is None else [name for name in console.split(",") if name]
        terms.give_roles(ref, login, profiles, names)
    db.session.commit()
    said = f"{login} has these roles now, and a mail that says so."
    say(said, as_json=as_json, ref=ref.upper(), login=login)
