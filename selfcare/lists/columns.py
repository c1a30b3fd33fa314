"""The columns of lists: what each shows, sorts by, and says in an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, case
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.language.formats import plain_amount, plain_number
from selfcare.language.i18n import Reader
from selfcare.models import fold

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]
ForReader = Callable[[Reader], Any]
"""Makes an expression that depends on who reads the list."""


def _plain(value: Any, _reader: Reader) -> str:
    return str(value)


@dataclass(frozen=True)
class Column:
    """One column of a list.

    Attributes:
        key: the name in the address (`sort=-date`).
        label: the heading, translated when shown.
        sort: an expression, or one made for the reader; None cannot be sorted.
        shows: the name of the row's value, where it is not the key.
        written: the value as an export says it to the reader.
        text: the export's cell, where it comes from the whole row.
        only_in_export: absent from the screen, where another column says it already.
        is_number: its figures stand below one another, aligned at the right.
        by_index: an index holds its order, however many rows there are.
    """

    key: str
    label: Any
    sort: Expression | ForReader | None
    shows: str = ""
    written: Callable[[Any, Reader], str] = _plain
    text: Callable[[Row[Any], Reader], str] | None = None
    only_in_export: bool = False
    is_number: bool = False
    by_index: bool = False

    def cell(self, row: Row[Any], reader: Reader) -> str:
        """The cell of a row in a CSV file."""
        if self.text is not None:
            return self.text(row, reader)
        return self.written(getattr(row, self.shows or self.key), reader)

    def sorts_by(self, reader: Reader) -> Any:
        """The expression that sorts it for this reader."""
        if isinstance(self.sort, (ColumnElement, InstrumentedAttribute)) or self.sort is None:
            return self.sort
        return self.sort(reader)


moment = partial(Column, written=lambda value, reader: reader.moment(value))
"""A column of moments: `09/10/2017 11:31`."""
day = partial(Column, written=lambda value, reader: reader.day(value))
"""A column of days: `09/10/2017`."""
amount = partial(Column, written=plain_amount)
"""A column of amounts, as a spreadsheet reads them: `3596,45`."""
number = partial(Column, written=plain_number)
"""A column of other numbers."""


def worded(
    key: str,
    label: Any,
    expression: Any,
    words: Mapping[str, Any],
    *,
    shows: str = "",
    alphabetical: bool = False,
    ranked: Expression | None = None,
) -> Column:
    """A column of codes, sorted as their words are seen: codes of one word stand together.

    Args:
        key: as in `Column`, like `label` and `shows`.
        label: the heading.
        expression: the code.
        words: what each code is called, in the order of its life; nothing comes before them all.
        shows: the name of the row's value.
        alphabetical: sorted by the words themselves.
        ranked: the order of their life, if an index holds it.
    """

    def sort(_reader: Reader) -> Any:
        said = {code: str(word) for code, word in words.items()}
        if alphabetical:
            folded = {code: fold(word) for code, word in said.items()}
            return case(folded, value=expression, else_=expression)
        order = list(dict.fromkeys(said.values()))
        ranks = {code: order.index(word) for code, word in said.items()}
        return case(ranks, value=expression, else_=-1)

    def written(code: str | None, _reader: Reader) -> str:
        return str(words.get(code, code)) if code else ""

    if ranked is not None:
        return Column(key, label, ranked, shows=shows, written=written, by_index=True)
    return Column(key, label, sort, shows=shows, written=written)
