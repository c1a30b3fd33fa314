"""Application credentials that end: their owner is told twice before (API-4)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, ConsoleCredential, Contract, now
from selfcare.services.mail.kinds import credentials as mails

DAYS = (3, 14)
"""Days before the end, the last reminder first: whoever missed the first gets one mail, not two."""

ROUND = 500


@job(queue="sweeps")
def remind() -> None:
    """Mail the owners of those that end within these days, once for each number of days.

    Whatever was made to last no longer than that brings no reminder.
    """
    present = now()
    for days in DAYS:
        within = timedelta(days=days)
        ending = (
            select(ConsoleCredential)
            .where(
                ConsoleCredential.expires_at > present,
                ConsoleCredential.expires_at <= present + within,
                or_(
                    ConsoleCredential.reminded_days.is_(None),
                    ConsoleCredential.reminded_days > days,
                ),
            )
            .order_by(ConsoleCredential.expires_at)
            .limit(ROUND)
        )
        mine = ending.with_for_update(skip_locked=True)  # two sweeps, one mail
        for credential in db.session.execute(mine).scalars():
            credential.reminded_days = days
            end, made = credential.expires_at, credential.made_at
            if end is None or (made and end - made <= within):
                continue
            mails.credential_ends(
                db.session.get_one(Account, credential.account_id),
                contract=db.session.get_one(Contract, credential.contract_id),
                name=credential.name,
                ends_at=end,
            )
    db.session.flush()
