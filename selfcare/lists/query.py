"""The one place with search, sort, pages and export (LIST-1).

A list is a subclass of `ListQuery`: what it shows, searches and sorts by, as data. What the reader
asked for comes from the address (`q`, `sort`, `page`, `open`) and is a whitelist: anything else is
ignored, never an error and never an expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, ClassVar, Generic, Self, TypeVar
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Date, Result, Row, and_, bindparam, func, or_, select

from selfcare.database import Bound, Rows, db
from selfcare.language.i18n import Reader
from selfcare.lists.columns import Column, Expression
from selfcare.lists.dates import span
from selfcare.models import fold

PAGE_SIZE = 25
COUNTED_UP_TO = 10_000
LONGEST_SEARCH = 200
_MOST = 2**60  # more rows than there can be
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}")


@dataclass(frozen=True)
class Asked:
    """The reader's wishes, read from an address."""

    q: str = ""
    sort: str = ""
    page: int = 1
    open: str = ""
    too_long: bool = False


@dataclass(frozen=True)
class Statements:
    """A list's three statements: one page, the count, everything."""

    page: Rows
    count: Rows
    everything: Rows


L_co = TypeVar("L_co", bound="ListQuery", covariant=True)


@dataclass(frozen=True)
class ListOf(Generic[L_co]):
    """A list of somebody's or something's rows, before the reader's address says which page.

    Attributes:
        kind: the list's class.
        chosen: its rows.
        keep: what else the page's address holds; every address of the list keeps it.
        about: the time its rows are of, if it is not the present: names its export.
    """

    kind: type[L_co]
    chosen: Bound
    keep: Mapping[str, str] = field(default_factory=dict)
    about: str = ""

    def where(self, *conditions: ColumnElement[bool]) -> Bound:
        """Some of its rows, for the page of one."""
        return self.chosen.where(*conditions)

    def asked(
        self,
        args: Mapping[str, str],
        *,
        path: str,
        reader: Reader,
        beside: Mapping[str, str] | None = None,
    ) -> L_co:
        """The list for an address.

        Args:
            args: as in `request.args`, whatever somebody typed there.
            path: the address without them.
            reader: whose language and time zone it is.
            beside: what the page's other lists are asked; kept like `keep`.
        """
        keep = {**self.keep, **(beside or {})}
        asked = self.kind.read(args)
        return self.kind(self.chosen, asked, path=path, reader=reader, keep=keep, about=self.about)


