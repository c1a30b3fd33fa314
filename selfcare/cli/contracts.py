"""`flask contracts`: opening and changing contracts, for the operator (STAFF-3)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

import click
from flask.cli import AppGroup
from sqlalchemy import and_, func, select

from selfcare.cli.members import new_member
from selfcare.cli.printing import (
    as_json,
    matching,
    most,
    plural,
    print_facts,
    print_rows,
    refusing,
    say,
    stream,
)
from selfcare.database import db
from selfcare.models import (
    CIVILITIES,
    LOCALES,
    Account,
    Contract,
    ContractConsole,
    Customer,
    Membership,
    Offer,
)
from selfcare.rights import Profile, Section
from selfcare.services import months
from selfcare.services.contracts import opening, terms
from selfcare.services.contracts.opening import NewContract
from selfcare.services.contracts.refusals import ContractRefused
from selfcare.services.users.refusals import Refusal

contracts_group = AppGroup("contracts", help="Contracts: opened, changed, ended.")


@contracts_group.command("list")
@click.argument("search", required=False, default="")
@click.option("--customer", help="Only this customer's.")
@most
@as_json
def list_contracts(*, search: str, customer: str | None, limit: int | None, as_json: bool) -> None:
    """Print contracts; SEARCH is looked for in reference, name and platform."""
    found = (
        select(
            Contract.ref,
            Contract.name,
            Customer.code.label("customer"),
            Customer.name.label("company"),
            Offer.name.label("offer"),
            Account.login.label("referent"),
            ContractConsole.told.label("console"),
            Contract.starts_on,
            Contract.ends_on,
        )
        .join(Contract.customer)
        .join(Contract.offer)
        .outerjoin(Membership, and_(Membership.contract_id == Contract.id, Membership.is_referent))
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(ContractConsole, ContractConsole.contract_id == Contract.id)
        .where(matching(Contract.search_text, search))
    )
    if customer:
        found = found.where(Customer.code == customer.upper())
    ordered = found.order_by(Contract.ref).limit(limit)
    print_rows(stream(ordered), as_json=as_json, nothing="No such contract.")


@contracts_group.command("show")
@click.argument("ref")
@as_json
def show(*, ref: str, as_json: bool) -> None:
    """Print what is known of the contract REF: company, offer, referent, users, console."""
    with refusing(ContractRefused):
        contract = terms.known(ref)
    referent = db.session.execute(
        select(Account.login)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract.id, Membership.is_referent)
    ).scalar_one_or_none()
    users = select(func.count()).where(Membership.contract_id == contract.id)
    console = db.session.get(ContractConsole, contract.id)
    facts = {
        "ref": contract.ref,
        "name": contract.name,
        "platform": contract.platform_id,
        "customer": contract.customer.code,
        "company": contract.customer.name,
        "siren": contract.customer.siren,
        "vat_number": contract.customer.vat_number,
        "address": contract.customer.address,
        "offer": contract.offer.name,
        "referent": referent,
        "users": db.session.execute(users).scalar_one(),
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "vat_rate": contract.vat_rate,
        "console": console.told if console else None,
        "console_problem": console.problem if console else None,
        "console_says": console.detail if console else None,
        "console_looked_at": console.looked_at if console else None,
    }
    print_facts(facts, as_json=as_json)


@contracts_group.command("create")
@click.argument("ref")
@click.option("--name", required=True, help="Its name, like SI_Prod.")
@click.option("--platform-id", default="", help="Its platform, like FCE_SI_qualif.")
@click.option("--customer", required=True, help="The customer's code, like HONEY1655.")
@click.option("--company", default="", help="The customer's name; needed where it is new.")
@click.option("--siren", default="", help="Its SIREN, where it is new: invoices are held to it.")
@click.option("--offer", required=True, help="One of `flask offers list`.")
@click.option("--login", required=True, help="The referent's login.")
@click.option("--email", required=True, help="The referent's address; known ones are kept.")
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--title", type=click.Choice(CIVILITIES), default="madam", show_default=True)
@click.option("--mobile", required=True, help="The referent's mobile phone.")
@click.option("--locale", type=click.Choice(LOCALES), default="fr", show_default=True)
@as_json
def create(
    *,
    ref: str,
    name: str,
    platform_id: str,
    customer: str,
    company: str,
    siren: str,
    offer: str,
    login: str,
    email: str,
    first_name: str,
    last_name: str,
    title: str,
    mobile: str,
    locale: str,
    as_json: bool,
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
        starts_on=months.today(),
    )
    referent = new_member(
        civility=title,
        last_name=last_name,
        first_name=first_name,
        login=login,
        email=email,
        mobile=mobile,
        locale=locale,
    )
    with refusing(ContractRefused, Refusal):
        opening.create(new, referent)
    db.session.commit()
    said = f"{ref} is open; {referent.email} gets the access mail."
    say(said, as_json=as_json, ref=ref, email=referent.email)


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

    The former referent stays a user with the roles they had; both read so in a mail of their
    roles only where these change.
    """
    with refusing(ContractRefused, Refusal):
        membership = terms.set_referent(ref, login)
    db.session.commit()
    name = db.session.get_one(Account, membership.account_id).login
    said = f"{name} is the referent of {ref.upper()}."
    say(said, as_json=as_json, ref=ref.upper(), referent=name)


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
