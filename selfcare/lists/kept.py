"""What lists ask unless they are searched, written once: to write takes longer than to ask."""

from __future__ import annotations

from collections import namedtuple
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from selfcare.database import Rows
from selfcare.language.i18n import Reader
from selfcare.lists.statements import Statements

if TYPE_CHECKING:
    from selfcare.lists.query import ListQuery


@lru_cache(maxsize=256)
def statements(
    kind: type[ListQuery],
    statement: Rows,
    sort: str,
    status: str,
    reader: Reader,
    _today: date,
    _dialect: str,
) -> Statements:
    """What a list asks unless it is searched, written once."""
    made = kind.written(statement, (), reader, sort=sort, status=status)
    return made.telling(kind.counting(statement, reader))


@lru_cache(maxsize=64)
def counting(
    kind: type[ListQuery], statement: Rows, reader: Reader, _today: date, _dialect: str
) -> Rows:
    """What counts the statuses of a list, written once."""
    return kind.counting(statement, reader)


@lru_cache
def row_of(names: tuple[str, ...]) -> Any:
    """What makes a list's row of its values, which have these names."""
    return partial(tuple.__new__, namedtuple("Row", names))  # as `_make`, but for its Python
