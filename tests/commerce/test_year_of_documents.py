"""INVOICES-1: a year of documents as one file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, Contract, Invoice
from selfcare.rights import Profile
from selfcare.services.documents import DocumentMissing
from selfcare.services.invoices import years
from selfcare.services.safety.exports import Turn
from tests.cast import account_of
from tests.commerce.test_invoice_pages import INVOICES, add

__all__ = ["add"]
pytestmark = pytest.mark.usefixtures("store")
YEAR = f"{INVOICES}/years/2017.zip"


def test_invoices_1_one_file_holds_a_year_each_document_under_its_name(paul, add):
    add("FA-0", issued_on=date(2016, 12, 31))
    add("AV-1", issued_on=date(2017, 12, 31), is_credit_note=True)
    add("FA-1", issued_on=date(2017, 1, 1))
    answer = paul.get(YEAR)
    assert answer.response.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="invoices-OCB0000124-2017.zip"'
    )
    assert "no-store" in answer.headers["Cache-Control"]
    with ZipFile(BytesIO(answer.response.data)) as file:
        assert file.testzip() is None
        assert file.namelist() == [
            "Invoice-OCB0000124-2017-01-FA-1.pdf",
            "Credit-note-OCB0000124-2017-12-AV-1.pdf",
        ]
        assert file.read(file.namelist()[0]).startswith(b"%PDF-")


def test_invoices_1_two_documents_of_one_name_are_both_there(paul, add):
    add("FA/1")
    add("FA-1")
    with ZipFile(BytesIO(paul.get(YEAR).response.data)) as file:
        assert file.namelist() == [
            "Invoice-OCB0000124-2017-01-FA-1.pdf",
            "Invoice-OCB0000124-2017-01-FA-1-2.pdf",
        ]


def test_invoices_1_a_missing_document_is_said_and_no_file_made(paul, add, store, app):
    add("FA-1")
    lost = add("FA-2", lines=(("x", Decimal(1)),))
    with app.app_context():
        store.delete(db.session.get_one(Invoice, lost).pdf_key)
    page = paul.get(YEAR)
    assert page.status == 303
    after = paul.get(page.location)
    assert "documents of 2017 are missing (FA-2)" in after.one(".notice.bad").get_text()
    assert paul.get(YEAR).status == 303, "the turn was given back"


def test_invoices_1_a_document_that_goes_while_it_is_packed_ends_the_file(app, paul, add, store):
    add("FA-1")
    add("FA-2", lines=(("x", Decimal(1)),))
    with app.app_context():
        rows = years.papers(db.session.execute(select(Contract.id)).scalar_one(), 2017)
        store.delete(rows[1].pdf_key)
        parts = years.packed(rows, lambda row: row.number)
        assert next(parts).startswith(b"PK")
        with pytest.raises(DocumentMissing):
            next(parts)


@pytest.mark.parametrize("bound", ["MOST", "LARGEST"])
def test_invoices_1_a_year_too_large_for_one_file_is_said_to_be(paul, add, monkeypatch, bound):
    add("FA-1")
    add("FA-2")
    monkeypatch.setattr(years, bound, 1)
    page = paul.get(paul.get(YEAR).location)
    assert "too many documents for one file" in page.one(".notice.bad").get_text()


def test_invoices_1_one_file_at_a_time(app, paul, add):
    add("FA-1")
    with app.app_context():
        turn = Turn(account_of("paul.dupont").id)
    try:
        assert paul.get(YEAR).status == 429
    finally:
        with app.app_context():
            turn.end()
    assert paul.get(YEAR).status == 200


def test_invoices_1_only_years_with_documents_are_offered(paul, add):
    add("FA-1", issued_on=date(2017, 1, 1))
    add("FA-2", issued_on=date(2019, 12, 31))
    assert paul.get(INVOICES).texts(".links a") == ["2019", "2017"]
    assert paul.get(f"{INVOICES}/years/2018.zip").status == 404
    assert paul.get(f"{INVOICES}/years/99999.zip").status == 404


def test_rights_a_year_is_for_those_who_may_read_invoices(app, paul, add, cast, browse_as):
    add("FA-1")
    cast.member("sophie.dupont", invoices=Profile.VISITOR)
    assert browse_as("sophie.dupont").get(YEAR).status == 403
    cast.member("autre.client", ref="OCB0000777", referent=True)
    stranger = browse_as("autre.client")
    assert stranger.get(YEAR).status == 404
    assert stranger.get("/contracts/OCB0000777/invoices/years/2017.zip").status == 404
    paul.get(YEAR)
    with app.app_context():
        subjects = select(AuditEntry.subject).where(AuditEntry.action == "document.opened")
        assert db.session.execute(subjects).scalars().all() == ["invoices-OCB0000124-2017.zip"]
