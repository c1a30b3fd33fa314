"""One session per request: reads in autocommit, writes in a transaction.

- A request that may not write (GET, HEAD) runs in AUTOCOMMIT: no BEGIN and COMMIT round trips on
  PostgreSQL, no lock on SQLite.
- Everything else runs in one transaction. On SQLite it begins, with the write lock (`BEGIN
  IMMEDIATE`), at the first statement that is more than a look: two writers wait for each other
  instead of failing half-way, and whoever still reads and checks keeps nobody waiting. Until then
  each statement sees what is committed by then, as on PostgreSQL (READ COMMITTED).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Select, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import Session

from selfcare.config import Settings

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
    """Whether the present request changes no rows, but for what its sign-in says of itself."""
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


def insert_unless_there(model: type[Any], **values: Any) -> None:
    """Insert a row unless one with its key is there: two may come by at the same time."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    db.session.execute(dialect.insert(model).values(**values).on_conflict_do_nothing())


_OPTIONS = "-c timezone=UTC -c jit=off"


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


def make_engines(settings: Settings) -> tuple[Engine, Engine]:
    """The engine that may write, and the one that reads in AUTOCOMMIT.

    On PostgreSQL both share one pool, so that a process never holds more connections than it has
    use for; each engine puts a connection into its own mode where it comes from the other one,
    which costs nothing if it does not. (SQLAlchemy's own switching does so, and undoes it, for
    each request: 100 µs, half of what a small read takes.)
    """
    writes = make_engine(settings)
    if writes.dialect.name == "sqlite":
        return writes, _sqlite_engine(settings, reads=True)
    reads = create_engine(writes.url, pool=writes.pool, hide_parameters=True)
    event.listen(writes, "engine_connect", partial(_put_in_mode, autocommit=False))
    event.listen(reads, "engine_connect", partial(_put_in_mode, autocommit=True))
    return writes, reads


def _put_in_mode(connection: Connection, *, autocommit: bool) -> None:
    driver: Any = connection.connection.dbapi_connection
    if driver.autocommit != autocommit:
        driver.autocommit = autocommit


def make_visit_engine(settings: Settings) -> Engine:
    """An engine on which the database refuses to write, whoever asks (STAFF-2)."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        engine = _sqlite_engine(settings, reads=True)
        event.listen(engine, "connect", _sqlite_refuse_writes)
        return engine
    engine = make_engine(settings, session="-c default_transaction_read_only=on")
    event.listen(engine, "engine_connect", partial(_put_in_mode, autocommit=True))
    return engine


def make_engine(settings: Settings, *, session: str = "") -> Engine:
    """An engine for the settings, for what may write; nothing is connected yet.

    `session` holds more of PostgreSQL's settings for each of its connections.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() not in {"postgres", "postgresql"}:
        return _sqlite_engine(settings)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        pool_recycle=1800,
        pool_use_lifo=True,  # those of a busy hour fall idle, and are closed
        connect_args={
            "connect_timeout": settings.database_timeout,
            "options": f"-c lock_timeout={settings.database_timeout}s {_OPTIONS} {session}",
        },
        hide_parameters=True,  # an error's text would quote names, addresses, hashes
    )
    event.listen(engine, "do_connect", partial(_connect, patience=settings.database_timeout))
    event.listen(engine, "connect", _let_the_server_close_it)
    event.listen(engine, "checkin", _note_idle)
    event.listen(engine, "checkout", _ping_if_idle)
    return engine


def _sqlite_engine(settings: Settings, *, reads: bool = False) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": settings.database_timeout}}
    if reads:
        options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    else:  # one writes at a time: the others wait here and are woken; SQLite's own waiting
        # looks ever more seldom, so that on a busy portal somebody was refused ("is locked")
        options |= {"pool_size": 1, "max_overflow": 0, "pool_timeout": settings.database_timeout}
    engine = create_engine(make_url(settings.database_url), hide_parameters=True, **options)
    event.listen(engine, "connect", _sqlite_connect)
    if not reads:
        event.listen(engine, "before_cursor_execute", _sqlite_begin)
    return engine


_FULL = re.compile("too many (clients|connections)|remaining connection slots")
"""PostgreSQL's words (a driver that is not let in gets no code); where it speaks another language,
nobody waits."""


def _connect(
    dialect: Dialect, _record: Any, args: list[Any], options: dict[str, Any], *, patience: float
) -> Any:
    """Connect; where the server takes no more connections, wait for one that others give back."""
    until = time.monotonic() + patience
    while True:
        try:
            return dialect.connect(*args, **options)
        except dialect.loaded_dbapi.OperationalError as problem:
            if not _FULL.search(str(problem)) or time.monotonic() > until:
                raise
        time.sleep(0.1)


IDLE_FOR = 60
"""Seconds without use after which the server closes a connection; others may need it."""
_IDLE_LIMIT_SINCE = 140_000
"""The version of PostgreSQL that has such a limit."""


def _let_the_server_close_it(connection: Any, _record: Any) -> None:
    if connection.info.server_version < _IDLE_LIMIT_SINCE:
        return
    connection.autocommit = True
    connection.execute(f"SET idle_session_timeout = '{IDLE_FOR}s'")
    connection.autocommit = False


IDLE = 5.0
"""Seconds without use after which a connection is tried before it is used."""


def _note_idle(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_if_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Replace a connection the database has closed meanwhile (a restart, an idle limit).

    SQLAlchemy's own pre-ping asks every time, which costs a small page a tenth of its time.
    """
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except connection.Error as gone:
        raise DisconnectionError("closed while idle") from gone


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, below
    for pragma in (
        *("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"),
        "recursive_triggers=ON",  # or REPLACE deletes rows without asking their triggers
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_refuse_writes(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _sqlite_begin(
    connection: Connection, cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    """Begin before the first write, and before a row is read in order to be written.

    (`FOR UPDATE` is not in SQLite's language, but in the statement that was to be compiled.)
    """
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    if cursor.connection.in_transaction or statement.lstrip().startswith("PRAGMA"):
        return
    asked = getattr(getattr(context, "compiled", None), "statement", None)
    locks = getattr(asked, "_for_update_arg", None) is not None
    if locks or not statement.lstrip().upper().startswith("SELECT"):
        cursor.execute("BEGIN IMMEDIATE")
