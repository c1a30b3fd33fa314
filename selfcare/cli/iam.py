"""`flask iam`: whether the portal's settings reach the console."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from selfcare.services import iam
from selfcare.services.iam.errors import IamProblem

iam_group = AppGroup("iam", help="The technical console's IAM.")


@iam_group.command("check")
def check() -> None:
    """Say whether the IAM_* settings work, and what the service account may do."""
    failures = 0
    try:
        for finding in iam.iam().findings():
            click.echo(f"{'ok ' if finding.good else 'NO '} {finding.sentence}")
            failures += not finding.good
    except IamProblem as problem:
        raise click.ClickException(str(problem)) from None
    if failures:
        raise click.ClickException("console accounts cannot be made with these settings")
