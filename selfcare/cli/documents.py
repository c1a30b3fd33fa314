"""`flask documents`: the document store, for the operator."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from selfcare import config
from selfcare.cli.printing import as_json, refusing, say
from selfcare.database import db
from selfcare.services import documents
from selfcare.services.documents import StoreAway
from selfcare.services.documents import check as document_check
from selfcare.services.safety import audit

documents_group = AppGroup("documents", help="The document store, for the operator.")


@documents_group.command("own")
@as_json
def own(*, as_json: bool) -> None:
    """Make the store this portal's, after its address has changed or its data were moved.

    Never where another portal still uses it: each would delete the other's documents.
    """
    with refusing(StoreAway):
        documents.store().own()
    name = config.current().own_name
    audit.record("store.owned", actor=None, subject=name)
    db.session.commit()
    say(f"The document store belongs to {name}.", as_json=as_json, owner=name)


@documents_group.command("check")
@click.option("--delete-orphans", is_flag=True, help="Delete documents that no row names.")
@as_json
def check(*, delete_orphans: bool, as_json: bool) -> None:
    """Compare the store with the database: what lies there unreachable, what is missing.

    Not while something is being loaded: a document is put a moment before its row is committed.
    """
    with refusing(StoreAway):
        found = document_check.check()
        deletes = bool(delete_orphans and found.orphans)
        deleted = document_check.delete(found.orphans) if deletes else 0
    if deletes:
        audit.record("store.cleaned", actor=None, details={"count": deleted})
        db.session.commit()
    for key in found.orphans:
        facts = {"document": key, "problem": "orphan", "deleted": deletes}
        say(f"? {key}: no row names it", as_json=as_json, **facts)
    for key in found.lost:
        say(f"✗ {key}: missing", as_json=as_json, document=key, problem="missing")
    if not as_json:
        click.echo(f"{len(found.orphans)} orphans, {len(found.lost)} missing.")
        if deletes:
            click.echo(f"{deleted} orphans deleted.")
    if found.lost:
        raise SystemExit(1)
