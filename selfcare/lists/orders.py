"""Orders: all of a contract's (ORDERS-1), and mine (ACCOUNT-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, String, bindparam, cast, select

from selfcare.language import _l, wording
from selfcare.lists.columns import Column, amount, moment, worded
from selfcare.lists.growing import REACH_OF_MINE, Branch, Growing, may_there, mine
from selfcare.lists.query import ListOf
from selfcare.lists.statuses import Status
from selfcare.models import Account, Contract, Order, OrderStatus
from selfcare.models.order import PRICE_RANK, STATUS_RANK
from selfcare.rights import Ability

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
    """The service ordered, in the reader's language; the same rule as `Order.name`."""
    name: str = row.name_en if language == "en" else row.name_fr
    return name


def _has(code: OrderStatus, _today: date) -> ColumnElement[bool]:
    return Order.status == code


_WAITING = {OrderStatus.SUBMITTED, OrderStatus.IN_PROGRESS}


class _Orders(Growing):
    """The common part of both lists of orders."""

    shown = SHOWN
    name = "orders"
    searched = (Order.search_text,)
    searched_dates = (Order.placed_at,)
    default_sort = "-date"
    tie_break = Order.id
    each_has_one = True
    statuses: ClassVar[Mapping[str, Status]] = {
        code.value: Status(
            wording.ORDER_STATUS[code],
            partial(_has, code),
            sort="-date",
            words=wording.ORDER_STATUS_TOO[code],
        )
        for code in OrderStatus
    }

    @property
    def has_pending(self) -> bool:
        """Whether some order on this page waits: its state changes by itself."""
        return any(row.status in _WAITING for row in self.rows)


class OrderList(_Orders):
    """Date, reference, name, price, by whom, status (figure 21)."""

    branches = (Branch(Order.contract_id == bindparam("contract")),)
    has_pills = True
    columns: ClassVar[tuple[Column, ...]] = (
        moment("date", _l("Date"), Order.placed_at, shows="placed_at", by_index=True),
        Column("ref", _l("Ref."), Order.ref, by_index=True),
        Column(
            "name",
            _l("Name"),
            lambda reader: Order.name_en if reader.language == "en" else Order.name_fr,
            text=lambda r, reader: order_name(r, reader.language),
            by_index=True,
        ),
        amount("price", _l("Price"), PRICE_RANK, by_index=True),
        Column("currency", _l("Currency"), None, only_in_export=True),
        Column("by", _l("By"), Account.login, shows="placed_by"),
        worded("status", _l("Status"), Order.status, wording.ORDER_STATUS, ranked=STATUS_RANK),
    )

    @classmethod
    def of_contract(cls, contract_id: int) -> ListOf[Self]:
        """Every order of the contract, whoever placed it (ORDERS-1)."""
        return cls._of(contract=contract_id)


class MyOrderList(_Orders):
    """The same list, across contracts: each row says whose contract it is (figure 42)."""

    reach = REACH_OF_MINE
    shown = SHOWN.add_columns(
        Contract.ref.label("contract_ref"),
        may_there(Ability.ORDER_SERVICE, Order.contract_id).label("can_order"),
    ).join(Contract, Contract.id == Order.contract_id)
    branches = mine(Order.contract_id, Order.placed_by_id)
    has_pills = True
    columns: ClassVar[tuple[Column, ...]] = (
        *OrderList.columns[:2],
        Column("contract", _l("Contract"), Contract.ref, shows="contract_ref"),
        *OrderList.columns[2:],
    )

    @classmethod
    def of_account(cls, account_id: int) -> ListOf[Self]:
        """My orders on all my contracts, and everybody's where I am the referent (ACCOUNT-2)."""
        return cls._of(account=account_id)
