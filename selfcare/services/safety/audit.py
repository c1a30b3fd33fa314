"""The audit log: one row per thing done, in the transaction that does it (STAFF-4, ACCOUNT-3).

A database trigger keeps the rows as they are (migration `account_security`). An action is named
`subject.verb`; its words in both languages stand in `audit_wording.ACTION`.
"""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import String, bindparam, case, cast, or_, select

from selfcare.database import Bound, Rows, db
from selfcare.models import Account, AuditEntry, Contract, Visit
from selfcare.services.safety import browsers


def record(
    action: str,
    *,
    actor: Account | None,
    subject: Account | str = "",
    called: str | None = None,
    contract: Contract | None = None,
    on_behalf_of: Account | None = None,
    details: dict[str, Any] | None = None,
    ip: str | None = None,
    visit: Visit | None = None,
    at_once: bool = True,
) -> AuditEntry:
    """Write down what is being done; it counts once the present transaction is committed.

    Args:
        action: `subject.verb`, e.g. `password.changed`; see `audit_wording.ACTION`.
        actor: who does it; None for the portal itself, or somebody who is not signed in.
        subject: what it is done to; an account's owner sees it in « Mon activité ».
        called: what to call that account where its login is not the actor's to know.
        contract: the contract it is done on, if any.
        on_behalf_of: whom a staff member acts for.
        details: JSON values, no secret; a visit's reason and ticket stand here.
        ip: where from, where that is not the present request.
        visit: the staff visit it belongs to.
        at_once: False where the caller flushes many together.
    """
    entry = AuditEntry(
        action=action,
        actor_id=actor.id if actor else None,
        actor=actor.login if actor else "",
        on_behalf_of_id=on_behalf_of.id if on_behalf_of else None,
        on_behalf_of=on_behalf_of.login if on_behalf_of else "",
        subject_id=subject.id if isinstance(subject, Account) else None,
        subject=(called or (subject.login if isinstance(subject, Account) else subject))[:120],
        contract_ref=contract.ref if contract else "",
        ip=browsers.present().ip if ip is None else ip,
        request_id=g.get("request_id", ""),
        details=details or {},
        visit_id=visit.id if visit else None,
    )
    db.session.add(entry)
    if at_once:
        db.session.flush()
    return entry


SUPPORT = "Support"
"""The name of staff in both languages, for customers, who see neither login nor address."""

_BY_STAFF = AuditEntry.actor_id.is_distinct_from(bindparam("account")) & (
    AuditEntry.actor_id.in_(select(Account.id).where(Account.is_staff))
)
ACTOR = case((_BY_STAFF, SUPPORT), else_=AuditEntry.actor)
"""The actor as `concerning` shows it to the reader it is bound to."""
ORIGIN = case((_BY_STAFF, ""), else_=AuditEntry.ip)
"""The network address, likewise."""

_CONCERNING: Rows = select(
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.action,
    ACTOR.label("actor"),
    AuditEntry.on_behalf_of,
    AuditEntry.subject,
    case((AuditEntry.subject_id == bindparam("account"), ""), else_=AuditEntry.subject).label(
        "about"
    ),
    AuditEntry.contract_ref,
    ORIGIN.label("ip"),
    cast(AuditEntry.details, String).label("details"),
).where(
    or_(
        AuditEntry.actor_id == bindparam("account"),
        AuditEntry.on_behalf_of_id == bindparam("account"),
        AuditEntry.subject_id == bindparam("account"),
    )
)


def concerning(account_id: int) -> Bound:
    """Entries by somebody, for somebody, or about their account.

    `details` comes as JSON text: a list's rows hold plain values. `about` is the subject, unless
    that is the reader's own account.
    """
    return Bound(_CONCERNING, {"account": account_id})
