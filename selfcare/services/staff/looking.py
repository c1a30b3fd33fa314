"""What staff see of a person and of a contract; nothing here changes anything (STAFF-1)."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Row, func, select
from sqlalchemy.orm import contains_eager, joinedload

from selfcare import config
from selfcare.database import db
from selfcare.models import (
    Account,
    ConsoleAccess,
    Contract,
    ContractConsole,
    Invoice,
    Mail,
    Membership,
    Order,
    Subscription,
    Visit,
    WishState,
)
from selfcare.services.safety import throttling
from selfcare.services.safety.throttling import TooManyAttempts

log = structlog.get_logger(__name__)

MOST = 20


def count_person(person: Account, *, by: Account) -> None:
    """Count that a staff member opens somebody's page: once a day for the same person.

    Raises:
        TooManyAttempts: too many people; logged as an error, for it is what a thief would do.
    """
    first = throttling.of_subject("staff-person", f"{by.id}|{person.id}", "1 per day")
    if first.exhausted():
        return
    people = config.current().throttle_staff_people
    try:
        throttling.of_subject("staff-people", str(by.id), people).take()
    except TooManyAttempts:
        log.error("staff_people_limit", agent=by.login)  # noqa: TRY400 (no surprise: a limit)
        raise
    first.count()


def failed_work(account: Account) -> list[Mail]:
    """Mails to somebody that were given up, the latest first."""
    found = select(Mail).where(Mail.account_id == account.id, Mail.state == WishState.FAILED)
    return list(db.session.execute(found.order_by(Mail.id.desc()).limit(MOST)).scalars())


def contract_of(ref: str) -> Contract | None:
    """A contract with its customer and offer."""
    found = (
        select(Contract)
        .join(Contract.customer)
        .join(Contract.offer)
        .options(contains_eager(Contract.customer), contains_eager(Contract.offer))
        .where(Contract.ref == ref)
    )
    return db.session.execute(found).scalar_one_or_none()


def console_of(contract: Contract) -> ContractConsole | None:
    """How far the contract's place in the console is."""
    return db.session.get(ContractConsole, contract.id)


def members_of(contract: Contract) -> list[Row[Any]]:
    """The first members by name, the referent before all, with their console state."""
    found = (
        select(Membership, Account, ConsoleAccess)
        .join(Account, Account.id == Membership.account_id)
        .outerjoin(
            ConsoleAccess,
            (ConsoleAccess.account_id == Membership.account_id)
            & (ConsoleAccess.contract_id == Membership.contract_id),
        )
        .where(Membership.contract_id == contract.id)
        .order_by(Membership.is_referent.desc(), Account.last_name, Account.id)
        .limit(MOST + 1)
    )
    return list(db.session.execute(found))


def latest_orders(contract: Contract) -> list[Order]:
    """The contract's latest orders."""
    found = select(Order).where(Order.contract_id == contract.id).order_by(Order.placed_at.desc())
    return list(db.session.execute(found.limit(5)).scalars())


def latest_invoices(contract: Contract) -> list[Invoice]:
    """The contract's latest invoices."""
    found = select(Invoice).where(Invoice.contract_id == contract.id)
    return list(db.session.execute(found.order_by(Invoice.issued_on.desc()).limit(5)).scalars())


def counts_of(contract: Contract) -> dict[str, int]:
    """How many members and subscriptions it has."""
    counted = {"members": Membership, "subscriptions": Subscription}
    return {
        name: db.session.execute(
            select(func.count()).select_from(model).where(model.contract_id == contract.id)  # type: ignore[attr-defined]
        ).scalar_one()
        for name, model in counted.items()
    }


def visits(*which: Any) -> list[Visit]:
    """Visits, the latest first, with the member, the contract and the agent."""
    found = (
        select(Visit)
        .where(*which)
        .options(joinedload(Visit.account), joinedload(Visit.contract), joinedload(Visit.agent))
        .order_by(Visit.asked_at.desc(), Visit.id.desc())
        .limit(50)
    )
    return list(db.session.execute(found).scalars())
