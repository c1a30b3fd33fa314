"""Alembic: migrates the database the settings name, or the connection a test hands over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import OperationalError

from selfcare import config, engines
from selfcare.models import Base
from selfcare.models.base import UTCDateTime
from selfcare.models.contract import Profiles


def plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own types as the database's, so that old migrations need none of our code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Profiles):
        return "sa.JSON()"
    return False


def is_modelled(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leave PostgreSQL's trigram indexes alone: migrations make them, models do not name them."""
    return not (kind == "index" and name is not None and name.endswith("_search_text"))


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=plain_types,
        include_object=is_modelled,
        transaction_per_migration=True,  # no table stays locked while another one's rows change
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite" and inspect(connection).has_table("sqlite_stat1"):
        # It was counted once (`ANALYZE`). SQLite takes an index that is new since for a narrow one.
        connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
        connection.exec_driver_sql("ANALYZE")


ALONE = 5_321_771_903
"""The number of PostgreSQL's advisory lock that a migration holds; ours by being improbable."""


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """One migration at a time: a second one waits for the first, and finds nothing to do."""
    if connection.dialect.name != "postgresql":
        yield
        return
    patience = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    connection.exec_driver_sql("SET lock_timeout = 0")  # the other one takes its time
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({ALONE})")
    connection.exec_driver_sql(f"SET lock_timeout = '{patience}'")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ALONE})")
        connection.commit()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    try:
        settings = config.load()
    except config.BadSetting as problem:  # Alembic says it in one line
        raise CommandError(str(problem)) from None
    engine = engines.make_engine(settings)
    try:
        with engine.connect() as connection, alone(connection):
            migrate(connection)
            connection.commit()
    except OperationalError as problem:
        if problem.connection_invalidated or problem.statement is None:  # not even connected
            raise CommandError(f"The database does not answer: {problem.orig}") from None
        raise
