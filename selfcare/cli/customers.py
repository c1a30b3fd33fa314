"""`flask customers`: the companies that have contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, or_, select

from selfcare.cli.printing import as_json, most, print_rows, refusing, say, stream
from selfcare.database import db
from selfcare.models import Contract, Customer
from selfcare.services.contracts import customers
from selfcare.services.contracts.refusals import ContractRefused

customers_group = AppGroup("customers", help="Companies, which have contracts.")


def company_details(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that changes a company."""
    for option in (
        click.option("--address", help="Its postal address."),
        click.option("--vat-number", help="Like FR83404833048; '' forgets it."),
        click.option("--siren", help="Nine digits; '' forgets it. Invoices are held to it."),
        click.option("--name", help="As pages and mails call it."),
    ):
        command = option(command)
    return command


@customers_group.command("list")
@click.argument("search", required=False, default="")
@most
@as_json
def list_customers(*, search: str, limit: int | None, as_json: bool) -> None:
    """Print customers by code; SEARCH is looked for in code and name."""
    found = (
        select(
            Customer.code,
            Customer.name,
            Customer.siren,
            Customer.vat_number,
            select(func.count())
            .where(Contract.customer_id == Customer.id)
            .scalar_subquery()
            .label("contracts"),
        )
        .where(
            or_(
                Customer.code.icontains(search, autoescape=True),
                Customer.name.icontains(search, autoescape=True),
            )
        )
        .order_by(Customer.code)
        .limit(limit)
    )
    print_rows(stream(found), as_json=as_json, nothing="No such customer.")


@customers_group.command("set")
@click.argument("code")
@company_details
@as_json
def set_customer(*, code: str, as_json: bool, **details: str | None) -> None:
    """Change what is known of the company CODE, in all its contracts; what is left out stays.

    Invoices of another buyer (BT-47) than its SIREN says are refused.
    """
    with refusing(ContractRefused):
        customer = customers.known(code)
        set_details(customer, details, as_json=as_json)


def set_details(customer: Customer, details: dict[str, str | None], *, as_json: bool) -> None:
    """Change what is given, and say what is known now."""
    if all(value is None for value in details.values()):
        raise click.UsageError("say what to change: --name, --siren, --vat-number, --address")
    customers.change(customer, **details)
    db.session.commit()
    siren = f"SIREN {customer.siren or 'unknown'}"
    say(
        f"{customer.name} ({customer.code}): {siren}, VAT number"
        f" {customer.vat_number or 'unknown'}, address {customer.address or 'unknown'}.",
        as_json=as_json,
        code=customer.code,
        name=customer.name,
        siren=customer.siren,
        vat_number=customer.vat_number,
        address=customer.address,
    )
