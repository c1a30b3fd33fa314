"""Notes that staff leave for one another on a person or a contract, and hand-overs (STAFF-8)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.models import Account, Contract, StaffMembership, StaffNote, now
from selfcare.rights import STAFF_RULES, StaffAbility
from selfcare.services.safety import audit


def write(
    text: str,
    *,
    about: Account | Contract,
    by: Account,
    shown_until: date | None = None,
    handed_to: Account | None = None,
) -> StaffNote:
    """Pin a note; handed over, it waits in the colleague's queue as well."""
    note = StaffNote(
        text=text,
        author_id=by.id,
        for_id=handed_to.id if handed_to else None,
        shown_until=shown_until,
        account_id=about.id if isinstance(about, Account) else None,
        contract_id=about.id if isinstance(about, Contract) else None,
    )
    db.session.add(note)
    audit.record(
        "note.written",
        actor=by,
        subject=about.login if isinstance(about, Account) else about.ref,
        contract=about if isinstance(about, Contract) else None,
    )
    return note


def finish(note: StaffNote, *, by: Account) -> None:
    """The note has served: it is no longer pinned, nor in anybody's queue."""
    if note.done_at is None:
        note.done_at = now()
        audit.record("note.finished", actor=by, subject=str(note.id))


def pinned(about: Account | Contract, *, today: date) -> list[StaffNote]:
    """The notes in force, the latest first."""
    which = (
        StaffNote.account_id == about.id
        if isinstance(about, Account)
        else StaffNote.contract_id == about.id
    )
    found = (
        select(StaffNote)
        .where(
            which,
            StaffNote.done_at.is_(None),
            or_(StaffNote.shown_until.is_(None), StaffNote.shown_until >= today),
        )
        .options(joinedload(StaffNote.author), joinedload(StaffNote.handed_to))
        .order_by(StaffNote.id.desc())
        .limit(50)
    )
    return list(db.session.execute(found).scalars())


def handed_to(colleague: Account) -> list[tuple[StaffNote, Account | None, Contract | None]]:
    """A staff member's queue: what was handed over to them, the oldest first, and about whom."""
    found = (
        select(StaffNote, Account, Contract)
        .outerjoin(Account, Account.id == StaffNote.account_id)
        .outerjoin(Contract, Contract.id == StaffNote.contract_id)
        .where(StaffNote.for_id == colleague.id, StaffNote.done_at.is_(None))
        .options(joinedload(StaffNote.author))
        .order_by(StaffNote.id)
        .limit(50)
    )
    return [(note, account, contract) for note, account, contract in db.session.execute(found)]


def colleagues(but: Account) -> list[Account]:
    """Everybody that something can be handed over to, by name: whoever may finish a note."""
    found = (
        select(Account)
        .where(
            Account.id.in_(
                select(StaffMembership.account_id).where(
                    StaffMembership.role.in_(STAFF_RULES[StaffAbility.WRITE_NOTES])
                )
            ),
            Account.id != but.id,
            Account.disabled_at.is_(None),
        )
        .order_by(Account.last_name, Account.first_name)
        .limit(200)
    )
    return list(db.session.execute(found).scalars())
