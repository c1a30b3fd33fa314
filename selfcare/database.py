"""One session per request: reads in autocommit, writes in a transaction.

- A request that may not write (GET, HEAD) runs in AUTOCOMMIT: no BEGIN and COMMIT round trips on
  PostgreSQL, no lock on SQLite.
- Everything else runs in one transaction. On SQLite it begins, with the write lock (`BEGIN
  IMMEDIATE`), at the first statement that is more than a look: two writers wait for each other
  instead of failing half-way, and whoever still reads and checks keeps nobody waiting. Until then
  each statement sees what is committed by then, as on PostgreSQL (READ COMMITTED).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import ColumnElement, Connection, Engine, Select, inspect, literal, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from selfcare.config import Settings
from selfcare.engines import make_engines, make_visit_engine

Rows = Select[*tuple[Any, ...]]
"""A statement that selects columns, whichever they are."""


@dataclass(frozen=True)
class Bound:
    """A statement written once, and what this request puts into its `bindparam`s.

    To write a statement costs more than to run it: SQLAlchemy looks all of it over each time.
    """

    statement: Rows
    values: Mapping[str, Any] = field(default_factory=dict)

    def where(self, *conditions: ColumnElement[bool]) -> Bound:
        """Narrowed down; written anew."""
        return Bound(self.statement.where(*conditions), self.values)


View = TypeVar("View", bound=Callable[..., Any])


def writes(view: View) -> View:
    """This view changes rows when it is asked by GET, too; it gets a transaction, and commits."""
    view.writes = True  # type: ignore[attr-defined]
    return view


def only_reads() -> bool:
    """Whether this request only reads, apart from the row of its own sign-in."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS and not getattr(view, "writes", False)


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Database:
    """Three engines per application, one session per application context.

    What Flask-SQLAlchemy-Lite does, without its asynchronous half, which costs a thread a request
    (docs/adr/0004).
    """

    def init_app(self, app: Flask, settings: Settings) -> None:
        """Make the engines; nothing is connected yet."""
        app.extensions["engine"], app.extensions["read_engine"] = make_engines(settings)
        app.extensions["visit_engine"] = make_visit_engine(settings)
        app.teardown_appcontext(self._close)

    @property
    def engine(self) -> Engine:
        """The present application's engine, for what may write."""
        engine: Engine = current_app.extensions["engine"]
        return engine

    @property
    def engines(self) -> tuple[Engine, Engine, Engine]:
        """The one that may write, the one that reads in AUTOCOMMIT, the one of staff visits."""
        extensions = current_app.extensions
        return self.engine, extensions["read_engine"], extensions["visit_engine"]

    def dispose(self) -> None:
        """Close all idle connections, before a fork or at the end."""
        writes, reads, visits = self.engines
        shared = reads.pool is writes.pool
        writes.dispose()
        if shared:
            reads.pool = writes.pool
        else:
            reads.dispose()
        visits.dispose()

    @property
    def session(self) -> Session:
        """The session of this request, command or job."""
        session: Session | None = g.get("session")
        if session is None:
            writing, reading, visiting = self.engines
            if g.get("read_only"):
                engine = visiting
            else:
                engine = reading if has_request_context() and only_reads() else writing
            session = g.session = Session(engine)
        return session

    @staticmethod
    def discard() -> None:
        """Let go of the session and its connection, which may be broken; nothing is committed."""
        session: Session | None = g.pop("session", None)
        if session is not None:
            with suppress(SQLAlchemyError):
                session.invalidate()

    def _close(self, _problem: BaseException | None) -> None:
        session: Session | None = g.get("session")
        if session is None:
            return
        try:
            session.close()
        except SQLAlchemyError:  # the answer is made; a connection that broke since spoils nothing
            self.discard()
        g.pop("session", None)


db = Database()


T = TypeVar("T")

MOST_NAMED = 500
"""Values that one statement is given."""


def in_rounds(values: Collection[T]) -> Iterator[list[T]]:
    """The values, as many at a time as one statement is given."""
    every = list(values)
    for start in range(0, len(every), MOST_NAMED):
        yield every[start : start + MOST_NAMED]


class RowGone(Exception):
    """Somebody else has deleted the row since this transaction read it."""


def lock(row: Any) -> None:
    """Read a row anew, and keep it from others until the transaction ends.

    Raises:
        RowGone: there is nothing to keep; a request is answered as one for what is not there.
    """
    try:
        db.session.refresh(row, with_for_update=True)
    except InvalidRequestError as problem:
        if inspect(row).persistent:
            raise RowGone from problem
        raise


def insert_unless_there(model: type[Any], **values: Any) -> None:
    """Insert a row unless one with its key is there: two may come by at the same time."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(model).values(**values).on_conflict_do_nothing())


def among(
    column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of the values that a kept statement names.

    Those of `in_` may be others each time, so SQLAlchemy writes them into the statement each time.
    """
    return column.in_([literal(value, column.type) for value in values])


def beside_first(rows: Rows, model: Any, wanted: Rows) -> Rows:
    """Each row beside the first rows of a model that belong to it, not beside all of them.

    Args:
        rows: the statement that is to be joined.
        model: what it is joined to.
        wanted: the keys of its first rows, in an order that an index holds; `correlate` says which
            table of `rows` they are looked up for.
    """
    if db.engine.dialect.name == "postgresql":
        first = wanted.lateral()
        return rows.join(first, true()).join(model, model.id == first.c.id)
    # SQLite has no LATERAL, but a list of values may depend on the row it is asked for.
    return rows.join(model, model.id.in_(wanted))


@contextmanager
def planned_for_its_values(connection: Connection) -> Iterator[None]:
    """Have PostgreSQL plan a statement for its values, each time.

    psycopg prepares what it sends often, and PostgreSQL then makes one plan for any values: for a
    word found everywhere among a million rows it took 330 ms instead of 0.3.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    before, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = before
