"""What was typed into a form just as the session ended: kept for whose session it was (USERS-2).

What is kept is encrypted, forgotten after half a day, and given to that account only, whoever signs
in there.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select

from selfcare.database import db
from selfcare.models import KeptForm, now
from selfcare.services.retention import forgetting
from selfcare.services.safety import sealing

LONGEST = 50_000
"""Characters: a form of ours is far below."""
MOST = 10
"""Forms kept per account, the latest."""
_PURPOSE = "kept form"

Fields = Sequence[tuple[str, str]]


def keep(account_id: int, path: str, fields: Fields) -> str | None:
    """Keep a form for an account; gives the token it is shown by, None for one too long."""
    text = json.dumps(list(fields))
    if len(text) > LONGEST or len(path) > 500:
        return None
    token = secrets.token_urlsafe(16)
    db.session.add(
        KeptForm(
            token_hash=_hash(token),
            account_id=account_id,
            path=path,
            sealed=sealing.seal(text, purpose=_PURPOSE),
        )
    )
    db.session.flush()
    theirs = select(KeptForm.token_hash).filter_by(account_id=account_id)
    latest = theirs.order_by(KeptForm.created_at.desc()).limit(MOST)
    db.session.execute(
        delete(KeptForm).where(
            KeptForm.account_id == account_id, KeptForm.token_hash.not_in(latest.scalar_subquery())
        )
    )
    return token


def shown(token: str, *, account_id: int, path: str) -> Fields | None:
    """A kept form, to its own account at its own address; nothing to anybody else."""
    sealed = db.session.execute(
        select(KeptForm.sealed).where(
            KeptForm.token_hash == _hash(token),
            KeptForm.account_id == account_id,
            KeptForm.path == path,
            KeptForm.created_at > now() - forgetting.period(KeptForm),
        )
    ).scalar_one_or_none()
    if sealed is None:
        return None
    try:
        fields = json.loads(sealing.unseal(sealed, purpose=_PURPOSE))
    except sealing.SealBroken:  # the secret key was changed
        return None
    return [(name, value) for name, value in fields]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
