"""The one place with search, sort, pages and export (LIST-1).

A list is a subclass of `ListQuery`: what it shows, searches and sorts by, as data. What the reader
asked for comes from the address (`asked`), how it is asked of the database stands in `statements`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Generic, Self, TypeVar

from sqlalchemy import ColumnElement, Date, Result, Row, and_, or_, select

from selfcare.database import Bound, Rows, db, planned_for_its_values
from selfcare.language.i18n import Reader
from selfcare.lists import kept
from selfcare.lists.asked import Asked
from selfcare.lists.columns import Column, Expression
from selfcare.lists.dates import span
from selfcare.lists.shown import ShownList
from selfcare.lists.statements import Statements, plain
from selfcare.lists.statuses import grouped
from selfcare.models import fold

_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}")


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

    def asked(self, args: Mapping[str, str], *, path: str, reader: Reader) -> L_co:
        """The list for an address.

        Args:
            args: as in `request.args`, whatever somebody typed there.
            path: the address without them.
            reader: whose language and time zone it is.
        """
        return self.kind(
            self.chosen,
            self.kind.read(args),
            path=path,
            reader=reader,
            keep=self.keep,
            about=self.about,
        )


class ListQuery(ShownList):
    """A list as the reader asked for it: rows of one page, the total, and its addresses.

    A class says whose rows it shows by a `statement` with `bindparam`s, and a class method that
    fills them in and gives a `ListOf`.
    """

    statement: ClassVar[Rows]
    searched: ClassVar[tuple[Expression, ...]]
    searched_dates: ClassVar[tuple[Expression, ...]] = ()
    tie_break: ClassVar[Expression]
    joins_decide: ClassVar[bool] = True
    """False if joins only add columns, so that the count can skip them."""
    is_file_guarded: ClassVar[bool] = False
    """Whether a page comes before the file, which browsers must not take for it."""

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
        self.page = min(asked.page, self._last_of(self.reached))
        self.has_next = self.is_cut = False
        self.rows = []
        self.counts = None
        self._read()

    @classmethod
    def _of(cls, **values: Any) -> ListOf[Self]:
        """The list with these values in its statement."""
        return ListOf(cls, Bound(cls.statement, values))

    @classmethod
    def column_of(cls, sort: str) -> Column:
        """The column that an address sorts by."""
        key = sort.removeprefix("-")
        return next(column for column in cls.columns if column.key == key)

    @classmethod
    def written(
        cls,
        statement: Rows,
        conditions: Sequence[ColumnElement[bool]],
        reader: Reader,
        *,
        sort: str,
        status: str = "",
    ) -> Statements:
        """The statements of the list when it is searched, filtered and sorted like this."""
        conditions = (*conditions, *cls._of_status(status, reader))
        return plain(
            statement.where(*conditions),
            by=cls.column_of(sort).sorts_by(reader),
            key=cls.tie_break,
            down=sort.startswith("-"),
            joins_decide=cls.joins_decide,
        )

    @classmethod
    def _of_status(cls, status: str, reader: Reader) -> tuple[ColumnElement[bool], ...]:
        """What its rows have in common if only those of a status are asked for."""
        return (cls.statuses[status].where(reader.today()),) if status else ()

    @classmethod
    def counting(cls, statement: Rows, reader: Reader) -> Rows:
        """One statement: how many rows there are, then of each status, as far as counted.

        Each of its columns stands for itself: rows of a page tell them, too. Where each row has one
        of the statuses, all rows are their sum, and are not counted.
        """
        kinds = ["", *cls.statuses] if cls.has_pills else [""]
        if cls.has_pills and cls.each_has_one:
            kinds.remove("")
        counts = [
            cls.written(statement, (), reader, sort=cls.default_sort, status=kind).count
            for kind in kinds
        ]
        return select(*(one.scalar_subquery() for one in counts))

    @property
    def _statements(self) -> Statements:
        """Kept for every list but a searched one, whose words would be many."""
        kind, statement = type(self), self.chosen.statement
        sort, status = self.asked.sort, self.asked.status
        if self.asked.q:
            conditions = list(self._conditions())
            return kind.written(statement, conditions, self.reader, sort=sort, status=status)
        # mypy looks at the instances' __hash__, where the class is meant
        return kept.statements(kind, statement, sort, status, *self._when_and_where)  # type: ignore[arg-type]

    @property
    def _when_and_where(self) -> tuple[Reader, date, str]:
        """What statements that are kept depend on; some lists sort by what is past."""
        return self.reader, self.reader.today(), db.engine.dialect.name

    def _conditions(self) -> Iterator[ColumnElement[bool]]:
        """One for each word of the search."""
        words = self.asked.q.split()
        if any(span(word) for word in words):  # « 09/10/2017 11:31 » copied from the list
            words = [word for word in words if not _TIME_OF_DAY.fullmatch(word)]
        today = self.reader.today()
        for together, meant in grouped(words, self.statuses):
            text = and_(*(or_(*self._matches(word)) for word in together))
            yield or_(text, *(status.where(today) for status in meant))

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
        """The number of rows as far as they are counted, and whether these are all."""
        return self._as_far(self._run(self._statements.count).scalar_one())

    def _as_far(self, count: int) -> tuple[int, bool]:
        return min(count, self.counted_up_to), count <= self.counted_up_to

    def _read(self) -> None:
        """The page asked for; what is searched is counted only if it is more than a page."""
        told = self._fetch()
        if told is None and not self.asked.q:
            told = self._counted()
        if told is not None:
            if self.has_pills and self.each_has_one:
                told = (sum(told), *told)
            self.counts = told if self.has_pills else None
            self.total, self.total_is_exact = self._as_far(told[self._kind])
        elif self.page == 1 and not self.has_next:
            self.total, self.total_is_exact = len(self.rows), True
        else:
            self.total, self.total_is_exact = self._count()
        if not self.rows and self.page > 1:  # beyond the end
            everything = self.total
            if not self.total_is_exact:
                everything = self._run(self._statements.count, counted=self.reached).scalar_one()
            self.page = self._last_of(everything)
            self._fetch()
        if self.page == self._last_of(self.reached):
            self.is_cut, self.has_next = self.has_next, False

    def _fetch(self) -> tuple[int, ...] | None:
        """Read one page, and a row more, which tells whether a next one exists.

        Returns what rows tell of the counts, if there is one. They are kept as plain tuples: what
        is rendered once is found again by its row, and tuples are compared in no time.
        """
        size, statements = self.page_size, self._statements
        most, skipped = size + 1, (self.page - 1) * size
        counts = {"most": most, "skipped": skipped, "reach": skipped + most}
        found = self._run(statements.page, **counts)
        names, rows = tuple(found.keys()), found.all()
        end = len(names) - statements.told
        make = kept.row_of(names[:end])
        self.has_next = len(rows) > size
        self.rows = [make(row[:end]) for row in rows[:size]]
        return tuple(rows[0][end:]) if statements.told and rows else None

    def _counted(self) -> tuple[int, ...]:
        """What rows would tell, if there were one."""
        asked = kept.counting(type(self), self.chosen.statement, *self._when_and_where)  # type: ignore[arg-type]
        if self.page == 1 and not self.asked.status:
            return (0,) * len(asked.selected_columns)
        return tuple(self._run(asked).one())

    @property
    def _kind(self) -> int:
        """Which of the counts is that of the rows asked for."""
        return ("", *self.statuses).index(self.asked.status)

    def _run(self, statement: Rows, **values: int) -> Result[Any]:
        """Rows need nothing of the session but its connection."""
        connection = db.session.connection()
        asked = {**self.chosen.values, "counted": self.counted_up_to + 1, **values}
        if not self.asked.q:
            return connection.execute(statement, asked)
        with planned_for_its_values(connection):
            return connection.execute(statement, asked)

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
