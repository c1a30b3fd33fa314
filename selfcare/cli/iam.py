"""`flask iam`: whether the portal's settings reach the console."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Offer
from selfcare.services.console import iam
from selfcare.services.console.iam.errors import IamProblem

iam_group = AppGroup("iam", help="The technical console's IAM.")


MARK = {True: "ok ", False: "NO ", None: "-- "}


@iam_group.command("check")
def check() -> None:
    """Say whether the IAM_* settings work, and what the service account may do."""
    failures = 0
    try:
        for finding in iam.iam().findings(_contracts()):
            click.echo(f"{MARK[finding.good]} {finding.sentence}")
            failures += finding.good is False
    except IamProblem as problem:
        raise click.ClickException(str(problem)) from None
    if failures:
        raise click.ClickException("console accounts cannot be made with these settings")


def _contracts() -> list[str]:
    """The contracts whose people may have console accounts."""
    with_console = select(Contract.ref).join(Contract.offer).where(Offer.has_console)
    return list(db.session.execute(with_console.order_by(Contract.ref)).scalars())
