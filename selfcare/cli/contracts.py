"""`flask contracts`: opening and changing contracts, for the operator (STAFF-3)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import and_, func, select

from selfcare.cli.members import new_member
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
