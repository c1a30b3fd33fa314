"""The cron jobs for a contract's users: wake lost imports, forget old drafts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import (
    UserDraft,
    UserImport,
    now,
)

KEEP_DRAFTS = timedelta(days=7)

KEEP_IMPORTS = timedelta(days=30)


@job(queue="sweeps")
def forget_user_drafts() -> None:
    """Delete drafts and import files nobody finished: they hold personal data."""
    db.session.execute(delete(UserDraft).where(UserDraft.updated_at < now() - KEEP_DRAFTS))
    db.session.execute(delete(UserImport).where(UserImport.created_at < now() - KEEP_IMPORTS))
