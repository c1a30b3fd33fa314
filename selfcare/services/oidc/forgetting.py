"""Deletes old single sign-on data; run by cron (docs/security.md)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from selfcare.background.jobs import Job, job
from selfcare.database import db
from selfcare.models import (
    OidcDevice,
    OidcGrant,
    OidcKey,
    OidcLogout,
    OidcRequest,
    OidcSecret,
    OidcToken,
    SignIn,
    WishState,
    now,
)
from selfcare.services.oidc import backchannel

KEEP_UNANSWERED = timedelta(days=1)
"""Requests, devices, tokens, keys and secrets, after they have run out."""
KEEP_ENDED = timedelta(days=30)
"""Grants that ended and logouts that were told: what support looks at after a complaint."""


@job(queue="sweeps")
def end_expired() -> None:
    """A sign-in that ran out has ended, too: its clients are told."""
    expired = select(SignIn.id).where(SignIn.expires_at < now(), SignIn.ended_at.is_(None))
    backchannel.end(OidcGrant.sign_in_id.in_(expired))


@job(queue="sweeps")
def forget() -> None:
    """Delete what has run out."""
    present = now()
    for kind in (OidcRequest, OidcDevice, OidcToken):
        db.session.execute(delete(kind).where(kind.expires_at < present - KEEP_UNANSWERED))
    db.session.execute(delete(OidcKey).where(OidcKey.shown_until < present - KEEP_UNANSWERED))
    db.session.execute(delete(OidcSecret).where(OidcSecret.ends_at < present - KEEP_UNANSWERED))
    db.session.execute(delete(OidcGrant).where(OidcGrant.ended_at < present - KEEP_ENDED))
    over = OidcLogout.state.in_((WishState.DONE, WishState.FAILED))
    db.session.execute(delete(OidcLogout).where(over, OidcLogout.created_at < present - KEEP_ENDED))


SCHEDULE: dict[Job, int] = {end_expired: 600, forget: 86_400}
"""The jobs cron enqueues, and the seconds between two runs."""
