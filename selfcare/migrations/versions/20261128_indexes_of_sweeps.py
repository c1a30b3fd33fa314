"""Indexes of what sweeps look for, so that none reads a table of a million rows.

Revision ID: 7b1e4d0c93a2
Revises: 3c8e51b7d904
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7b1e4d0c93a2"
down_revision = "3c8e51b7d904"
branch_labels = None
depends_on = None

WHOLE = (
    ("mails", "created_at"),
    ("user_imports", "created_at"),
    ("usage_reports", "month"),
    ("oidc_grants", "ended_at"),
    ("oidc_logouts", "sign_in_id"),
    ("oidc_devices", "grant_id"),
)
PARTIAL = (
    (
        "orders",
        "ix_orders_automatic_to_do",
        "placed_at",
        "fulfilment = 'automatic' AND status IN ('submitted', 'in_progress')",
    ),
    ("oidc_grants", "ix_oidc_grants_open", "sign_in_id", "ended_at IS NULL"),
    ("console_accesses", "ix_console_accesses_unannounced", "state", "announced_at IS NULL"),
    ("console_accesses", "ix_console_accesses_unsettled", "state", "settled_at IS NULL"),
)


def upgrade() -> None:
    """Apply."""
    for table, column in WHOLE:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for table, name, column, rows in PARTIAL:
        where = sa.text(rows)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take back."""
    for table, name, _, _ in reversed(PARTIAL):
        op.drop_index(name, table_name=table)
    for table, column in reversed(WHOLE):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
