"""What PostgreSQL knows of its tables while a test asks for its plans."""

from __future__ import annotations

from sqlalchemy import text

FORGET_STATISTICS = text(
    """
    WITH forgotten AS (
        UPDATE pg_class SET reltuples = -1, relpages = 0
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples < 1000
        RETURNING oid
    )
    DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM forgotten)
"""
)
"""PostgreSQL counts rows when it likes, and then plans for the few that a test has."""
