"""A contract's place in the console: domain, project and groups, made once (USERS-8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row, and_, func, or_, select, update

from selfcare.background import claims
from selfcare.background.jobs import job
from selfcare.database import db, insert_unless_there
from selfcare.models import (
    ConsoleAccess,
    ConsoleGroup,
    ConsoleLook,
    Contract,
    ContractConsole,
    Wish,
    WishState,
    now,
)
from selfcare.rights import PREDEFINED_CONSOLE_ROLES
from selfcare.services.console.iam import errors, iam
from selfcare.services.console.iam.errors import IamProblem

LONGEST_GROUP = 64

MENDED = (
    *(errors.Forbidden.code, errors.NoRole.code, errors.GroupMissing.code),
    *(errors.ContractMissing.code, errors.ContractDisabled.code),
)
"""The problems of people that may be over once their contract is ready."""

log = structlog.get_logger(__name__)


def open_console(contract: Contract) -> None:
    """Wish a new contract its domain, project and groups; called as the contract is created."""
    if not contract.offer.has_console:
        return
    _wish(contract.id)
    prepare.after_commit(contract.id)


@job(queue="iam")
def prepare(contract_id: int) -> None:
    """Make a contract's domain, project and groups; safe twice, and beside another one."""
    if (mine := claims.claim(ContractConsole, contract_id)) is None:
        return
    ref = db.session.get_one(Contract, contract_id).ref
    db.session.commit()  # nothing stays locked while the IAM answers
    with mine:
        try:
            iam().prepare_contract(ref)
        except IamProblem as problem:
            _note(mine.held(), problem)
            if problem.retryable:
                raise
        else:
            _note(mine.held(), None)


def prepared(contract_id: int, ref: str) -> None:
    """Go on once the contract's domain is known to be there; ask the IAM only the first time.

    Raises:
        IamProblem: it could not be made.
    """
    before = _of(contract_id)
    if before is None:
        _wish(contract_id)
        before = _of(contract_id)
    db.session.commit()
    if before and before.state == WishState.DONE:
        return
    iam().prepare_contract(ref)
    if _of(contract_id) == before:  # else somebody is at it, or it was wished anew
        console = db.session.get_one(
            ContractConsole, contract_id, with_for_update=True, populate_existing=True
        )
        _note(console, None)


def wish(contract_id: int) -> None:
    """Have a contract's place made where it lacks, whatever the portal thinks of it by now."""
    _wish(contract_id)
    console = db.session.get_one(
        ContractConsole, contract_id, with_for_update=True, populate_existing=True
    )
    claims.want(console)
    console.changed_at = now()
    prepare.after_commit(contract_id)


def doubt(contract_id: int) -> None:
    """What was ready may be so no longer: it is made anew where it lacks."""
    state = select(ContractConsole.state).filter_by(contract_id=contract_id)
    if db.session.execute(state).scalar_one_or_none() == WishState.DONE:
        wish(contract_id)
        log.warning("console_doubted", contract=contract_id)


def _of(contract_id: int) -> Row[*tuple[Any, ...]] | None:
    return db.session.execute(
        select(ContractConsole.state, ContractConsole.due_at).filter_by(contract_id=contract_id)
    ).one_or_none()


def _wish(contract_id: int) -> None:
    values = {"contract_id": contract_id, "state": WishState.QUEUED, "attempts": 0}
    insert_unless_there(ContractConsole, changed_at=now(), due_at=now(), **values)


def _note(console: ContractConsole, problem: IamProblem | None) -> None:
    """The outcome of preparing a contract's place; saved at once."""
    console.changed_at = now()
    console.detail = str(problem)[:500] if problem else None
    if problem is None:
        claims.settle(console)
        db.session.execute(
            update(ConsoleAccess)
            .where(
                ConsoleAccess.contract_id == console.contract_id,
                ConsoleAccess.state == WishState.QUEUED,
                ConsoleAccess.problem.in_(MENDED),
            )
            .values(due_at=now())
        )
        insert_unless_there(
            ConsoleLook,
            contract_id=console.contract_id,
            state=WishState.QUEUED,
            due_at=now(),
            attempts=0,
            quiet=0,
        )
        for name in PREDEFINED_CONSOLE_ROLES:
            values = {"contract_id": console.contract_id, "name": name}
            insert_unless_there(ConsoleGroup, seen_at=now(), **values)
    elif problem.retryable or problem.mendable:
        postpone(console, problem)
    else:
        claims.give_up(console, problem.code)
    db.session.commit()


def postpone(row: Wish, problem: IamProblem) -> None:
    """Try it again after the usual delays, the longest for ever; not sooner than the IAM asked."""
    wait = timedelta(seconds=problem.retry_after or 0)
    claims.postpone(row, problem.code, for_ever=True, at_least=wait)


def compared(contract_id: int) -> Row[*tuple[Any, ...]]:
    """The state of the contract's place in the console, the last look at it and the next."""
    is_looking = or_(
        ConsoleLook.state == WishState.RUNNING,
        and_(ConsoleLook.state == WishState.QUEUED, ConsoleLook.due_at <= now()),
    )
    return db.session.execute(
        select(
            ContractConsole.told,
            ContractConsole.problem,
            ContractConsole.due_at,
            ContractConsole.looked_at,
            ContractConsole.differing,
            func.coalesce(is_looking, False).label("is_looking"),
            ConsoleLook.problem.label("look_problem"),
            ConsoleLook.due_at.label("next_look_at"),
        )
        .select_from(Contract)
        .outerjoin(ContractConsole, ContractConsole.contract_id == Contract.id)
        .outerjoin(ConsoleLook, ConsoleLook.contract_id == Contract.id)
        .where(Contract.id == contract_id)
    ).one()


def choice_of_roles(contract: Contract) -> list[str] | None:
    """The console roles to choose from; None where the offer has no console."""
    return roles_on_offer(contract.id) if contract.offer.has_console else None


def roles_on_offer(contract_id: int) -> list[str]:
    """The console roles one may choose: the three of every contract, and those made there."""
    made = db.session.execute(
        select(ConsoleGroup.name)
        .where(
            ConsoleGroup.contract_id == contract_id,
            ConsoleGroup.name.not_in(PREDEFINED_CONSOLE_ROLES),
        )
        .order_by(ConsoleGroup.name)
    ).scalars()
    return [*PREDEFINED_CONSOLE_ROLES, *made]
