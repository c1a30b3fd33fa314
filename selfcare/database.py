"""The database session: routed, retried nowhere, never shared between requests.

- A request that may not write (GET, HEAD) runs in AUTOCOMMIT: no BEGIN and COMMIT round trips on
  PostgreSQL, no lock on SQLite.
- Everything else runs in one transaction; on SQLite it takes the write lock at once
  (`BEGIN IMMEDIATE`), so that two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, has_request_context, request
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, Engine, Select, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from selfcare.config import Settings

Rows = Select[*tuple[Any, ...]]
"""A statement that selects columns, whichever they are."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RoutedSession(Session):
    """A session that reads in AUTOCOMMIT where the request may not write."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """The engine, or its AUTOCOMMIT twin (same pool) during a safe request."""
        bind = super().get_bind(*args, **kwargs)
        if isinstance(bind, Engine) and has_request_context() and request.method in SAFE_METHODS:
            twin: Engine | None = current_app.extensions.get("read_engine")
            return twin or bind
        return bind


db = SQLAlchemy(session_options={"class_": RoutedSession})


def engine_options(settings: Settings) -> dict[str, Any]:
    """The engine for `DATABASE_URL`, PostgreSQL or SQLite."""
    url = make_url(settings.database_url)
    if url.get_backend_name() in {"postgres", "postgresql"}:
        return {
            "url": url.set(drivername="postgresql+psycopg"),
            "pool_size": settings.database_pool_size,
            "max_overflow": settings.database_pool_size,
            "pool_timeout": settings.database_timeout,
            "pool_pre_ping": True,
            "pool_recycle": 1800,
            "connect_args": {
                "connect_timeout": settings.database_timeout,
                "options": f"-c lock_timeout={settings.database_timeout}s -c timezone=UTC",
            },
        }
    return {
        "url": url,
        "connect_args": {"timeout": settings.database_timeout, "isolation_level": None},
    }


def prepare(engine: Engine) -> Engine:
    """Set SQLite up (WAL, foreign keys, locks taken early); return the AUTOCOMMIT twin."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _sqlite_connect(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
