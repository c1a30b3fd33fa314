"""Somebody's latest orders, for the pages that greet them (HOME-2)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from selfcare.database import beside_first, db
from selfcare.models import Contract, Membership, Order
from selfcare.services.months import TODAY

SHOWN = 3
_NEWEST = (Order.placed_at.desc(), Order.id.desc())


def latest_of(account_id: int, *, contract: Contract | None = None) -> list[Order]:
    """Somebody's own latest orders, on all their contracts or on one (HOME-2, CONTRACT-1)."""
    asked = {"account": account_id, "contract": contract.id if contract else None}
    statement = _statement(db.engine.dialect.name, on_one=contract is not None)
    return list(db.session.execute(statement, asked).scalars())


@lru_cache
def _statement(_dialect: str, *, on_one: bool) -> Any:
    """The newest of each contract, then the newest of those: there may be a million on one."""
    places = (
        select(Order)
        .select_from(Membership)
        .where(Membership.account_id == bindparam("account"), Membership.lasts_on(TODAY))
    )
    if on_one:
        places = places.where(Membership.contract_id == bindparam("contract"))
    own = (
        select(Order.id)
        .where(
            Order.contract_id == Membership.contract_id,
            Order.placed_by_id == Membership.account_id,
        )
        .order_by(*_NEWEST)
        .limit(SHOWN)
        .correlate(Membership)
    )
    found = beside_first(places, Order, own).join(Order.contract)
    return found.options(contains_eager(Order.contract)).order_by(*_NEWEST).limit(SHOWN)
