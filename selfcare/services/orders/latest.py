"""Somebody's latest orders, for the pages that greet them (HOME-2)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from selfcare.database import db
from selfcare.models import Contract, Membership, Order
from selfcare.services.months import TODAY


def latest_of(account_id: int, *, contract: Contract | None = None, limit: int = 3) -> list[Order]:
    """Somebody's own latest orders, on all their contracts or on one (HOME-2, CONTRACT-1)."""
    mine = (
        select(Order)
        .join(Order.contract)
        .join(
            Membership,
            (Membership.contract_id == Order.contract_id)
            & (Membership.account_id == Order.placed_by_id)
            & Membership.lasts_on(TODAY),
        )
        .options(contains_eager(Order.contract))
        .where(Order.placed_by_id == account_id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(limit)
    )
    if contract is not None:
        mine = mine.where(Order.contract_id == contract.id)
    return list(db.session.execute(mine).scalars())
