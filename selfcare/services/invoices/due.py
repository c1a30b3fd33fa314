"""What a contract has to pay next, as far as its documents say (INVOICES-1).

The portal knows no payments. So an invoice is to be paid until its day is over; after that only
the newest one is, for a while, and its delay is said. An older one was settled, or is claimed by
those who know of payments.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from selfcare.database import among, db
from selfcare.models import CORRECTIONS, Invoice, InvoiceKind, InvoiceReference
from selfcare.services.invoices.loading import FORESEEN

LATE = timedelta(days=60)
"""How long the newest invoice is said to be late."""
LONGEST_TERMS = timedelta(days=366)
MOST = 5
PRO_FORMA = "325"
"""The type that asks for nothing yet."""


@dataclass(frozen=True)
class DueInvoice:
    """One invoice, as the box that asks for it shows it.

    Attributes:
        left: to pay, incl. tax.
        has_credit: a credit note names it, so that less may be owed.
    """

    id: int
    number: str
    type_code: str
    issued_on: date
    due_on: date | None
    net: Decimal
    left: Decimal
    gross: Decimal
    currency: str
    pdf_size: int
    has_credit: bool

    def days_until(self, today: date) -> int | None:
        """The days left to pay it; below zero it is late."""
        return (self.due_on - today).days if self.due_on else None


@dataclass(frozen=True)
class Due:
    """The invoices to pay, the first due first, and the newest invoice, paid or not."""

    to_pay: tuple[DueInvoice, ...]
    latest: DueInvoice | None


def of_contract(contract_id: int, today: date) -> Due:
    """What is to be paid, in one statement; at most `MOST` and the newest."""
    rows = db.session.execute(_statement(), {"contract": contract_id, **days_around(today)}).all()
    to_pay = sorted(
        (_shown(row) for row in rows if row.is_to_pay),
        key=lambda one: (one.due_on or one.issued_on, one.id),
    )
    return Due(tuple(to_pay), next((_shown(row) for row in rows if row.is_newest), None))


@lru_cache
def _statement() -> Any:
    contract_id: BindParameter[int] = bindparam("contract")
    newest, to_pay = _is_newest(contract_id), is_to_pay(contract_id)
    return (
        select(*_shown_columns(), newest.label("is_newest"), to_pay.label("is_to_pay"))
        .where(Invoice.contract_id == contract_id, or_(newest, to_pay))
        .order_by(newest.desc(), Invoice.due_on, Invoice.id)
        .limit(MOST + 1)
    )


def days_around(today: date) -> dict[str, date]:
    """The days that `is_to_pay` is asked with."""
    return {
        "today": today,
        "late": today - LATE,
        "old": today - LONGEST_TERMS,
        "foreseen": today + FORESEEN,
    }


def is_to_pay(contract_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether an invoice is to be paid, in a statement that has the days around one.

    Args:
        contract_id: whose invoices the statement looks at; that of another table where they are
            many contracts'.
    """
    coming = and_(Invoice.issued_on >= bindparam("old"), Invoice.due_on >= bindparam("today"))
    late = func.coalesce(Invoice.due_on, Invoice.issued_on) >= bindparam("late")
    return and_(
        Invoice.kind == InvoiceKind.INVOICE,
        Invoice.issued_on <= bindparam("foreseen"),
        or_(coming, and_(late, _is_newest(contract_id))),
        is_owed(),
    )


def _is_newest(
    contract_id: ColumnElement[int] | InstrumentedAttribute[int],
) -> ColumnElement[bool]:
    other = aliased(Invoice)
    newest = (
        select(other.id)
        .where(
            other.contract_id == contract_id,
            other.kind == InvoiceKind.INVOICE,
            other.issued_on <= bindparam("foreseen"),
        )
        .order_by(other.issued_on.desc(), other.id.desc())
        .limit(1)
        .correlate_except(other)
        .scalar_subquery()
    )
    return Invoice.id == newest


def left() -> ColumnElement[Any]:
    """What is to be paid of an invoice (BT-115); where it does not say so, its total."""
    return func.coalesce(Invoice.payable, Invoice.gross - func.coalesce(Invoice.paid, 0))


def is_owed() -> ColumnElement[bool]:
    """Something is left of it, and no correction took its place, no credit note all of it."""
    other = aliased(Invoice)
    credited = _named_by(other, (other.kind == InvoiceKind.CREDIT_NOTE) & (other.gross <= -left()))
    return and_(left() > 0, Invoice.type_code != PRO_FORMA, ~is_replaced(), ~credited)


def is_replaced() -> ColumnElement[bool]:
    """Whether a corrected invoice took its place: it is neither to be paid nor to be counted."""
    other = aliased(Invoice)
    return _named_by(other, among(other.type_code, CORRECTIONS))


def _named_by(other: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether another document of the contract that meets the condition names it (BT-25)."""
    return exists().where(
        InvoiceReference.number == Invoice.number,
        InvoiceReference.invoice_id == other.id,
        other.contract_id == Invoice.contract_id,
        condition,
    )


def _shown_columns() -> tuple[Any, ...]:
    """In the order of `DueInvoice`."""
    other = aliased(Invoice)
    return (
        *(Invoice.id, Invoice.number, Invoice.type_code, Invoice.issued_on, Invoice.due_on),
        *(Invoice.net, left(), Invoice.gross, Invoice.currency, Invoice.pdf_size),
        _named_by(other, other.kind == InvoiceKind.CREDIT_NOTE),
    )


def _shown(row: Any) -> DueInvoice:
    return DueInvoice(*row[: len(fields(DueInvoice))])
