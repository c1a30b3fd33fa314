"""One search over all that somebody may see: an exact reference, else short lists (FIND-1).

What somebody may see stands in the statements: rows of contracts where their profile has the
ability. So what is not theirs is not told from what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    Subquery,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from selfcare.database import Rows, db, planned_for_its_values
from selfcare.lists.columns import Expression
from selfcare.lists.growing import Branch, Keys
from selfcare.lists.users import EMAIL, FIRST, FOUND_BY, HAS_COME, LAST, LOGIN
from selfcare.models import (
    Account,
    Contract,
    Invoice,
    Membership,
    Order,
    Service,
    Subscription,
    fold,
)
from selfcare.rights import Ability
from selfcare.services.months import TODAY
from selfcare.services.users import places

LEAST = 3
"""Letters that a search needs: a shorter one would read whole tables."""
MOST = 5
"""Lines of each kind."""
MOST_WORDS = 5


class Kind(StrEnum):
    """What a reference can name; an order comes before the subscription of the same name."""

    CONTRACT = "contract"
    ORDER = "order"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    PERSON = "person"


OPENED_BY = {
    Kind.CONTRACT: Ability.OPEN_CONTRACT,
    Kind.ORDER: Ability.READ_ORDERS,
    Kind.SUBSCRIPTION: Ability.READ_SUBSCRIPTIONS,
    Kind.INVOICE: Ability.READ_INVOICES,
    Kind.PERSON: Ability.READ_USERS,
}


@dataclass(frozen=True)
class Reach:
    """Whose search it is, and where.

    Attributes:
        account_id: who searches.
        ref: the contract whose rows the lists are of; empty for all of theirs.
        alone: nothing else is told of other contracts either (a visit of support).
    """

    account_id: int
    ref: str = ""
    alone: bool = False

    def places(self, ability: Ability, *, anywhere: bool = False) -> Subquery:
        """The contracts where they have the ability."""
        mine = aliased(Membership)
        found = (
            select(mine.contract_id, Contract.ref)
            .join(Contract, Contract.id == mine.contract_id)
            .where(
                mine.account_id == self.account_id,
                mine.lasts_on(TODAY),
                places.holds(ability, mine),
            )
        )
        if self.alone or (self.ref and not anywhere):
            found = found.where(Contract.ref == self.ref)
        return found.subquery()


@dataclass(frozen=True)
class Hit:
    """The page that an exact reference names: on a contract, by the key of its address."""

    kind: Kind
    ref: str
    key: str


def exact(text: str, reach: Reach) -> Hit | None:
    """The page of a contract, an order, a subscription, an invoice, or of a member.

    Several places of one member are several pages: the contract's that is searched, else none.
    """
    shouted = text.upper()
    login, email = func.lower(Account.login), func.lower(Account.email)
    person = select(Membership.id, Membership.contract_id).join(Membership.account).where(HAS_COME)
    asked = (
        _named(Kind.CONTRACT, Contract.ref, Contract.id, Contract.ref == shouted, reach),
        _named(Kind.ORDER, Order.ref, Order.contract_id, Order.ref == shouted, reach),
        _named(
            Kind.SUBSCRIPTION,
            Subscription.ref,
            Subscription.contract_id,
            Subscription.ref == shouted,
            reach,
        ),
        _named(
            Kind.INVOICE,
            Invoice.id,
            Invoice.contract_id,
            Invoice.number.in_((text, shouted)),
            reach,
        ),
        *(
            _named(
                Kind.PERSON,
                Membership.id,
                Membership.contract_id,
                column == text.lower(),
                reach,
                of=person,
            )
            for column in (login, email)
        ),
    )
    found = [Hit(Kind(row.kind), row.ref, row.key) for row in db.session.execute(union_all(*asked))]
    for kind in Kind:
        hits = {hit for hit in found if hit.kind is kind}
        here = [hit for hit in hits if hit.ref == reach.ref]
        if len(hits) == 1 or here:
            return here[0] if here else hits.pop()
    return None


def _named(
    kind: Kind,
    key: Expression,
    contract_id: Expression,
    condition: ColumnElement[bool],
    reach: Reach,
    *,
    of: Rows | None = None,
) -> Select[Any]:
    """The rows of a kind that a reference names; `of` is the statement where joins are needed."""
    here = reach.places(OPENED_BY[kind], anywhere=True)
    columns = (literal(kind.value).label("kind"), here.c.ref, cast(key, String).label("key"))
    rows = of.with_only_columns(*columns) if of is not None else select(*columns)
    return rows.join(here, here.c.contract_id == contract_id).where(condition)


@dataclass(frozen=True)
class Found:
    """Rows of each kind, and services to order: one more than is shown where there are more."""

    rows: dict[Kind, Sequence[Row[Any]]]
    services: Sequence[Row[Any]]

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return any(self.rows.values()) or bool(self.services)


def lists(text: str, reach: Reach) -> Found:
    """What holds all of these words, of every kind; accents do not matter."""
    words = fold(text).split()[:MOST_WORDS]
    with planned_for_its_values(db.session.connection()):
        return Found(
            {kind: _rows_of(kind, words, reach) for kind in Kind},
            _read(_services(reach.places(Ability.READ_CATALOGUE), words)),
        )


def _rows_of(kind: Kind, words: Sequence[str], reach: Reach) -> Sequence[Row[Any]]:
    here = reach.places(OPENED_BY[kind], anywhere=kind is Kind.CONTRACT)
    return _read(_STATEMENTS[kind](here, words))


def _read(statement: Rows) -> Sequence[Row[Any]]:
    values = {"most": MOST + 1, "skipped": 0, "reach": MOST + 1}
    return db.session.connection().execute(statement, values).all()


def _contracts(here: Subquery, words: Iterable[str]) -> Rows:
    rows = select(Contract.ref, Contract.name).join(here, here.c.contract_id == Contract.id)
    rows = rows.where(*_hold(Contract.search_text, words))
    return rows.order_by(Contract.name, Contract.id).limit(bindparam("most"))


def _orders(here: Subquery, words: Iterable[str]) -> Rows:
    branch = Branch(Order.contract_id == here.c.contract_id, here)
    keys = Keys(Order.id, (branch,), list(_hold(Order.search_text, words)))
    shown = select(
        Order.ref,
        Order.name_fr,
        Order.name_en,
        Order.placed_at,
        Order.status,
        Contract.ref.label("contract_ref"),
    ).join(Contract, Contract.id == Order.contract_id)
    return keys.page(shown, Order.placed_at, down=True)


def _subscriptions(here: Subquery, words: Iterable[str]) -> Rows:
    branch = Branch(Subscription.contract_id == here.c.contract_id, here)
    keys = Keys(Subscription.id, (branch,), list(_hold(Subscription.search_text, words)))
    shown = select(
        Subscription.ref,
        Subscription.name,
        Subscription.starts_on,
        Subscription.ends_on,
        Contract.ref.label("contract_ref"),
    ).join(Contract, Contract.id == Subscription.contract_id)
    return keys.page(shown, Subscription.subscribed_at, down=True)


def _invoices(here: Subquery, words: Iterable[str]) -> Rows:
    rows = select(Invoice.id, Invoice.number, Invoice.issued_on, here.c.ref.label("contract_ref"))
    rows = rows.join(here, here.c.contract_id == Invoice.contract_id)
    rows = rows.where(*_hold(func.lower(Invoice.number), words))
    return rows.order_by(Invoice.issued_on.desc(), Invoice.id.desc()).limit(bindparam("most"))


def _people(here: Subquery, words: Iterable[str]) -> Rows:
    shown = {"login": LOGIN, "first_name": FIRST, "last_name": LAST, "email": EMAIL}
    columns = (column.label(name) for name, column in shown.items())
    rows = select(Membership.id, *columns, here.c.ref.label("contract_ref"))
    rows = rows.join(Membership.account).join(here, here.c.contract_id == Membership.contract_id)
    rows = rows.where(*_hold(FOUND_BY, words))
    return rows.order_by(EMAIL, Membership.id).limit(bindparam("most"))


def _services(here: Subquery, words: Iterable[str]) -> Rows:
    """Each service once, with the first contracts whose catalogue they may read."""
    some = select(here.c.ref).order_by(here.c.ref).limit(bindparam("reach")).subquery()
    rows = select(
        Service.slug,
        Service.name_fr,
        Service.name_en,
        func.aggregate_strings(some.c.ref, " ").label("refs"),
    )
    rows = rows.select_from(Service).join(some, true())
    rows = rows.where(Service.is_offered, *_hold(Service.search_text, words)).group_by(Service.id)
    return rows.order_by(Service.position, Service.id).limit(bindparam("most"))


_STATEMENTS = {
    Kind.CONTRACT: _contracts,
    Kind.ORDER: _orders,
    Kind.SUBSCRIPTION: _subscriptions,
    Kind.INVOICE: _invoices,
    Kind.PERSON: _people,
}


def _hold(column: Any, words: Iterable[str]) -> Iterable[ColumnElement[bool]]:
    return (column.contains(word, autoescape=True) for word in words)
