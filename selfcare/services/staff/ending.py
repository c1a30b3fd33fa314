"""The ends of visits: whoever ends them, the row says when, and the audit log why."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, Contract, Visit, now
from selfcare.services.safety import audit

RUNNING = (Visit.begun_at.is_not(None), Visit.ended_at.is_(None))


def end(visit: Visit, *, by: Account | None) -> None:
    """End a visit, once; a row that has ended stays as it is."""
    if visit.ended_at is not None:
        return
    visit.ended_at = now()
    account = db.session.get_one(Account, visit.account_id)
    audit.record(
        "visit.ended",
        actor=by,
        subject=account,
        on_behalf_of=account,
        contract=db.session.get_one(Contract, visit.contract_id),
        details={"pages": str(visit.pages)},
        visit=visit,
    )
    db.session.flush()


def end_of_agent(agent: Account) -> None:
    """End a staff member's visit: their role is gone, or their account is disabled."""
    _end_all(Visit.agent_id == agent.id)


def end_of_contract(contract: Contract, *, by: Account) -> None:
    """End every visit on a contract that its referent has just closed."""
    _end_all(Visit.contract_id == contract.id, by=by)


@job(queue="sweeps")
def end_expired() -> None:
    """Write down the end of visits whose time is up; the cookie was worth nothing from then on."""
    _end_all(Visit.expires_at < now())
    db.session.commit()


def _end_all(which: ColumnElement[bool], *, by: Account | None = None) -> None:
    found = select(Visit).where(*RUNNING, which).options(joinedload(Visit.contract))
    for visit in db.session.execute(found.with_for_update(of=Visit)).scalars():
        end(visit, by=by)
