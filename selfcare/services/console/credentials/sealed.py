"""Secrets on their way: from a form to a worker, or from a worker to the page that shows them.

The row is sealed, lives for two minutes and is deleted as it is read. Its name may stand in other
rows; nothing but the row holds the secret, so no job's argument, log or mail ever does.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete

from selfcare.background import claims
from selfcare.database import db
from selfcare.models import SealedSecret, Wish, WishState, now
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.safety import sealing

GOOD_FOR = timedelta(minutes=2)


def put(secret: str, *, purpose: str, until: datetime | None = None) -> str:
    """Keep a secret for a moment; gives the name to take it by.

    Args:
        secret: what nobody else may read.
        purpose: what for; taken for another purpose, it is not there.
        until: when it is over; two minutes from now if it is not said. A worker that could not
            use it yet puts it back with the time it had.
    """
    row = SealedSecret(
        id=secrets.token_urlsafe(18),
        purpose=purpose,
        sealed=sealing.seal(secret, purpose=f"sealed secret: {purpose}"),
        expires_at=until or now() + GOOD_FOR,
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def take(name: str | None, *, purpose: str) -> tuple[str, datetime] | None:
    """The secret and when it is over; deleted by reading it, so of two takers one gets it.

    None once it was taken, is over, or was sealed with a key that is gone.
    """
    found = db.session.execute(
        delete(SealedSecret)
        .where(SealedSecret.id == name, SealedSecret.purpose == purpose)
        .returning(SealedSecret.sealed, SealedSecret.expires_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if found is None or found.expires_at <= now():
        return None
    try:
        return sealing.unseal(found.sealed, purpose=f"sealed secret: {purpose}"), found.expires_at
    except sealing.SealBroken:
        return None


def comes_again(row: Wish, problem: IamProblem, until: datetime) -> bool:
    """Whether a wish's next try comes while its secret is kept; it is given up otherwise.

    Where it comes, the caller sees to it that the secret is there, for the time it had.
    """
    if problem.retryable:
        claims.postpone(row, problem.code)
    if row.state == WishState.QUEUED and row.due_at and row.due_at < until:
        return True
    claims.give_up(row, problem.code)
    return False


def drop(name: str | None) -> None:
    """Nobody needs it any more."""
    db.session.execute(delete(SealedSecret).where(SealedSecret.id == name))
