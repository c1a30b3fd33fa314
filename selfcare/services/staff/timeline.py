"""What happened to somebody or on a contract, newest first, from all tables that know (STAFF-6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import nlargest
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.models import (
    Account,
    AuditEntry,
    Contract,
    Mail,
    Order,
    StaffNote,
)

MOST = 40


class Sort(StrEnum):
    """The sorts of happenings, which a reader may narrow the timeline to."""

    SIGN_INS = "sign_ins"
    ACCOUNT = "account"
    USERS = "users"
    CONSOLE = "console"
    DOCUMENTS = "documents"
    CONTRACT = "contract"
    MAILS = "mails"
    ORDERS = "orders"
    VISITS = "visits"
    NOTES = "notes"


PREFIXES: dict[Sort, tuple[str, ...]] = {
    Sort.SIGN_INS: ("sign_in.",),
    Sort.ACCOUNT: (
        "account.",
        "email.",
        "password.",
        "login.",
        "two_factor.",
        "passkey.",
        "notifications.",
        "staff.",
        "audit.",
    ),
    Sort.USERS: ("user.", "access.", "mail.", "import."),
    Sort.CONSOLE: ("console.", "api_login.", "api_password.", "access_key.", "application."),
    Sort.DOCUMENTS: ("document.", "invoice.", "usage."),
    Sort.CONTRACT: ("contract.",),
    Sort.VISITS: ("visit.",),
}
"""The audit log's actions by sort; those that are told by another table are left out."""

OF_ACCOUNT = tuple(sort for sort in Sort if sort is not Sort.CONTRACT)
OF_CONTRACT = tuple(sort for sort in Sort if sort not in {Sort.SIGN_INS, Sort.ACCOUNT, Sort.MAILS})
"""The sorts that there can be; one asks for no other."""


@dataclass(frozen=True)
class Happening:
    """One line: when, of which sort, and the row that the template words."""

    at: datetime
    sort: Sort
    row: Any


def of_account(account: Account, *, only: Sort | None = None) -> list[Happening]:
    """The latest happenings around somebody."""
    theirs = or_(
        AuditEntry.subject_id == account.id,
        AuditEntry.actor_id == account.id,
    )
    return _latest(
        [
            *_audit(theirs, only),
            *_mails(Mail.account_id == account.id, only),
            *_orders(Order.placed_by_id == account.id, only),
            *_notes(StaffNote.account_id == account.id, only),
        ]
    )


def of_contract(contract: Contract, *, only: Sort | None = None) -> list[Happening]:
    """The latest happenings on a contract."""
    return _latest(
        [
            *_audit(AuditEntry.contract_ref == contract.ref, only),
            *_orders(Order.contract_id == contract.id, only),
            *_notes(StaffNote.contract_id == contract.id, only),
        ]
    )


def asked(text: str, among: tuple[Sort, ...]) -> Sort | None:
    """The sort that a reader narrows the timeline to; None for all of them."""
    return next((sort for sort in among if sort == text), None)


def _latest(all_of_them: list[Happening]) -> list[Happening]:
    return nlargest(MOST, all_of_them, key=lambda one: one.at)


def _audit(which: ColumnElement[bool], only: Sort | None) -> Iterable[Happening]:
    wanted = [sort for sort in PREFIXES if only in (None, sort)]
    if not wanted:
        return
    named = [AuditEntry.action.startswith(prefix) for sort in wanted for prefix in PREFIXES[sort]]
    found = (
        select(AuditEntry)
        .where(which, or_(*named), AuditEntry.action != "visit.page")
        .order_by(AuditEntry.at.desc())
        .limit(MOST)
    )
    for entry in db.session.execute(found).scalars():
        sort = next(s for s, begins in PREFIXES.items() if entry.action.startswith(begins))
        yield Happening(entry.at, sort, entry)


def _mails(which: ColumnElement[bool], only: Sort | None) -> Iterable[Happening]:
    if only in (None, Sort.MAILS):
        found = select(Mail).where(which).order_by(Mail.created_at.desc()).limit(MOST)
        for mail in db.session.execute(found).scalars():
            yield Happening(mail.created_at, Sort.MAILS, mail)


def _orders(which: ColumnElement[bool], only: Sort | None) -> Iterable[Happening]:
    if only in (None, Sort.ORDERS):
        found = select(Order).where(which).order_by(Order.placed_at.desc()).limit(MOST)
        for order in db.session.execute(found.options(joinedload(Order.contract))).scalars():
            yield Happening(order.placed_at, Sort.ORDERS, order)


def _notes(which: ColumnElement[bool], only: Sort | None) -> Iterable[Happening]:
    if only in (None, Sort.NOTES):
        found = select(StaffNote).where(which).order_by(StaffNote.id.desc()).limit(MOST)
        for note in db.session.execute(found.options(joinedload(StaffNote.author))).scalars():
            yield Happening(note.created_at, Sort.NOTES, note)
