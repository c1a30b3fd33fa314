"""What cron does for the console: finish what was lost, look for drift, forget old drafts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from selfcare.database import db
from selfcare.jobs import Job, job
from selfcare.models import (
    ConsoleAccess,
    ConsoleState,
    ContractConsole,
    UserDraft,
    UserImport,
    now,
)
from selfcare.services import (
    console_access,
    console_contracts,
    console_outcomes,
    iam,
    user_imports,
)

KEEP_DRAFTS = timedelta(days=7)
KEEP_IMPORTS = timedelta(days=30)


@job(queue="sweeps")
def wake_consoles() -> None:
    """Wake what nobody took, and write the console mails that waited for the portal's own.

    Without a console nothing is tried again; all waits as it is until there is one.
    """
    if not iam.is_configured():
        return
    _take_over()
    console_access.converge.wake(due(now()))
    console_access.converge_waiting.wake(contracts_waiting(now()))
    console_contracts.prepare.wake(console_contracts.due(now()))
    user_imports.run.wake(user_imports.due())
    unannounced = select(ConsoleAccess).where(
        ConsoleAccess.state == ConsoleState.READY,
        ConsoleAccess.settled_at.is_not(None),
        ConsoleAccess.announced_at.is_(None),
    )
    for access in db.session.execute(unannounced.limit(1000)).scalars():
        console_outcomes.announce(access)


def due(present: datetime) -> list[int]:
    """People whose next try has come, or whose worker died."""
    overdue = or_(
        (ConsoleAccess.state == ConsoleState.FAILED) & (ConsoleAccess.next_try_at <= present),
        (ConsoleAccess.state == ConsoleState.RUNNING) & (ConsoleAccess.next_try_at < present),
    )
    oldest = select(ConsoleAccess.id).where(overdue).order_by(ConsoleAccess.changed_at)
    return list(db.session.execute(oldest.limit(1000)).scalars())


def contracts_waiting(present: datetime) -> list[int]:
    """Contracts with a wish whose wake-up was lost: Redis was away."""
    waiting = select(ConsoleAccess.contract_id).where(
        ConsoleAccess.state == ConsoleState.QUEUED,
        ConsoleAccess.changed_at < present - timedelta(seconds=30),
    )
    return list(db.session.execute(waiting.distinct()).scalars())


def _take_over() -> None:
    """Accesses that were declared ready without our doing (loaded data) are made true, unmailed."""
    db.session.execute(
        update(ConsoleAccess)
        .where(ConsoleAccess.state == ConsoleState.READY, ConsoleAccess.settled_at.is_(None))
        .values(
            state=ConsoleState.QUEUED,
            next_try_at=None,
            announced_at=now(),
            changed_at=now() - timedelta(minutes=1),
        )
    )


@job(queue="sweeps")
def look_at_consoles() -> None:
    """Compare every contract's console with what the portal wants (USERS-8)."""
    if not iam.is_configured():
        return
    ready = select(ContractConsole.contract_id).where(ContractConsole.state == ConsoleState.READY)
    console_contracts.look.wake(db.session.execute(ready).scalars())


@job(queue="sweeps")
def forget_drafts() -> None:
    """Delete drafts and import files nobody finished: they hold personal data."""
    db.session.execute(delete(UserDraft).where(UserDraft.updated_at < now() - KEEP_DRAFTS))
    db.session.execute(delete(UserImport).where(UserImport.created_at < now() - KEEP_IMPORTS))


SCHEDULE: dict[Job, int] = {wake_consoles: 30, look_at_consoles: 900, forget_drafts: 86_400}
