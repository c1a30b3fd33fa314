"""What an operator does after mending something in the console: have it prepared or tried again."""

from __future__ import annotations

from sqlalchemy import and_, select, update

from selfcare.database import db
from selfcare.models import ConsoleAccess, Contract, ContractConsole, Offer, WishState, now
from selfcare.services.console import converging, domains
from selfcare.services.safety import audit


def prepare(contract: Contract | None) -> int:
    """Have a contract's domain, groups and roles made where they lack, or those of all contracts.

    What is there stays as it is. Says how many contracts that is.
    """
    meant = select(Contract.id).join(Contract.offer).where(Offer.has_console)
    if contract:
        meant = meant.where(Contract.id == contract.id)
    ids = db.session.execute(meant.order_by(Contract.id)).scalars().all()
    for contract_id in ids:
        domains.wish(contract_id)
    audit.record("console.prepared", actor=None, contract=contract, details={"count": len(ids)})
    return len(ids)


def retry(contract: Contract | None, *, problem: str | None) -> int:
    """Try again, now, what came to nothing: people, and contracts that could not be prepared.

    Says how many of both. Whatever is being tried at this moment stays as it is.
    """
    counted = 0
    for kind in (ContractConsole, ConsoleAccess):
        stuck = and_(
            kind.problem == problem if problem else kind.problem.is_not(None),
            kind.state.in_((WishState.QUEUED, WishState.FAILED)),
        )
        if contract:
            stuck &= kind.contract_id == contract.id
        tried = (
            db.session.execute(
                update(kind)
                .where(stuck)
                .values(
                    state=WishState.QUEUED, due_at=now(), attempts=0, problem=None, changed_at=now()
                )
                .returning(kind.contract_id)
                .execution_options(synchronize_session=False)
            )
            .scalars()
            .all()
        )
        counted += len(tried)
        work = domains.prepare if kind is ContractConsole else converging.converge_waiting
        for contract_id in sorted(set(tried)):
            work.after_commit(contract_id)
    audit.record("console.retried", actor=None, contract=contract, details={"count": counted})
    return counted
