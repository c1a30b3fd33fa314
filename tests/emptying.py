"""An empty database for the next test."""

from __future__ import annotations

from sqlalchemy import Connection, delete, text

from selfcare.models import AuditEntry, Base

TABLES = Base.metadata.sorted_tables
FILLED = text(
    "SELECT "
    + ", ".join(f"EXISTS (SELECT 1 FROM {table.name}) AS {table.name}" for table in TABLES)
)
"""Which tables have rows: one statement, where a DELETE each took most of a small test's time."""


def empty(connection: Connection) -> None:
    """Delete every row; the rule that protects the audit log is set aside for it, where needed."""
    filled = connection.execute(FILLED).one()._mapping
    if filled[AuditEntry.__tablename__]:
        _empty_audit_log(connection)
    if connection.dialect.name == "sqlite":
        _forget_counts(connection)
    for table in reversed(TABLES):
        if filled[table.name]:
            connection.execute(delete(table))


def _forget_counts(connection: Connection) -> None:
    """What ANALYZE noted, by which SQLite plans; each connection keeps it until it reads anew."""
    noted = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"
    if connection.execute(text(noted)).first():
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        connection.exec_driver_sql("ANALYZE sqlite_master")


def _empty_audit_log(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        connection.execute(delete(AuditEntry))
        connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER USER"))
        return
    rule = "SELECT sql FROM sqlite_master WHERE name = 'audit_entries_not_deleted'"
    made_by = connection.execute(text(rule)).scalar_one()
    connection.execute(text("DROP TRIGGER audit_entries_not_deleted"))
    connection.execute(delete(AuditEntry))
    connection.exec_driver_sql(made_by)
