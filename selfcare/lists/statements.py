"""The three statements of a list: one page, the count, everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)

from selfcare.database import Rows
from selfcare.lists.columns import Expression

MOST: BindParameter[int] = bindparam("most")
SKIPPED: BindParameter[int] = bindparam("skipped")
REACH: BindParameter[int] = bindparam("reach")
"""The rows wanted, those before them, and both together."""
COUNTED: BindParameter[int] = bindparam("counted")
"""How far rows are counted."""


@dataclass(frozen=True)
class Statements:
    """What a list asks the database."""

    page: Rows
    count: Rows
    everything: Rows
    told: int = 0
    """How many counts each row of the page ends with."""

    def telling(self, counts: Rows) -> Statements:
        """These, but each row of the page tells the counts, too: one round trip less."""
        told = [one.label(f"counted_{n}") for n, one in enumerate(counts.selected_columns)]
        return replace(self, page=self.page.add_columns(*told), told=len(told))


def directed(expressions: Sequence[Expression], *, down: bool) -> list[ColumnElement[object]]:
    """An order: each of them up, or each down, as one index holds them."""
    return [e.desc() if down else e.asc() for e in expressions]


def counted(keys: Select[Any]) -> Rows:
    """The number of keys, as far as wanted; SQLite counts twice as fast what has no columns."""
    rows: Rows = keys.with_only_columns(literal_column("1"), maintain_column_froms=True)
    return select(func.count()).select_from(rows.limit(COUNTED).subquery())


def plain(
    filtered: Rows, *, by: Expression, key: Expression, down: bool, joins_decide: bool
) -> Statements:
    """Those of a list that is filtered and sorted as it stands.

    Args:
        filtered: its rows, with the conditions of a search.
        by: what sorts it.
        key: what tells two rows apart, and ends every order.
        down: the last comes first.
        joins_decide: False if joins only add columns, so that the count can skip them.
    """
    ordered = filtered.order_by(*directed([by, key], down=down))
    keys = filtered.with_only_columns(key)
    if not joins_decide and filtered.whereclause is not None:
        keys = select(key).where(and_(filtered.whereclause))
    return Statements(
        page=ordered.limit(MOST).offset(SKIPPED), count=counted(keys), everything=ordered
    )
