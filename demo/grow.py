"""`flask demo grow`: data in any amount, to see how fast the portal stays.

Everything is made a batch at a time, so that memory stays the same however much is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from sqlalchemy import Connection, delete, func, select

from demo.bulk_load import Load, bulk_load
from demo.data_files import read
from demo.invented import COLUMNS, Batch, InventedCustomer, Inventor, Member
from demo.invented_orders import OrderInventor
from selfcare.database import db
from selfcare.models import (
    Account,
    Contract,
    Customer,
    Membership,
    Offer,
    OrderCounter,
    SubscriptionTotal,
    fold,
    now,
)
from selfcare.rights import Ability, Rights

BATCH = 20_000
CONTRACTS_EACH = 3
"""The most contracts that an invented company holds."""
FIRST_REF = 1_000_000


class GrowthRefusedError(ValueError):
    """The numbers contradict each other, or the contract does not exist; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """The rows to add, and the contract that gets them."""

    contracts: int = 0
    people: int = 0
    orders: int = 0
    subscriptions: int = 0
    contract: str | None = None
    """The reference of the contract that gets all rows, in place of new contracts."""
    seed: int = 1

    @property
    def rows(self) -> int:
        """The number of rows that the progress bar counts."""
        return self.contracts + self.people + self.orders + self.subscriptions

    def check(self) -> None:
        """Refuse numbers that contradict each other.

        Raises:
            GrowthRefusedError: they do.
        """
        if self.subscriptions > self.orders:
            raise GrowthRefusedError("Each subscription comes of an order: more orders are needed.")
        if self.contract and self.contracts:
            raise GrowthRefusedError("Either new contracts or one that is there, not both.")
        if not self.contract and self.rows and not self.contracts:
            raise GrowthRefusedError("New contracts are needed, or the reference of one.")
        if self.contracts and not self.people:
            raise GrowthRefusedError("A contract needs a referent: at least one person is needed.")


def grow(growth: Growth, *, progress: Callable[[int], None] = lambda _: None) -> None:
    """Add all rows in one transaction.

    Args:
        progress: is told how many rows more are written.

    Raises:
        GrowthRefusedError: the numbers do not go together.
    """
    growth.check()
    expected = {
        "accounts": growth.people,
        "contracts": growth.contracts,
        "memberships": max(growth.people, growth.contracts),
        "orders": growth.orders,
        "subscriptions": growth.subscriptions,
    }
    with bulk_load(db.engine, expected) as load:
        _Grower(growth, load, progress).run()


