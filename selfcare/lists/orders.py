"""Orders: all of a contract's (ORDERS-1), and mine (ACCOUNT-2)."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import String, bindparam, cast, func, or_, select

from selfcare import wording
from selfcare.database import Chosen, Rows
from selfcare.i18n import lazy as _l
from selfcare.lists.columns import Column, amount, moment, worded
from selfcare.lists.query import ListQuery
from selfcare.models import Account, Contract, Membership, Order

PRICE = func.coalesce(Order.price, -1)
"""« Sur devis » below every amount, on both databases alike."""

SHOWN = select(
    Order.id,
    Order.ref,
    Order.placed_at,
    Order.name_fr,
    Order.name_en,
    Order.price,
    Order.price_kind,
    Order.currency,
    Order.status,
    cast(Order.parameters, String).label("parameters"),
    cast(Order.labels, String).label("labels"),
    Order.upfront,
    Account.login.label("placed_by"),
).join(Account, Account.id == Order.placed_by_id)


def order_name(row: Any, language: str) -> str:
    """What was ordered, in the reader's language; the same rule as `Order.name`."""
    name: str = row.name_en if language == "en" else row.name_fr
    return name


class OrderList(ListQuery):
    """Date, reference, name, price, by whom, status (figure 21)."""

    name = "orders"
    columns: ClassVar[tuple[Column, ...]] = (
        moment("date", _l("Date"), Order.placed_at, shows="placed_at"),
        Column("ref", _l("Ref."), Order.ref),
        Column(
            "name",
            _l("Name"),
            lambda reader: Order.name_en if reader.language == "en" else Order.name_fr,
            text=lambda r, reader: order_name(r, reader.language),
        ),
        amount("price", _l("Price"), PRICE),
        Column("currency", _l("Currency"), None, only_in_export=True),
        Column("by", _l("By"), Account.login, shows="placed_by"),
        worded("status", _l("Status"), Order.status, wording.ORDER_STATUS),
    )
    searched = (Order.search_text,)
    searched_dates = (Order.placed_at,)
    default_sort = "-date"
    tie_break = Order.id
    joins_decide = False


_OF_CONTRACT: Rows = SHOWN.where(Order.contract_id == bindparam("contract"))


def of_contract(contract_id: int) -> Chosen:
    """Every order of the contract, whoever placed it (ORDERS-1)."""
    return Chosen(_OF_CONTRACT, {"contract": contract_id})


class MyOrderList(OrderList):
    """The same list, across contracts: each row says whose contract it is (figure 42)."""

    columns: ClassVar[tuple[Column, ...]] = (
        *OrderList.columns[:2],
        Column("contract", _l("Contract"), Contract.ref, shows="contract_ref"),
        *OrderList.columns[2:],
    )


_MINE = select(Membership.contract_id).where(Membership.account_id == bindparam("account"))
_OF_ACCOUNT: Rows = (
    SHOWN.add_columns(Contract.ref.label("contract_ref"))
    .join(Contract, Contract.id == Order.contract_id)
    .where(Order.contract_id.in_(_MINE))
    .where(
        or_(
            Order.placed_by_id == bindparam("account"),
            Order.contract_id.in_(_MINE.where(Membership.is_referent)),
        )
    )
)


def of_account(account_id: int) -> Chosen:
    """My orders on all my contracts, and everybody's where I am the referent (ACCOUNT-2)."""
    return Chosen(_OF_ACCOUNT, {"account": account_id})
