"""`flask demo`: sample data for a portal that somebody tries out or measures.

What the commands need is imported when they run: `app.py` brings them to every process.
"""

from __future__ import annotations

import os
import time

import click
from flask.cli import AppGroup

from selfcare import config
from selfcare.database import db

demo = AppGroup("demo", help="Sample data.")

_force = click.option("--force", is_flag=True, help="Even into a portal that people use.")


@demo.command("seed")
@_force
def seed(*, force: bool) -> None:
    """Add the people, contracts, orders and subscriptions of the user guide.

    Twice does no harm: what is there stays as it is.
    """
    from demo import console_client, papers  # noqa: PLC0415
    from demo import seed as sample  # noqa: PLC0415

    _protect(force=force)
    added = sample.seed()
    papers.add()
    if secret := os.environ.get("CONSOLE_CLIENT_SECRET"):
        console_client.register(config.current().console_url, secret=secret)
    db.session.commit()
    click.echo(f"Added: {', '.join(added)}." if added else "The sample data are there already.")


@demo.command("grow")
@click.option("--contracts", type=click.IntRange(0), default=0, help="New contracts.")
@click.option("--people", type=click.IntRange(0), help="New people [3 for each new contract].")
@click.option("--orders", type=click.IntRange(0), default=0, help="New orders.")
@click.option("--subscriptions", type=click.IntRange(0), default=0, help="Of the new orders.")
@click.option("--contract", metavar="REF", help="Put everything on this contract.")
@click.option("--seed", "seed_", default=1, help="Other numbers make other data.")
@_force
def grow(
    *,
    contracts: int,
    people: int | None,
    orders: int,
    subscriptions: int,
    contract: str | None,
    seed_: int,
    force: bool,
) -> None:
    """Fill the database with believable rows, millions if wanted; all of them or none."""
    from demo import grow as growing  # noqa: PLC0415

    _protect(force=force)
    growth = growing.Growth(
        contracts=contracts,
        people=3 * contracts if people is None else people,
        orders=orders,
        subscriptions=subscriptions,
        contract=contract,
        seed=seed_,
    )
    started = time.monotonic()
    try:
        with click.progressbar(length=growth.rows, label="Rows", show_pos=True) as bar:
            growing.grow(growth, progress=bar.update)
    except growing.GrowthRefusedError as refusal:
        raise click.ClickException(str(refusal)) from None
    seconds = time.monotonic() - started
    click.echo(f"{growth.rows} rows in {seconds:.1f} s: {growth.rows / seconds:.0f} a second.")


def _protect(*, force: bool) -> None:
    """Refuse to mix sample data with what people really do.

    Raises:
        ClickException: the portal is not a demo: others reach it, or no demo made its accounts.
    """
    from demo.seed import strangers  # noqa: PLC0415

    settings = config.current()
    if force or settings.demo:
        return
    if not settings.is_local:
        raise click.ClickException(
            f"{settings.portal_url} is an address that others reach, and this is not said to be a"
            " demo: nothing was added. Set DEMO=1 if it is one, or say --force."
        )
    count = strangers()
    db.session.rollback()  # what follows has a transaction of its own
    if count:
        raise click.ClickException(
            f"{count} account(s) here are not the demo's, so this looks like a portal that people"
            " use: nothing was added. Set DEMO=1 if it is a demo, or say --force."
        )
