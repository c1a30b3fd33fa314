"""`flask contracts`: opening contracts, for the operator."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click
from flask.cli import AppGroup
from werkzeug.datastructures import MultiDict

from selfcare.database import db
from selfcare.forms.users import NewMemberCheck
from selfcare.language.i18n import speaking
from selfcare.models import LOCALES
from selfcare.rights import Profile, Section
from selfcare.services import contracts, months
from selfcare.services.contracts import ContractRefused, NewContract
from selfcare.services.users.members import NewMember
from selfcare.services.users.refusals import Refusal

contracts_group = AppGroup("contracts", help="Contracts, for the operator.")


@contracts_group.command("create")
@click.argument("ref")
@click.option("--name", required=True, help="Its name, like SI_Prod.")
@click.option("--platform-id", default="", help="Its platform, like FCE_SI_qualif.")
@click.option("--customer", required=True, help="The customer's code, like HONEY1655.")
@click.option("--company", required=True, help="The customer's name, where it is new.")
@click.option("--siren", default="", help="Its SIREN, where it is new: invoices are held to it.")
@click.option("--offer", default="Flexible Engine", show_default=True)
@click.option("--console/--no-console", default=True, help="For a new offer: has it a console?")
@click.option("--login", required=True, help="The referent's login.")
@click.option("--email", required=True, help="The referent's address; known ones are kept.")
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--title", type=click.Choice(["madam", "sir"]), default="madam", show_default=True)
@click.option("--mobile", required=True, help="The referent's mobile phone.")
@click.option("--locale", type=click.Choice(LOCALES), default="fr", show_default=True)
def create(
    *,
    ref: str,
    name: str,
    platform_id: str,
    customer: str,
    company: str,
    siren: str,
    offer: str,
    console: bool,
    login: str,
    email: str,
    first_name: str,
    last_name: str,
    title: str,
    mobile: str,
    locale: str,
) -> None:
    """Open the contract REF: its customer, its referent with the mails, its console."""
    new = NewContract(
        ref=ref,
        name=name,
        platform_id=platform_id,
        customer_code=customer,
        customer_name=company,
        siren="".join(siren.split()),
        offer=offer,
        has_console=console,
        starts_on=months.today(),
    )
    referent = _referent(
        civility=title,
        last_name=last_name,
        first_name=first_name,
        login=login,
        email=email,
        mobile=mobile,
        locale=locale,
    )
    try:
        contracts.create(new, referent)
    except (ContractRefused, Refusal) as refused:
        raise click.ClickException(str(refused) or type(refused).__name__) from None
    db.session.commit()
    click.echo(f"{ref} is open; {referent.email} gets the access mail.")


def _referent(**given: str) -> NewMember:
    """The person named, checked by the rules of the users section (USERS-2)."""
    with speaking("en"):
        form = NewMemberCheck(formdata=MultiDict(given))
        form.validate()
        wrong = [f"{name}: {text}" for name, texts in form.errors.items() for text in texts]
    if wrong:
        raise click.ClickException("; ".join(wrong))
    return form.new_member()


@contracts_group.command("vat")
@click.argument("ref")
@click.argument("rate")
def vat(ref: str, rate: str) -> None:
    """Give the contract REF a VAT RATE of its own in per cent (8.5), or `default` again.

    Pre-invoices whose month is not invoiced yet are made anew.
    """
    try:
        own = None if rate == "default" else Decimal(rate.replace(",", "."))
        contracts.set_vat_rate(ref, own)
    except InvalidOperation:
        raise click.ClickException(f"{rate!r} is not a number") from None
    except ContractRefused as refused:
        raise click.ClickException(str(refused)) from None
    db.session.commit()
    click.echo(f"{ref.upper()}: {'the setting VAT_RATE' if own is None else f'{own} %'}.")


@contracts_group.command("siren")
@click.argument("ref")
@click.argument("siren")
def siren(ref: str, siren: str) -> None:
    """Say by its SIREN which company has the contract REF, or `none`.

    It is the customer's, so it holds for all its contracts: invoices of another buyer (BT-47) are
    refused.
    """
    try:
        customer = contracts.set_siren(ref, None if siren == "none" else "".join(siren.split()))
    except ContractRefused as refused:
        raise click.ClickException(str(refused)) from None
    db.session.commit()
    click.echo(f"{customer.name} ({customer.code}): SIREN {customer.siren or 'unknown'}.")


@contracts_group.command("roles")
@click.argument("ref")
@click.argument("login")
@click.argument("changes", nargs=-1, required=True)
def roles(ref: str, login: str, changes: tuple[str, ...]) -> None:
    """Give LOGIN other roles on the contract REF: `orders=visitor console=admin,guest`.

    Sections that are not named stay as they are; `console=` takes every console role away.
    """
    asked = dict(change.partition("=")[::2] for change in changes)
    console = asked.pop("console", None)
    try:
        profiles = {Section(section): Profile(profile) for section, profile in asked.items()}
        names = None if console is None else [name for name in console.split(",") if name]
        contracts.give_roles(ref, login, profiles, names)
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from None
    except (ContractRefused, Refusal) as refused:
        raise click.ClickException(str(refused) or type(refused).__name__) from None
    db.session.commit()
    click.echo(f"{login} has these roles now, and a mail that says so.")
