"""Somebody's latest orders, for the pages that greet them (HOME-2)."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import contains_eager

from selfcare.database import db
from selfcare.models import Contract, Membership, Order
from selfcare.services.months import TODAY

SHOWN = 3
_MINE = (
    select(Order)
    .join(Order.contract)
    .join(
        Membership,
        (Membership.contract_id == Order.contract_id)
        & (Membership.account_id == Order.placed_by_id)
        & Membership.lasts_on(TODAY),
    )
    .options(contains_eager(Order.contract))
    .where(Order.placed_by_id == bindparam("account"))
    .order_by(Order.placed_at.desc(), Order.id.desc())
    .limit(SHOWN)
)
_MINE_ON_ONE = _MINE.where(Order.contract_id == bindparam("contract"))


def latest_of(account_id: int, *, contract: Contract | None = None) -> list[Order]:
    """Somebody's own latest orders, on all their contracts or on one (HOME-2, CONTRACT-1)."""
    if contract is None:
        found = db.session.execute(_MINE, {"account": account_id})
    else:
        asked = {"account": account_id, "contract": contract.id}
        found = db.session.execute(_MINE_ON_ONE, asked)
    return list(found.scalars())
