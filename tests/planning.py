"""What PostgreSQL knows of its tables while a test asks for its plans."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

_FORGOTTEN = text(
    """
    WITH forgotten AS (
        UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL(:kept)
        RETURNING oid
    )
    DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM forgotten)
"""
)


def forget_statistics(connection: Connection, *, kept: Collection[str] = ()) -> None:
    """Plan, until the transaction ends, for tables that nobody has counted.

    PostgreSQL counts rows when it likes, also those of tests long gone, and plans for them.

    Args:
        kept: tables whose rows count as they were counted.
    """
    connection.execute(_FORGOTTEN, {"kept": list(kept)})
