"""INVOICES-1, INVOICES-2: the store away, a load killed, documents lost and left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from demo.factur_x import document
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import AuditEntry
from selfcare.services.documents.object_store import ObjectStore
from selfcare.services.invoices import loading
from selfcare.services.invoices.facturx import reading as facturx_reading
from tests.plugin_commerce import bill

INVOICES = "/contracts/OCB0000124/invoices"


@pytest.fixture
def s3_away(app, store):
    """S3 where nobody listens (the fixture `store` puts the former one back)."""
    app.extensions["documents"] = ObjectStore(
        "s3://papers",
        endpoint="http://127.0.0.1:9",
        region="x",
        access_key_id="x",
        secret_access_key="x",
    )


@pytest.fixture
def check(app):
    def run(*options: str) -> tuple[str, int]:
        done = app.test_cli_runner().invoke(args=["documents", "check", *options])
        return done.output, done.exit_code

    return run


class TestStoreAway:
    def test_invoices_1_a_customer_reads_what_is_wrong_and_what_to_do(
        self, papers, s3_away, app, browse_as
    ):
        def opened() -> int:
            with app.app_context():
                return db.session.execute(
                    select(func.count()).where(AuditEntry.action == "document.opened")
                ).scalar_one()

        before = opened()
        paul = browse_as("paul.dupont")
        paths = [f"{papers['invoice_id']}/pdf", f"{papers['invoice_id']}/xml"]
        for path in (*paths, "usage/2016-09/report.csv", "usage/2016-09/pre-invoice.pdf"):
            page = paul.get(f"{INVOICES}/{path}")
            assert page.status == 503
            assert page.texts("h1") == ["This document cannot be opened right now"]
            assert "Nothing is lost" in page.words
            assert page.headers["Retry-After"] == "30"
        assert opened() == before, "nobody opened anything"
        assert paul.get(INVOICES).status == 200, "the rest works"
        assert paul.get(f"{INVOICES}/{papers['invoice_id']}").status == 200

    def test_invoices_2_an_operator_reads_that_nothing_was_loaded(
        self, load, invoices, s3_away, tmp_path
    ):
        (tmp_path / "one.pdf").write_bytes(document(bill()))
        output, code = load(tmp_path / "one.pdf")
        assert code == 1
        assert "the document store does not answer as it should" in output
        assert invoices() == []

    def test_invoices_2_the_check_says_so_too(self, s3_away, check):
        output, code = check()
        assert code == 1
        assert "the document store does not answer as it should" in output


class TestCheck:
    def test_invoices_2_all_is_well(self, papers, check):
        assert check() == ("0 orphans, 0 missing.\n", 0)

    def test_invoices_2_finds_what_nobody_can_reach_and_deletes_it_when_told(
        self, papers, check, store, audited
    ):
        store.put("invoices/OCB0000124/left.pdf", b"x")
        output, code = check()
        assert code == 0
        assert audited("store.cleaned") == []
        assert "? invoices/OCB0000124/left.pdf: no row names it" in output
        output, code = check("--delete-orphans")
        assert "1 orphans deleted" in output
        assert [entry.details for entry in audited("store.cleaned")] == [{"count": 1}]
        assert "invoices/OCB0000124/left.pdf" not in list(store.keys())
        assert check() == ("0 orphans, 0 missing.\n", 0)

    def test_invoices_2_finds_what_is_missing(self, papers, check, store):
        lost = next(key for key in store.keys() if key.endswith(".xml"))  # noqa: SIM118
        store.delete(lost)
        output, code = check("--delete-orphans")
        assert code == 1
        assert f"✗ {lost}: missing" in output
        assert "0 orphans, 1 missing." in output


def test_invoices_2_a_document_without_its_row_is_taken_over_by_the_next_load(
    app, load, invoices, store, check, tmp_path
):
    """The process was killed after the put and before the commit."""
    pdf = document(bill())
    with app.app_context():
        loading.load(facturx_reading.read(pdf), pdf)
        db.session.rollback()
    assert "2 orphans, 0 missing." in check()[0]
    (tmp_path / "one.pdf").write_bytes(pdf)
    assert load(tmp_path / "one.pdf")[1] == 0
    assert len(invoices()) == 1
    assert check() == ("0 orphans, 0 missing.\n", 0)


# Run in front of the command: it dies as the sixth invoice's PDF is kept, and its row is not.
DYING = """
import os, signal
from flask.cli import main
from selfcare.services.documents.object_store import ObjectStore
put, kept = ObjectStore.put, []
def put_and_die(store, key, *rest, **more):
    put(store, key, *rest, **more)
    kept.append(key)
    if len([key for key in kept if key.endswith(".pdf")]) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
ObjectStore.put = put_and_die
main()
"""


@pytest.mark.slow
def test_invoices_2_a_load_that_is_killed_goes_on_where_it_was(
    app, settings, cast, store, invoices, check, tmp_path
):
    """A real process, killed at the worst moment."""
    cast.contract()
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number:02}.pdf").write_bytes(document(bill(f"K-{number:02}")))
    environment = {
        **os.environ,
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "DOCUMENTS_URL": f"file://{tmp_path / 'documents'}",
    }

    def load(*python: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *python, "invoices", "load", str(folder)]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    assert load("-c", DYING).returncode == -signal.SIGKILL
    assert len(invoices()) == 5
    assert check()[0].endswith("1 orphans, 0 missing.\n")
    again = load("-m", "flask")
    assert "5 loaded, 5 there already, 0 refused." in again.stdout
    assert len(invoices()) == 10
    assert check() == ("0 orphans, 0 missing.\n", 0)
