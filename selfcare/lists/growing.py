"""Lists that may hold millions of rows: a page takes as long as it does among a thousand.

The keys of a page are found first, in the order of an index; what is shown is read for those few
rows. Rows of many contracts are found contract by contract, as many of each as a page could need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any, ClassVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from selfcare.database import Rows, db
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column, Expression
from selfcare.lists.query import ListQuery
from selfcare.lists.statements import (
    MOST,
    REACH,
    SKIPPED,
    Statements,
    counted,
    directed,
    plain,
)
from selfcare.models import Membership
from selfcare.rights import Ability
from selfcare.services.months import TODAY
from selfcare.services.users.places import holds

REACH_OF_MINE = 1_000
"""Rows that the pages of a list over many contracts lead to; one contract may hold them all."""

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Branch:
    """A part of a list's rows; no row is in two of them.

    Attributes:
        where: which rows.
        over: the contracts that `where` compares a row with, if it does.
    """

    where: ColumnElement[bool]
    over: Subquery | None = None

    @property
    def holds(self) -> ColumnElement[bool]:
        """Whether a row is one of them."""
        if self.over is None:
            return self.where
        asked = select(literal(1)).select_from(self.over).where(self.where)
        return asked.correlate_except(self.over).exists()


def mine(contract_id: Expression, by_id: Expression) -> tuple[Branch, Branch]:
    """Mine on all my contracts, and everybody's where I am the referent (ACCOUNT-2).

    Args:
        contract_id: a row's contract.
        by_id: the account whose row it is.
    """
    own_of = _places().where(~Membership.is_referent).subquery()
    own = (contract_id == own_of.c.contract_id) & (by_id == bindparam("account"))
    all_of = contracts_overseen().subquery()
    return Branch(contract_id == all_of.c.contract_id, all_of), Branch(own, own_of)


def contracts_overseen() -> Select[int]:
    """The contracts whose referent I am."""
    return _places().where(Membership.is_referent)


def _places() -> Select[int]:
    of_account = Membership.account_id == bindparam("account")
    return select(Membership.contract_id).where(of_account, Membership.lasts_on(TODAY))


def may_there(ability: Ability, contract_id: Expression) -> ColumnElement[bool]:
    """Whether the list's `account` has an ability on the contract of a row."""
    place = select(literal(1)).where(
        Membership.account_id == bindparam("account"),
        Membership.contract_id == contract_id,
        Membership.lasts_on(TODAY),
        holds(ability),
    )
    return place.correlate_except(Membership).exists()


class Growing(ListQuery):
    """A list that only grows. Its `statement` follows from `shown` and `branches`."""

    counted_up_to = 1_000
    shown: ClassVar[Rows]
    """The columns, and the joins that bring them."""
    branches: ClassVar[tuple[Branch, ...]]

    def __init_subclass__(cls) -> None:
        """Put the statement together, once there are branches."""
        super().__init_subclass__()
        if hasattr(cls, "branches"):
            cls.statement = cls.shown.where(or_(*(branch.holds for branch in cls.branches)))

    def sorts(self, column: Column) -> bool:
        """Whether it can be sorted by a column; if no index helps, only while it is short."""
        by_index = self.has_index(column, self.asked.status)
        return super().sorts(column) and (by_index or self.total_is_exact)

    @classmethod
    def has_index(cls, column: Column, status: str) -> bool:
        """Whether an index holds the order of a column: among all rows, or those of a status."""
        if not status:
            return column.by_index
        return cls.statuses[status].sort.removeprefix("-") == column.key

    def _read(self) -> None:
        status, column = self.asked.status, self.column_of(self.asked.sort)
        if not self.has_index(column, status) and not self._count()[1]:
            held = self.statuses[status].sort if status else self.default_sort
            self.asked = replace(self.asked, sort=held)
        super()._read()

    @classmethod
    def written(
        cls,
        _statement: Rows,
        conditions: Conditions,
        reader: Reader,
        *,
        sort: str,
        status: str = "",
    ) -> Statements:
        """The statements, by keys; those of a column without index read all rows there are."""
        conditions = (*conditions, *cls._of_status(status, reader))
        keys = Keys(cls.tie_break, cls.branches, conditions)
        column, down = cls.column_of(sort), sort.startswith("-")
        by = column.sorts_by(reader)
        rows = keys.rows(cls.shown)
        whole = plain(rows, by=by, key=cls.tie_break, down=down, joins_decide=True)
        return Statements(
            page=keys.page(cls.shown, by, down=down)
            if cls.has_index(column, status)
            else whole.page,
            count=cls.count_of(keys, status, reader),
            everything=whole.everything,
        )

    @classmethod
    def count_of(cls, keys: Keys, status: str, reader: Reader) -> Rows:
        """How many keys of a status, or of any, there are, as far as they are counted."""
        held = cls.statuses[status].sort if status else cls.default_sort
        by = cls.column_of(held).sorts_by(reader)
        return keys.count(by)


