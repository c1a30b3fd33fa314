"""`flask catalogue`: publish the services and their prices."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from flask.cli import AppGroup

from selfcare.cli.printing import as_json, say
from selfcare.database import db
from selfcare.services.catalogue import publishing
from selfcare.services.files.problems import Problems
from selfcare.services.safety import audit

catalogue_group = AppGroup("catalogue", help="The services customers can order.")


@catalogue_group.command("load")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check and report, change nothing.")
@as_json
def load(path: Path, *, dry_run: bool, as_json: bool) -> None:
    """Load one catalogue file, or every *.toml of a folder: all of them or none."""
    try:
        done = publishing.load(publishing.files_in(path))
    except Problems as bad:
        db.session.rollback()
        for problem in bad.problems:
            click.echo(f"✗ {problem}", err=True)
        raise click.ClickException("nothing was loaded") from None
    for service in done:
        said = (
            f"✓ {service.slug}: {service.outcome}, version {service.version},"
            f" {service.prices} prices"
        )
        say(said, as_json=as_json, **dataclasses.asdict(service), dry_run=dry_run)
    for slug in publishing.unmentioned(done) if path.is_dir() else ():
        said = f"· {slug}: in no file, stays offered (a file with withdrawn = true ends that)"
        say(said, as_json=as_json, slug=slug, outcome="unmentioned", dry_run=dry_run)
    if dry_run:
        db.session.rollback()
        if not as_json:
            click.echo("Dry run: nothing was changed.")
    else:
        changed = [one.slug for one in done if one.outcome is not publishing.Outcome.UNCHANGED]
        if changed:
            audit.record("catalogue.loaded", actor=None, details={"services": changed})
        db.session.commit()
