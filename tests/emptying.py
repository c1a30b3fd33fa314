"""An empty database for the next test."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, text

from selfcare.models import AuditEntry, Base


def empty(connection: Connection) -> None:
    """Delete every row; the rule that protects the audit log is set aside for it, where needed."""
    if connection.execute(select(AuditEntry.id).limit(1)).first():
        _empty_audit_log(connection)
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(delete(table))


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
