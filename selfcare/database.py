"""One session per request: reads in autocommit, writes in a transaction.

- A request that may not write (GET, HEAD) runs in AUTOCOMMIT: no BEGIN and COMMIT round trips on
  PostgreSQL, no lock on SQLite.
- Everything else runs in one transaction. On SQLite it begins, with the write lock (`BEGIN
  IMMEDIATE`), at the first statement that is more than a look: two writers wait for each other
  instead of failing half-way, and whoever still reads and checks keeps nobody waiting. Until then
  each statement sees what is committed by then, as on PostgreSQL (READ COMMITTED).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import ColumnElement, Connection, Engine, Select, create_engine, event
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


def _only_reads() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method in SAFE_METHODS and not getattr(view, "writes", False)


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Database:
    """Two engines per application, one session per application context.

    What Flask-SQLAlchemy-Lite does, without its asynchronous half, which costs a thread a request
    (docs/adr/0004).
    """

    def init_app(self, app: Flask, settings: Settings) -> None:
        """Make the engines; nothing is connected yet."""
        app.extensions["engine"] = make_engine(settings)
        app.extensions["read_engine"] = make_engine(settings, reads=True)
        app.teardown_appcontext(self._close)

    @property
    def engine(self) -> Engine:
        """The present application's engine, for what may write."""
        engine: Engine = current_app.extensions["engine"]
        return engine

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """Both engines: the one that may write, the one that reads in AUTOCOMMIT."""
        return self.engine, current_app.extensions["read_engine"]

    def dispose(self) -> None:
        """Close all idle connections, before a fork or at the end."""
        for engine in self.engines:
            engine.dispose()

    @property
    def session(self) -> Session:
        """The session of this request, command or job."""
        session: Session | None = g.get("session")
        if session is None:
            reads = has_request_context() and _only_reads()
            session = g.session = Session(self.engines[reads])
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


def make_engine(settings: Settings, *, reads: bool = False) -> Engine:
    """An engine for the settings; `reads` for one in AUTOCOMMIT, with a pool of its own.

    (Switching one pool's connections back and forth costs more than the reads themselves.)
    """
    url = make_url(settings.database_url)
    options: dict[str, Any] = {"connect_args": {"timeout": settings.database_timeout}}
    if not reads:  # one writes at a time: the others wait here and are woken; SQLite's own waiting
        # looks ever more seldom, so that on a busy portal somebody was refused ("is locked")
        options |= {"pool_size": 1, "max_overflow": 0, "pool_timeout": settings.database_timeout}
    if url.get_backend_name() in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
        options = {
            "pool_size": settings.database_pool_size,
            "max_overflow": settings.database_pool_size,
            "pool_timeout": settings.database_timeout,
            "pool_recycle": 1800,
            "connect_args": {
                "connect_timeout": settings.database_timeout,
                "options": f"-c lock_timeout={settings.database_timeout}s -c timezone=UTC",
            },
        }
    if reads:
        options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    # An error's text would quote the values: names, addresses, hashes, in the log and in Redis.
    engine = create_engine(url, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        if not reads:
            event.listen(engine, "before_cursor_execute", _sqlite_begin)
    else:
        event.listen(engine, "checkin", _note_idle)
        event.listen(engine, "checkout", _ping_if_idle)
    return engine


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
