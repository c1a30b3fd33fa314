"""One search for staff: an exact reference leads to its page, anything else to short lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.database import Rows, db, planned_for_its_values
from selfcare.models import Account, Contract, Customer, Invoice, Order, Subscription, fold

LEAST = 3
"""Letters that a search needs: a shorter one would read whole tables."""
MOST = 10
"""Lines of each kind."""


class Kind(StrEnum):
    """The two kinds of pages that a reference can lead to."""

    PERSON = "person"
    CONTRACT = "contract"


@dataclass(frozen=True)
class Hit:
    """The page that an exact reference names."""

    kind: Kind
    key: int | str
    anchor: str = ""


def exact(text: str) -> Hit | None:
    """The page of a reference (contract, order, subscription, invoice), a login or an address."""
    wanted = text.strip()
    if not wanted:
        return None
    ref = _first(select(Contract.ref).where(Contract.ref == wanted.upper()))
    if ref:
        return Hit(Kind.CONTRACT, ref)
    by_login = select(Account.id).where(func.lower(Account.login) == wanted.lower())
    by_email = select(Account.id).where(func.lower(Account.email) == wanted.lower())
    for statement in (by_login, by_email):
        if found := _first(statement):
            return Hit(Kind.PERSON, found)
    for column, spelled in (
        (Order.ref, wanted.upper()),
        (Subscription.ref, wanted.upper()),
        (Invoice.number, wanted),
    ):
        owner = select(Contract.ref).join(column.class_, column.class_.contract_id == Contract.id)
        if ref := _first(owner.where(column == spelled)):
            return Hit(Kind.CONTRACT, ref, anchor=spelled)
    return None


@dataclass(frozen=True)
class Found:
    """Short lists, each with one row more than is shown where there are more."""

    people: list[Row[Any]]
    contracts: list[Row[Any]]
    orders: list[Row[Any]]

    @property
    def nothing(self) -> bool:
        """Whether all lists are empty."""
        return not (self.people or self.contracts or self.orders)


def lists(text: str) -> Found:
    """People, contracts and orders with all of these words; accents do not matter."""
    words = fold(text.strip()).split()[:5]
    people = select(
        Account.id,
        Account.login,
        Account.first_name,
        Account.last_name,
        Account.email,
        Account.is_staff,
    )
    contracts = select(
        Contract.ref, Contract.name, Customer.name.label("customer"), Customer.code
    ).join(Contract.customer)
    orders = select(
        Order.ref, Order.name_fr, Order.name_en, Order.placed_at, Contract.ref.label("of")
    ).join(Order.contract)
    return Found(
        _some(people, Account.search_text, words, Account.id),
        _some(contracts, Contract.search_text, words, Contract.id) or _of_company(contracts, words),
        _some(orders, Order.search_text, words, Order.id.desc()),
    )


def _some(
    statement: Rows, column: InstrumentedAttribute[str], words: Iterable[str], order: Any
) -> list[Row[Any]]:
    for word in words:
        statement = statement.where(column.contains(word, autoescape=True))
    return _planned(statement.order_by(order).limit(MOST + 1))


def _of_company(contracts: Rows, words: list[str]) -> list[Row[Any]]:
    """Contracts by their company's code or name.

    Companies are few, and looked up first: with them joined, every contract would be read.
    """
    companies, name = select(Customer.id), func.lower(Customer.name)
    for word in words:
        by_word = or_(func.lower(Customer.code) == word, name.contains(word, autoescape=True))
        companies = companies.where(by_word)
    found = [one.id for one in _planned(companies.order_by(Customer.id).limit(MOST + 1))]
    if not found:
        return []
    theirs = contracts.where(Contract.customer_id.in_(found))
    return _planned(theirs.order_by(Contract.id).limit(MOST + 1))


def _planned(statement: Rows) -> list[Row[Any]]:
    """The rows, found by a plan for these very words."""
    connection = db.session.connection()
    with planned_for_its_values(connection):
        return list(connection.execute(statement))


def _first(statement: Select[Any]) -> Any:
    return db.session.execute(statement.limit(1)).scalar()
