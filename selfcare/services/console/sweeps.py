"""The console's cron jobs: finish lost work, look for drift."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from selfcare.background import claims
from selfcare.background.jobs import Job, job
from selfcare.database import db
from selfcare.models import (
    ConsoleAccess,
    ConsoleLook,
    ContractConsole,
    UnknownAccount,
    WishState,
    now,
)
from selfcare.services.console import converging, iam, looking, notices, unknown
from selfcare.services.console import domains as console_domains
from selfcare.services.console.credentials import ending


@job(queue="sweeps")
def wake_consoles() -> None:
    """Wake what nobody took, and write the console mails that waited for the portal's own.

    Without a console nothing is tried again; all waits as it is until there is one.
    """
    if not iam.is_configured():
        return
    _take_over()
    console_domains.prepare.wake(claims.overdue(ContractConsole))
    converging.converge.wake(claims.overdue(ConsoleAccess, ~untried()))
    unknown.end.wake(claims.overdue(UnknownAccount))
    converging.converge_waiting.wake(contracts_waiting(now()))
    unannounced = select(ConsoleAccess).where(
        ConsoleAccess.state == WishState.DONE,
        ConsoleAccess.settled_at.is_not(None),
        ConsoleAccess.announced_at.is_(None),
        ~notices.portal_mail_waits(ConsoleAccess.account_id),
    )
    mine = unannounced.limit(500).with_for_update(skip_locked=True)  # two sweeps, one mail
    notices.announce(db.session.execute(mine).scalars())


def untried() -> ColumnElement[bool]:
    """Those of an import: whoever tries the first of a contract goes on with the others."""
    return (ConsoleAccess.state == WishState.QUEUED) & (ConsoleAccess.attempts == 0)


def contracts_waiting(present: datetime) -> list[int]:
    """Contracts with a wish whose wake-up was lost (Redis was away), and nobody at work on them."""
    busy = select(ConsoleAccess.contract_id).where(
        ConsoleAccess.state == WishState.RUNNING, ConsoleAccess.due_at >= present
    )
    overdue = claims.overdue(ConsoleAccess, untried(), at=present)
    if not overdue:
        return []
    waiting = select(ConsoleAccess.contract_id).where(
        untried(), ConsoleAccess.id.in_(overdue), ConsoleAccess.contract_id.not_in(busy)
    )
    return list(db.session.execute(waiting.distinct()).scalars())


def _take_over() -> None:
    """Accesses that were declared ready without our doing (loaded data) are made true, unmailed."""
    db.session.execute(
        update(ConsoleAccess)
        .where(ConsoleAccess.state == WishState.DONE, ConsoleAccess.settled_at.is_(None))
        .values(
            state=WishState.QUEUED,
            due_at=now() - timedelta(minutes=1),
            announced_at=now(),
            changed_at=now(),
        )
    )


@job(queue="sweeps")
def look_at_consoles() -> None:
    """Go on comparing contracts' consoles with what the portal wants (USERS-8)."""
    if not iam.is_configured():
        return
    if claims.overdue(ConsoleLook):
        looking.look_on.after_commit()


SCHEDULE: dict[Job, int] = {wake_consoles: 15, look_at_consoles: 30, ending.remind: 3600}
