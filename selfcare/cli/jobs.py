"""`flask jobs`: what workers have to do."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from redis import RedisError

from selfcare.background import overview
from selfcare.cli.printing import as_json, print_rows


@click.command("jobs")
@as_json
@with_appcontext
def jobs(*, as_json: bool) -> None:
    """Print what waits in each queue, each kind of wish by state, and the workers alive.

    Exit status 1: Redis is away, or no worker is alive.
    """
    print_rows(overview.wishes(), as_json=as_json)
    try:
        waiting, workers = overview.queues(), overview.workers()
    except RedisError as problem:
        raise click.ClickException(f"Redis is away: {problem}") from None
    if not as_json:
        click.echo()
    print_rows(waiting, as_json=as_json)
    if not as_json:
        click.echo()
    print_rows(workers, as_json=as_json, nothing="No worker is alive.")
    if not workers:
        raise SystemExit(1)