class _Grower:
    def __init__(self, growth: Growth, load: Load, progress: Callable[[int], None]) -> None:
        self._growth = growth
        self._load = load
        self._progress = progress
        self._batch: Batch = {table: [] for table in COLUMNS}
        connection, moment, rng = load.connection, now(), Random(growth.seed)  # noqa: S311
        self._inventor = Inventor(
            rng,
            load.next_ids(),
            offer_id=_offer_id(connection),
            next_ref=_next_ref(connection),
            now=moment,
        )
        self._orders = OrderInventor(rng, self._inventor, now=moment)

    def run(self) -> None:
        """Add the rows contract by contract, or all to one."""
        if self._growth.contract:
            self._fill_one(self._growth.contract)
        else:
            self._fill_many()
        self._flush()
        if self._growth.subscriptions:
            SubscriptionTotal.work_out_all(self._load.connection)

    def _fill_many(self) -> None:
        growth, done = self._growth, 0
        people = self._people()
        while done < growth.contracts:
            held = min(1 + done % CONTRACTS_EACH, growth.contracts - done)
            customer = self._inventor.customer(self._batch)
            for index in range(done, done + held):
                contract_id = self._inventor.contract(self._batch, customer)
                for nth in range(max(1, _share(growth.people, index, 1, growth.contracts))):
                    member = self._inventor.membership(
                        self._batch, next(people), contract_id, is_referent=nth == 0
                    )
                    if member:
                        customer.members.append(member)
                self._flush_if_full()
            self._place(
                customer,
                _share(growth.orders, done, held, growth.contracts),
                _share(growth.subscriptions, done, held, growth.contracts),
            )
            done += held

    def _people(self) -> Iterator[Member]:
        """Yield new people; the same ones again where there are more contracts than people."""
        made: list[Member] = []
        few = self._growth.people < self._growth.contracts
        for _ in range(self._growth.people):
            person = self._inventor.person(self._batch)
            if few:
                made.append(person)
            yield person
        while True:
            yield from made

    def _fill_one(self, ref: str) -> None:
        customer, contract = _existing(self._load.connection, ref)
        for _ in range(self._growth.people):
            person = self._inventor.person(self._batch)
            member = self._inventor.membership(self._batch, person, contract, is_referent=False)
            if member:
                customer.members.append(member)
            self._flush_if_full()
        if self._growth.orders and not customer.members:
            raise GrowthRefusedError(f"{ref} has nobody who could order.")
        self._place(customer, self._growth.orders, self._growth.subscriptions)

    def _place(self, customer: InventedCustomer, orders: int, subscriptions: int) -> None:
        placed, subscribed = self._batch["orders"], self._batch["subscriptions"]
        for order, subscription in self._orders.orders(customer, orders, subscriptions):
            placed.append(order)
            if subscription:
                subscribed.append(subscription)
            if len(placed) >= BATCH:
                self._flush()
        counters = [(customer.id, month, last) for month, last in customer.last_numbers.items()]
        self._batch["order_counters"].extend(counters)

    def _flush_if_full(self) -> None:
        if len(self._batch["memberships"]) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        shown = ("contracts", "accounts", "orders", "subscriptions")
        count = sum(len(self._batch[table]) for table in shown)
        self._load.write(self._batch)
        self._progress(count)


def _share(total: int, first: int, count: int, of: int) -> int:
    """Return how much of a total `count` parts get, from `first` on, if `of` parts share it."""
    return (first + count) * total // of - first * total // of


def _offer_id(connection: Connection) -> int:
    """Return the id of the demo's first offer, made if it is missing."""
    [offer, *_] = read("offers")["offer"]
    there = connection.execute(select(Offer.id).where(Offer.code == offer["code"])).scalar()
    if there is None:
        made = connection.execute(Offer.__table__.insert().values(offer).returning(Offer.id))  # type: ignore[attr-defined]
        there = made.scalar_one()
    return int(there)


def _next_ref(connection: Connection) -> int:
    """Return the number after the last contract whose reference looks like ours."""
    last = connection.execute(
        select(func.max(Contract.ref)).where(
            Contract.ref.between(f"OCB{FIRST_REF}", "OCB9999999"), func.length(Contract.ref) == 10
        )
    ).scalar()
    digits = (last or "")[3:]
    return (int(digits) if digits.isdecimal() else FIRST_REF) + 1


def _existing(connection: Connection, ref: str) -> tuple[InventedCustomer, int]:
    """Return an existing contract: its customer, the order numbers so far, its members.

    The counters leave the table: they come back with the last of the rows.
    """
    contract = connection.execute(
        select(Contract.id, Contract.customer_id, Customer.code)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(Contract.ref == ref)
    ).one_or_none()
    if contract is None:
        raise GrowthRefusedError(f"There is no contract {ref}.")
    people = connection.execute(
        select(
            Account.id, Account.login, Account.first_name, Account.last_name, Membership.profiles
        )
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.contract_id == contract.id)
        .order_by(Account.id)
    )
    members = [
        Member(
            account_id=person.id,
            contract_id=contract.id,
            login=fold(person.login),
            name=f"{person.first_name} {person.last_name.upper()}",
        )
        for person in people
        if Rights(person.profiles).may(Ability.ORDER_SERVICE)
    ]
    of_customer = OrderCounter.customer_id == contract.customer_id
    counters = select(OrderCounter).where(of_customer)
    numbers = {counter.month: counter.last for counter in connection.execute(counters)}
    connection.execute(delete(OrderCounter).where(of_customer))
    customer = InventedCustomer(contract.customer_id, contract.code, members, numbers)
    return customer, contract.id