class Keys:
    """The keys of a list's rows."""

    def __init__(self, key: Expression, branches: Sequence[Branch], conditions: Conditions) -> None:
        self.key: Any = key
        self.branches, self.conditions = branches, conditions

    def rows(self, shown: Rows) -> Rows:
        """All rows, in no order."""
        if len(self.branches) == 1:
            return shown.where(self.branches[0].holds, *self.conditions)
        parts: list[Select[Any]] = []
        for branch in self.branches:
            part = select(self.key).where(branch.where, *self.conditions)
            parts.append(part if branch.over is None else part.join(branch.over, branch.where))
        keys = union_all(*parts).subquery("keys")
        return shown.join(keys, keys.c.id == self.key)

    def page(self, shown: Rows, by: Expression, *, down: bool) -> Rows:
        """One page in the order of an index; what is shown is joined to its rows alone."""
        keys = self.first(by, down=down, limit=REACH).limit(MOST).offset(SKIPPED).subquery("keys")
        order = directed([keys.c.by, keys.c.id], down=down)
        return shown.join(keys, keys.c.id == self.key).order_by(*order)

    def first(self, by: Expression, *, down: bool, limit: BindParameter[int]) -> Select[Any]:
        """The first keys in an order, and what orders them; `limit` of each branch at most."""
        [first, *more] = (self._first_of(one, by, down, limit) for one in self.branches)
        if not more and self.branches[0].over is None:
            return first
        found = union_all(*(one.subquery().select() for one in (first, *more))).subquery()
        return select(found).order_by(*directed([found.c.by, found.c.id], down=down))

    def count(self, by: Expression) -> Rows:
        """How many there are: those of each place as far as counted, added up.

        `by` is what an index holds them by.
        """
        return select(reduce(add, (self._count_of(branch, by) for branch in self.branches)))

    def _count_of(self, branch: Branch, by: Expression) -> ColumnElement[int]:
        keys = self._ordered(branch, by, down=True)
        if branch.over is None:
            return counted(keys).scalar_subquery()
        of_one = counted(keys.correlate(branch.over)).scalar_subquery()
        of_all = cast(func.coalesce(func.sum(of_one), 0), Integer)  # PostgreSQL adds up to NUMERIC
        return select(of_all).select_from(branch.over).scalar_subquery()

    def _ordered(self, branch: Branch, by: Expression, *, down: bool) -> Select[Any]:
        keyed = select(self.key, by.label("by")).where(branch.where, *self.conditions)
        return keyed.order_by(*directed([by, self.key], down=down))

    def _first_of(
        self, branch: Branch, by: Expression, down: bool, limit: BindParameter[int]
    ) -> Select[Any]:
        keyed, over = self._ordered(branch, by, down=down), branch.over
        if over is None:
            return keyed
        keyed = keyed.limit(limit).correlate(over)
        if db.engine.dialect.name == "postgresql":
            first = keyed.lateral()
            return select(first).select_from(over.join(first, true()))
        # SQLite has no LATERAL, but a list of values may depend on the row it is asked for.
        twin = self.key.table.alias()
        ids = keyed.with_only_columns(self.key)
        found = select(twin.c.id).select_from(over.join(twin, twin.c.id.in_(ids)))
        return select(self.key, by.label("by")).where(self.key.in_(found))
