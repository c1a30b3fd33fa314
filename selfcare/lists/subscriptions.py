"""Subscriptions: all of a contract's (SUBS-1), and mine (ACCOUNT-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, func, select

from selfcare.database import Rows
from selfcare.language import _l, wording
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column, amount, day, moment
from selfcare.lists.growing import (
    REACH_OF_MINE,
    Branch,
    Growing,
    Keys,
    contracts_overseen,
    may_there,
    mine,
)
from selfcare.lists.query import ListOf
from selfcare.lists.statuses import Status
from selfcare.models import (
    Contract,
    Order,
    Subscription,
    SubscriptionStatus,
    SubscriptionTotal,
    subscription_status,
)
from selfcare.rights import Ability
from selfcare.services.orders.renewals import RENEWED_BY

SHOWN = select(
    Subscription.id,
    Subscription.ref,
    Subscription.subscribed_at,
    Subscription.name,
    Subscription.price,
    Subscription.upfront,
    Subscription.currency,
    Subscription.months,
    Subscription.region,
    Subscription.starts_on,
    Subscription.ends_on,
    Order.ref.label("order_ref"),
    Order.name_fr,
    Order.name_en,
    RENEWED_BY.label("renewed_by"),
).join(Order, Order.id == Subscription.order_id)


def status(row: Any, today: date) -> Any:
    """The status of a row, in words."""
    return wording.SUBSCRIPTION_STATUS[subscription_status(row.starts_on, row.ends_on, today)]


def has_status(
    code: SubscriptionStatus,
    today: date,
    of: type[Subscription] | type[SubscriptionTotal] = Subscription,
) -> ColumnElement[bool]:
    """The rule of `subscription_status`, asked of the database."""
    if code is SubscriptionStatus.SUBSCRIBED:
        return of.starts_on > today
    if code is SubscriptionStatus.ENDED:
        return of.ends_on < today
    return (of.starts_on <= today) & (of.ends_on >= today)


def _by_status(reader: Reader) -> Any:
    codes = enumerate(SubscriptionStatus)
    return case(*((has_status(code, reader.today()), rank) for rank, code in codes))


def _summed(of: ColumnElement[bool], today: date) -> list[ScalarSelect[Any]]:
    """The subscriptions of some contracts, by status: totals are few, however many."""
    total = SubscriptionTotal
    count = select(func.coalesce(func.sum(total.count), 0)).where(of)
    kinds = (has_status(code, today, total) for code in SubscriptionStatus)
    return [count.where(kind).scalar_subquery() for kind in kinds]


class _Subscriptions(Growing):
    """The common part of both lists of subscriptions."""

    shown = SHOWN
    name = "subscriptions"
    searched = (Subscription.search_text,)
    searched_dates = (Subscription.subscribed_at, Subscription.starts_on, Subscription.ends_on)
    default_sort = "-date"
    tie_break = Subscription.id
    each_has_one = True
    statuses: ClassVar[Mapping[str, Status]] = {
        code.value: Status(
            wording.SUBSCRIPTION_STATUS[code],
            partial(has_status, code),
            sort="-end" if code is SubscriptionStatus.ENDED else "-start",
            words=wording.SUBSCRIPTION_STATUS_TOO[code],
        )
        for code in SubscriptionStatus
    }


class SubscriptionList(_Subscriptions):
    """Subscription date, reference, name, price, start, end, status (figure 22)."""

    branches = (Branch(Subscription.contract_id == bindparam("contract")),)
    has_pills = True
    columns: ClassVar[tuple[Column, ...]] = (
        moment(
            "date",
            _l("Subscription date"),
            Subscription.subscribed_at,
            shows="subscribed_at",
            by_index=True,
        ),
        Column("ref", _l("Ref."), Subscription.ref, by_index=True),
        Column("name", _l("Name"), Subscription.name, by_index=True),
        amount("price", _l("Price"), Subscription.price, by_index=True),
        amount("upfront", _l("Upfront payment"), None, only_in_export=True),
        Column("currency", _l("Currency"), None, only_in_export=True),
        day("start", _l("Start date"), Subscription.starts_on, shows="starts_on", by_index=True),
        day("end", _l("End date"), Subscription.ends_on, shows="ends_on", by_index=True),
        Column(
            "status",
            _l("Status"),
            _by_status,
            text=lambda r, reader: str(status(r, reader.today())),
        ),
    )

    @classmethod
    def counting(cls, _statement: Rows, reader: Reader) -> Rows:
        """From the totals of the contract."""
        of_it = SubscriptionTotal.contract_id == bindparam("contract")
        return select(*_summed(of_it, reader.today()))

    @classmethod
    def of_contract(cls, contract_id: int) -> ListOf[Self]:
        """Every subscription of the contract."""
        return cls._of(contract=contract_id)


class MySubscriptionList(_Subscriptions):
    """The same list, across contracts (figure 43)."""

    reach = REACH_OF_MINE
    shown = SHOWN.add_columns(
        Contract.ref.label("contract_ref"),
        may_there(Ability.ORDER_SERVICE, Subscription.contract_id).label("can_order"),
    ).join(Contract, Contract.id == Subscription.contract_id)
    branches = mine(Subscription.contract_id, Subscription.subscribed_by_id)
    has_pills = True
    columns: ClassVar[tuple[Column, ...]] = (
        *SubscriptionList.columns[:2],
        Column("contract", _l("Contract"), Contract.ref, shows="contract_ref"),
        *SubscriptionList.columns[2:],
    )

    @classmethod
    def counting(cls, _statement: Rows, reader: Reader) -> Rows:
        """From the totals of the contracts that are all theirs; elsewhere their own one by one."""
        of_them = SubscriptionTotal.contract_id.in_(contracts_overseen())
        counts = []
        for status in cls.statuses:
            keys = Keys(cls.tie_break, cls.branches[1:], cls._of_status(status, reader))
            counts.append(cls.count_of(keys, status, reader).scalar_subquery())
        summed = _summed(of_them, reader.today())
        return select(*(one + other for one, other in zip(summed, counts, strict=True)))

    @classmethod
    def of_account(cls, account_id: int) -> ListOf[Self]:
        """Mine on all my contracts, and everybody's where I am the referent (ACCOUNT-2)."""
        return cls._of(account=account_id)
