"""`flask iam`: whether the settings reach the console, and what to do after mending it there."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare.cli.printing import as_json, plural, say
from selfcare.database import db
from selfcare.language.wording import CONSOLE_PROBLEM
from selfcare.models import Contract, Offer
from selfcare.services.console import iam, mending
from selfcare.services.console.iam.errors import IamProblem

iam_group = AppGroup("iam", help="The technical console's IAM.")


MARK = {True: "ok ", False: "NO ", None: "-- "}


@iam_group.command("check")
@as_json
def check(*, as_json: bool) -> None:
    """Say whether the IAM_* settings work, and what the service account may do.

    Exit status 1: console accounts cannot be made.
    """
    failures = 0
    try:
        for finding in iam.iam().findings(_contracts()):
            facts = {"good": finding.good, "sentence": finding.sentence}
            say(f"{MARK[finding.good]} {finding.sentence}", as_json=as_json, **facts)
            failures += finding.good is False
    except IamProblem as problem:
        raise click.ClickException(str(problem)) from None
    if failures:
        raise click.ClickException("console accounts cannot be made with these settings")


@iam_group.command("prepare")
@click.argument("ref", required=False)
@click.option("--all", "everything", is_flag=True, help="All contracts that have a console.")
@as_json
def prepare(*, ref: str | None, everything: bool, as_json: bool) -> None:
    """Have the domain, groups and roles of contract REF made in the console where they lack.

    For when something was deleted or taken away there. A worker does it; what is there stays.
    """
    if everything == bool(ref):
        raise click.UsageError("say REF, or --all")
    contract = _known(ref) if ref else None
    if contract and not contract.offer.has_console:
        raise click.ClickException(f"{contract.ref} has an offer without a console")
    count = mending.prepare(contract)
    db.session.commit()
    say(f"To be prepared: {plural(count, 'contract', 'contracts')}.", as_json=as_json, count=count)


@iam_group.command("retry")
@click.argument("ref", required=False)
@click.option(
    "--problem",
    type=click.Choice(sorted(CONSOLE_PROBLEM)),
    help="Only what came to nothing for this reason.",
)
@as_json
def retry(*, ref: str | None, problem: str | None, as_json: bool) -> None:
    """Try again now what the console did not take: accounts, and contracts that are not ready.

    Of contract REF, or of all. For when its reason was mended, so that nobody waits for hours.
    """
    count = mending.retry(_known(ref) if ref else None, problem=problem)
    db.session.commit()
    say(f"Tried again: {plural(count, 'wish', 'wishes')}.", as_json=as_json, tried_again=count)


def _known(ref: str) -> Contract:
    found = db.session.execute(
        select(Contract).filter_by(ref=ref.strip().upper()).options(joinedload(Contract.offer))
    ).scalar_one_or_none()
    if found is None:
        raise click.ClickException(f"there is no contract {ref}")
    return found


def _contracts() -> list[str]:
    """The contracts whose people may have console accounts."""
    with_console = select(Contract.ref).join(Contract.offer).where(Offer.has_console)
    return list(db.session.execute(with_console.order_by(Contract.ref)).scalars())
