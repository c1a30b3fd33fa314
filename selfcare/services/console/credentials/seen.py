"""What the console was seen to have of somebody's credentials, and the rows that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ConsoleCredential, CredentialKind, CredentialWish, now
from selfcare.services.console.iam import OwnIAM


@dataclass(frozen=True)
class Seen:
    """A credential, of either kind."""

    kind: CredentialKind
    key: str
    mark: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    active: bool = True
    made_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None


def look(own: OwnIAM) -> list[Seen]:
    """All they have."""
    keys = [
        Seen(
            CredentialKind.ACCESS_KEY,
            found.access,
            found.mark,
            active=found.active,
            made_at=found.created_at,
            last_used_at=found.last_used_at,
        )
        for found in own.access_keys()
    ]
    applications = [
        Seen(
            CredentialKind.APPLICATION,
            found.key,
            found.mark,
            name=found.name,
            roles=found.roles,
            expires_at=found.expires_at,
        )
        for found in own.application_credentials()
    ]
    return [*keys, *applications]


def clear_remains(own: OwnIAM, account_id: int, contract_id: int) -> None:
    """Delete what a broken-off try made: it carries a mark of ours, and no row records it."""
    ours = select(CredentialWish.mark).where(
        CredentialWish.account_id == account_id, CredentialWish.contract_id == contract_id
    )
    marks = set(db.session.execute(ours).scalars())
    recorded = set(_rows(account_id, contract_id))
    db.session.commit()
    for found in look(own):
        if found.mark in marks and (found.kind, found.key) not in recorded:
            if found.kind == CredentialKind.ACCESS_KEY:
                own.delete_key(found.key)
            else:
                own.delete_application_credential(found.key)


def record(account_id: int, contract_id: int, found: Iterable[Seen], *, new: str = "") -> None:
    """Make the rows say what was seen.

    Args:
        account_id: whose they are.
        contract_id: on which contract.
        found: all the console has.
        new: the one that was just made, whose date the console may not tell.
    """
    rows = _rows(account_id, contract_id)
    seen = {(one.kind, one.key): one for one in found}
    for name in rows.keys() - seen.keys():
        db.session.delete(rows[name])
    for name, one in seen.items():
        row = rows.get(name)
        if row is None:
            row = ConsoleCredential(
                account_id=account_id, contract_id=contract_id, kind=one.kind, key=one.key
            )
            db.session.add(row)
        row.name, row.roles, row.active = one.name[:255], sorted(one.roles), one.active
        row.made_at = one.made_at or row.made_at or (now() if one.key == new else None)
        row.last_used_at = one.last_used_at or row.last_used_at
        row.expires_at = one.expires_at
    db.session.flush()


def forget(account_id: int, contract_id: int) -> dict[CredentialKind, int]:
    """The console account has ended, and all with it; gives how many there were known to be."""
    rows = _rows(account_id, contract_id)
    for row in rows.values():
        db.session.delete(row)
    db.session.flush()
    return {kind: sum(1 for name in rows if name[0] == kind) for kind in CredentialKind}


def _rows(account_id: int, contract_id: int) -> dict[tuple[CredentialKind, str], ConsoleCredential]:
    found = db.session.execute(
        select(ConsoleCredential).where(
            ConsoleCredential.account_id == account_id,
            ConsoleCredential.contract_id == contract_id,
        )
    ).scalars()
    return {(CredentialKind(row.kind), row.key): row for row in found}
