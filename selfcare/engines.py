"""Connections to PostgreSQL and SQLite: how many, in which mode, when they are tried and closed."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from selfcare.config import Settings

_OPTIONS = "-c timezone=UTC -c jit=off"


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
    else:  # One writes at a time: the others wait here and are woken. SQLite's own waiting looks
        # ever more seldom, and refuses somebody on a busy portal ("is locked").
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
