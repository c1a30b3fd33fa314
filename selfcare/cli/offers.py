"""`flask offers`: the kinds of contract there are (STAFF-3)."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from selfcare.cli.printing import as_json, print_rows, refusing, say, stream
from selfcare.database import db
from selfcare.models import Contract, Offer
from selfcare.services.contracts import offers
from selfcare.services.contracts.refusals import ContractRefused

offers_group = AppGroup("offers", help="Offers: the kinds of contract there are.")


@offers_group.command("list")
@as_json
def list_offers(*, as_json: bool) -> None:
    """Print the offers, and how many contracts have each."""
    found = select(
        Offer.code,
        Offer.name,
        Offer.has_console.label("console"),
        select(func.count())
        .where(Contract.offer_id == Offer.id)
        .scalar_subquery()
        .label("contracts"),
        Offer.document_space_url.label("document_space"),
        Offer.support_phone,
        Offer.support_email,
    ).order_by(Offer.code)
    print_rows(stream(found), as_json=as_json, nothing="There is none yet: flask offers set")


@offers_group.command("set")
@click.argument("code")
@click.option("--name", help="As customers read it; needed for a new one.")
@click.option("--console/--no-console", default=None, help="Has it a technical console? [yes]")
@click.option(
    "--document-space", "document_space_url", help="« Espace documentaire »; '' for none."
)
@click.option("--support-phone", help="Its own support's phone; '' for everybody's.")
@click.option("--support-email", help="Its own support's address; '' for everybody's.")
@click.option("--new", "anew", is_flag=True, help="Make it, whatever others are called.")
@as_json
def set_offer(
    *,
    code: str,
    name: str | None,
    console: bool | None,
    document_space_url: str | None,
    support_phone: str | None,
    support_email: str | None,
    anew: bool,
    as_json: bool,
) -> None:
    """Make the offer CODE, like flexible-engine, or change it; what is left out stays."""
    with refusing(ContractRefused):
        offer = offers.put(
            code,
            name=name,
            has_console=console,
            anew=anew,
            document_space_url=document_space_url,
            support_phone=support_phone,
            support_email=support_email,
        )
    db.session.commit()
    has = "with" if offer.has_console else "without"
    say(
        f"{offer.name} ({offer.code}): {has} a console.",
        as_json=as_json,
        code=offer.code,
        name=offer.name,
        console=offer.has_console,
    )
