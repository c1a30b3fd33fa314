"""INVOICES-1: what is to be paid, by when, and what the portal cannot know."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Invoice, InvoiceKind, InvoiceReference
from selfcare.services.invoices import due
from selfcare.services.spending import overview
from tests.commerce.test_invoice_pages import INVOICES, add

__all__ = ["add"]
pytestmark = pytest.mark.usefixtures("store")

TODAY = date(2026, 11, 28)


@pytest.fixture
def put(app, paul):
    """An invoice by its number: `put("FA-1", days=9)` is to be paid in nine days."""

    def run(number: str, *, days: int | None, of: str = "", **values: object) -> None:
        with app.app_context():
            one = Invoice(
                number=number,
                contract_id=db.session.execute(select(Contract.id)).scalar_one(),
                due_on=TODAY + timedelta(days=days) if days is not None else None,
                currency="EUR",
                digest=number,
                pdf_key=number,
                pdf_size=1,
                **{
                    "issued_on": TODAY - timedelta(days=20),
                    "net": Decimal(100),
                    "vat": Decimal(20),
                    "gross": Decimal(120),
                    **values,
                },
            )
            db.session.add(one)
            db.session.flush()
            if of:
                db.session.add(InvoiceReference(invoice_id=one.id, number=of))
            db.session.commit()

    return run


@pytest.fixture
def to_pay(app):
    def read() -> list[str]:
        with app.app_context():
            contract_id = db.session.execute(select(Contract.id)).scalar_one()
            return [one.number for one in due.of_contract(contract_id, TODAY).to_pay]

    return read


def test_invoices_1_what_is_due_first_comes_first(put, to_pay):
    put("FA-1", days=9)
    put("FA-2", days=0)
    put("FA-3", days=30)
    assert to_pay() == ["FA-2", "FA-1", "FA-3"]


def test_invoices_1_only_the_newest_is_said_to_be_late(put, to_pay):
    """The portal knows no payments: an older one was settled, as far as it can tell."""
    put("FA-1", days=-30, issued_on=TODAY - timedelta(days=60))
    put("FA-2", days=-5)
    assert to_pay() == ["FA-2"]


@pytest.mark.parametrize(("days", "is_said"), [(-60, True), (-61, False)])
def test_invoices_1_a_delay_is_said_for_two_months(put, to_pay, days, is_said):
    put("FA-1", days=days, issued_on=TODAY - timedelta(days=90))
    assert bool(to_pay()) is is_said


@pytest.mark.parametrize(
    "values",
    [
        {"payable": Decimal(0)},
        {"paid": Decimal(120)},
        {"gross": Decimal(-120)},
        {"type_code": "325"},
        {"kind": InvoiceKind.CREDIT_NOTE, "type_code": "381", "gross": Decimal(-120)},
        {"issued_on": TODAY + timedelta(days=70)},
    ],
)
def test_invoices_1_what_asks_for_no_money_is_not_due(put, to_pay, values):
    put("FA-1", days=30, **values)
    assert to_pay() == []


def test_invoices_1_a_correction_takes_the_place_of_what_it_corrects(put, to_pay):
    put("FA-1", days=9)
    put("FA-1R", days=9, of="FA-1", type_code="384")
    assert to_pay() == ["FA-1R"]


def test_invoices_1_what_was_corrected_counts_once(app, put):
    put("FA-1", days=9)
    put("FA-1R", days=9, of="FA-1", type_code="384", net=Decimal(90))
    with app.app_context():
        contract_id = db.session.execute(select(Contract.id)).scalar_one()
        (spend,) = overview.of_contract(contract_id, TODAY)
    assert [one.invoiced for one in spend.months if one.invoiced] == [Decimal(90)]


@pytest.mark.parametrize(("gross", "left"), [(-120, []), (-20, ["FA-1"])])
def test_invoices_1_a_credit_note_of_all_of_it_settles_an_invoice(
    put, to_pay, browse_as, gross, left
):
    put("FA-1", days=9)
    credit = {"kind": InvoiceKind.CREDIT_NOTE, "type_code": "381", "gross": Decimal(gross)}
    put("AV-1", days=None, of="FA-1", **credit)
    assert to_pay() == left
    with time_machine.travel("2026-11-28T12:00:00Z", tick=False):
        said = "A credit note refers to it" in browse_as("paul.dupont").get(INVOICES).words
    assert said is bool(left)


@time_machine.travel("2026-11-28T12:00:00Z", tick=False)
@pytest.mark.parametrize(
    ("days", "said"),
    [
        (9, "FA-1, due on 7 December 2026"),
        (0, "FA-1, due today"),
        (-1, "FA-1, overdue by 1 day (27/11/2026)"),
        (-5, "FA-1, overdue by 5 days (23/11/2026)"),
        (None, "FA-1, no due date on it"),
    ],
)
def test_invoices_1_the_due_day_is_said_in_words(put, browse_as, days, said):
    put("FA-1", days=days)
    page = browse_as("paul.dupont").get(INVOICES)
    assert page.texts(".big")[0] == "€120.00 incl. tax"
    assert said in page.words
    assert ("does not see your payments" in page.words) is (days is not None and days < 0)
    assert str(page.one(".card a.button.primary")["href"]).endswith("/pdf")


@time_machine.travel("2026-11-28T12:00:00Z", tick=False)
def test_invoices_1_the_latest_is_shown_where_nothing_is_due(put, browse_as):
    put("FA-1", days=-200, issued_on=TODAY - timedelta(days=230))
    page = browse_as("paul.dupont").get(INVOICES)
    assert "Your latest invoice" in page.words
    assert page.texts(".big")[0] == "€100.00 excl. tax"


def test_invoices_1_an_invoice_of_another_contract_settles_nothing(app, put, to_pay, cast):
    put("FA-1", days=9)
    cast.contract("OCB0000777")
    with app.app_context():
        other = select(Contract.id).where(Contract.ref == "OCB0000777")
        stranger = db.session.execute(other).scalar_one()
        one = Invoice(
            number="X",
            contract_id=stranger,
            issued_on=TODAY,
            type_code="384",
            net=1,
            vat=0,
            gross=1,
            currency="EUR",
            digest="X",
            pdf_key="X",
            pdf_size=1,
        )
        db.session.add(one)
        db.session.flush()
        db.session.add(InvoiceReference(invoice_id=one.id, number="FA-1"))
        db.session.commit()
        mine = db.session.execute(select(Contract.id).where(Contract.ref == "OCB0000124"))
        found = due.of_contract(mine.scalar_one(), TODAY).to_pay
    assert [one.number for one in found] == ["FA-1"]
