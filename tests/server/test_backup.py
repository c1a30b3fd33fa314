"""Backing up and restoring as docs/deploy.md says it, on both kinds of database."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from demo.servers import postgres_binaries
from selfcare import create_app
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import ConsoleAccess, Contract
from selfcare.services.console import converging, looking
from selfcare.services.documents.object_store import ObjectStore
from tests.browsing import Browser

BACK_UP = {
    "postgresql": 'pg_dump "$DATABASE_URL" --format=custom --file=portal.dump',
    "sqlite": 'sqlite3 "$DATABASE_FILE" ".backup portal-copy.db"',
}
RESTORE = {
    "postgresql": 'pg_restore --dbname="$DATABASE_URL" --no-owner --exit-on-error portal.dump',
    "sqlite": 'cp portal-copy.db "$DATABASE_FILE"',
}


def run(line: str, url: str, folder: Path) -> None:
    """Run a line of the document, in a folder of the test's own."""
    assert line in (ROOT / "docs" / "deploy.md").read_text()
    parts = make_url(url)
    variables = {"DATABASE_URL": url, "DATABASE_FILE": parts.database or ""}
    path = os.environ["PATH"]
    if parts.get_backend_name() == "postgresql":
        path = f"{postgres_binaries()}:{path}"
    subprocess.run(line, shell=True, check=True, cwd=folder, env=variables | {"PATH": path})


@pytest.fixture
def elsewhere(settings, tmp_path):
    """The address of an empty database to restore into."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.db"
        return
    name = f"{url.database}_restored"
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.needs("sqlite3")
def test_operable_a_backup_is_restored_and_the_console_compared(
    app, settings, cast, ref, stand_in_iam, worker, mailing, tmp_path, elsewhere
):
    kind = make_url(settings.database_url).get_backend_name()
    cast.referent(ref=ref)
    cast.member("sophie.dupont", ref=ref, console_roles=["guest"], console_state="queued")
    order = cast.order(ref=ref)
    (tmp_path / "documents").mkdir()
    documents = ObjectStore(f"file://{tmp_path}/documents")
    documents.put("invoices/one.pdf", b"%PDF-")
    with app.app_context():
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        converging.converge.after_commit(access.id)
        db.session.commit()
    worker.run()
    assert stand_in_iam.groups_of(ref, "sophie.dupont") == {"guest"}

    run(BACK_UP[kind], settings.database_url, tmp_path)
    shutil.copytree(tmp_path / "documents", tmp_path / "copy")
    cast.order(ref=ref)  # what comes later is lost
    stand_in_iam.delete_user(ref, "sophie.dupont")
    documents.delete("invoices/one.pdf")

    run(RESTORE[kind], elsewhere, tmp_path)
    again = create_app(
        dataclasses.replace(
            settings, database_url=elsewhere, documents_url=f"file://{tmp_path}/copy"
        )
    )
    again.testing = True
    again.extensions["iam"] = stand_in_iam
    done = again.test_cli_runner().invoke(args=["documents", "check"])
    assert "0 missing" in done.output
    assert ObjectStore(f"file://{tmp_path}/copy").get("invoices/one.pdf") == b"%PDF-"
    paul = Browser(again).sign_in_as("paul.dupont")
    listed = paul.get(f"/contracts/{ref}/orders")
    assert order in listed.words
    assert len(listed.all("tbody tr")) == 1
    with again.app_context():
        contract_id = db.session.execute(select(Contract.id)).scalar_one()
    with again.app_context():
        looking.look(contract_id)
    with again.app_context():
        drift = db.session.execute(select(ConsoleAccess)).scalar_one().drift
        assert drift
        assert drift.gone
    assert "changed in the console" in paul.get(f"/contracts/{ref}/users").words
    with again.app_context():
        db.dispose()