class ListQuery:
    """A list as the reader asked for it: rows of one page, the total, and its addresses.

    A class says whose rows it shows by a `statement` with `bindparam`s, and a class method that
    fills them in and gives a `ListOf`.
    """

    statement: ClassVar[Rows]
    columns: ClassVar[tuple[Column, ...]]
    searched: ClassVar[tuple[Expression, ...]]
    searched_dates: ClassVar[tuple[Expression, ...]] = ()
    default_sort: ClassVar[str]
    tie_break: ClassVar[Expression]
    prefix: ClassVar[str] = ""
    joins_decide: ClassVar[bool] = True
    """False if joins only add columns, so that the count can skip them."""
    name: ClassVar[str]
    """Names the list on its page (`id` of its part) and its export file."""

    def __init__(
        self,
        chosen: Bound,
        asked: Asked,
        *,
        path: str,
        reader: Reader,
        keep: Mapping[str, str],
        about: str,
    ) -> None:
        self.path, self.asked, self.reader = path, asked, reader
        self.keep, self.about, self.chosen = keep, about, chosen
        self.page = asked.page
        self.has_next = False
        self.rows: Sequence[Row[Any]] = []
        self._read()

    @classmethod
    def _of(cls, **values: Any) -> ListOf[Self]:
        """The list with these values in its statement."""
        return ListOf(cls, Bound(cls.statement, values))

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Asked:
        """The wishes in the address, every value made harmless."""

        def given(name: str) -> str:
            return _NOT_TEXT.sub(" ", args.get(cls.prefix + name, "")).strip()

        q, sort, page = given("q"), given("sort"), given("page")
        sortable = {column.key for column in cls.columns if column.sort is not None}
        return Asked(
            q=q[:LONGEST_SEARCH],
            too_long=len(q) > LONGEST_SEARCH,
            sort=sort if sort.removeprefix("-") in sortable else cls.default_sort,
            page=int(page) if re.fullmatch(r"[1-9]\d{0,8}", page) else cls._odd_page(page),
            open=given("open")[:64],
        )

    @staticmethod
    def _odd_page(page: str) -> int:
        """A page number too long to be one means the last page; anything else the first."""
        return 10**9 if re.fullmatch(r"[1-9]\d{9,}", page) else 1

    # What is in it

    @property
    def _statements(self) -> Statements:
        """Kept for every list but a searched one, whose words would be many."""
        if self.asked.q:
            filtered = self._filtered(self.chosen.statement)
            return write(type(self), filtered, self.asked.sort, self.reader)
        kind, today = type(self), self.reader.today()
        # mypy looks at the instances' __hash__, where the class is meant
        return _kept(kind, self.chosen.statement, self.asked.sort, self.reader, today)  # type: ignore[arg-type]

    def _filtered(self, statement: Rows) -> Rows:
        words = self.asked.q.split()
        if any(span(word) for word in words):  # « 09/10/2017 11:31 » copied from the list
            words = [word for word in words if not _TIME_OF_DAY.fullmatch(word)]
        for word in words:
            statement = statement.where(or_(*self._matches(word)))
        return statement

    def _matches(self, word: str) -> Iterator[ColumnElement[bool]]:
        for text in dict.fromkeys((fold(word), word.lower())):  # not every column is folded
            for column in self.searched:
                yield column.contains(text, autoescape=True)
        if days := span(word):
            for column in self.searched_dates:
                first, after = (self._bound(column, day) for day in days)
                yield and_(column >= first, column < after)

    def _bound(self, column: Expression, day: date) -> date | datetime:
        if isinstance(column.type, Date):
            return day
        return datetime.combine(day, time(), self.reader.zone).astimezone(UTC)

    def _count(self) -> tuple[int, bool]:
        """The number of rows, counted up to `COUNTED_UP_TO` (a list may hold millions)."""
        count = self._run(self._statements.count, most=COUNTED_UP_TO + 1).scalar_one()
        return min(count, COUNTED_UP_TO), count <= COUNTED_UP_TO

    def _read(self) -> None:
        """The rows of the page asked for, and the total.

        The first page is read before anything is counted: short lists count themselves.
        """
        if self.page == 1:
            self.rows = self._fetch()
            short = len(self.rows), True
            self.total, self.total_is_exact = self._count() if self.has_next else short
            return
        self.total, self.total_is_exact = self._count()
        if self.total_is_exact:
            self.page = min(self.page, self.pages)
        self.rows = self._fetch()
        if not self.rows and self.page > 1:  # beyond the end of a list too long to be counted
            everything = self._run(self._statements.count, most=_MOST).scalar_one()
            self.page = max(1, -(-everything // PAGE_SIZE))
            self.rows = self._fetch()

    def _fetch(self) -> Sequence[Row[Any]]:
        """One page; a row more tells whether a next page exists."""
        skipped = (self.page - 1) * PAGE_SIZE
        rows = self._run(self._statements.page, most=PAGE_SIZE + 1, skipped=skipped).all()
        self.has_next = len(rows) > PAGE_SIZE
        return rows[:PAGE_SIZE]

    def _run(self, statement: Rows, **values: int) -> Result[Any]:
        """Rows need nothing of the session but its connection."""
        return db.session.connection().execute(statement, {**self.chosen.values, **values})

    def everything(self) -> Iterator[Row[Any]]:
        """All rows of the list as filtered and sorted, a few hundred at a time (exports)."""
        on_sqlite = db.engine.dialect.name == "sqlite"
        level = "AUTOCOMMIT" if on_sqlite else "REPEATABLE READ"
        options = {"isolation_level": level, "stream_results": True, "yield_per": 500}
        engine = db.engines[on_sqlite]  # its one connection for writing is not for slow readers
        with (
            engine.connect().execution_options(**options) as connection,
            connection.execute(self._statements.everything, self.chosen.values) as rows,
        ):
            yield from rows

    # How it is shown

    @property
    def pages(self) -> int:
        """The number of pages known to exist (at least one, be it empty)."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns on screen."""
        return tuple(column for column in self.columns if not column.only_in_export)

    @property
    def first(self) -> int:
        """The number of the first row shown, counted from one."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The sorted column's key, and whether it goes down."""
        return self.asked.sort.removeprefix("-"), self.asked.sort.startswith("-")

    @classmethod
    def state(cls, asked: Asked, **changes: Any) -> dict[str, str]:
        """What an address asks of such a list, `changes` included; defaults stay out of it."""
        state = {
            "q": asked.q,
            "sort": asked.sort,
            "page": asked.page,
            "open": asked.open,
            **changes,
        }
        if state["sort"] == cls.default_sort:
            del state["sort"]
        if state["page"] == 1:
            del state["page"]
        return {cls.prefix + name: str(value) for name, value in state.items() if value}

    def url(self, **changes: Any) -> str:
        """The address of this list with something else asked.

        `format="csv"` may be given beside the fields of `Asked`.
        """
        state = self.state(self.asked, **{"page": self.page, **changes})
        query = urlencode({**self.keep, **state})
        return f"{self.path}?{query}" if query else self.path

    def sort_url(self, column: Column) -> str:
        """Sort by this column; a second time turns the order round."""
        key, down = self.sorted_by
        turned = "" if key != column.key or down else "-"
        return self.url(sort=turned + column.key, page=1, open="")

    def row_urls(self) -> tuple[str, str]:
        """The address that opens a row, to put its key behind; and the one that closes it."""
        closed = self.url(open="")
        return f"{closed}{'&' if '?' in closed else '?'}{self.prefix}open=", closed

    def pager(self) -> list[int | None]:
        """Page numbers to offer, None for a gap: `1 … 4 5 6 … 40`."""
        last = max(self.pages, self.page + self.has_next)
        near = {1, last, *range(self.page - 1, self.page + 2)}
        numbers: list[int | None] = []
        for page in sorted(n for n in near if 1 <= n <= last):
            if numbers and numbers[-1] is not None and page - numbers[-1] > 1:
                numbers.append(None)
            numbers.append(page)
        return numbers


def write(kind: type[ListQuery], filtered: Rows, sort: str, reader: Reader) -> Statements:
    """The statements of a list that is sorted like this."""
    key, down = sort.removeprefix("-"), sort.startswith("-")
    column = next(column for column in kind.columns if column.key == key)
    by = [column.sorts_by(reader), kind.tie_break]
    ordered = filtered.order_by(*(e.desc() if down else e.asc() for e in by))
    keys: Rows = filtered.with_only_columns(kind.tie_break)
    if not kind.joins_decide and filtered.whereclause is not None:
        keys = select(kind.tie_break).where(filtered.whereclause)
    counted = keys.limit(bindparam("most")).subquery()
    return Statements(
        page=ordered.limit(bindparam("most")).offset(bindparam("skipped")),
        count=select(func.count()).select_from(counted),
        everything=ordered,
    )


@lru_cache(maxsize=256)
def _kept(
    kind: type[ListQuery], statement: Rows, sort: str, reader: Reader, _today: date
) -> Statements:
    """The same, kept; the day is in the key because some lists sort by what is past."""
    return write(kind, statement, sort, reader)
