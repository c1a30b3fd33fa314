"""Indexes of what waits for somebody: orders to be carried out, accesses in trouble.

Revision ID: 2f8d6a40b71c
Revises: 5d0c7e92b4a1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2f8d6a40b71c"
down_revision = "5d0c7e92b4a1"
branch_labels = None
depends_on = None

INDEXES = (
    (
        "ix_orders_waiting",
        "orders",
        "status IN ('submitted', 'in_progress')",
        ["contract_id", "placed_at"],
    ),
    ("ix_console_accesses_troubled", "console_accesses", "problem IS NOT NULL", ["contract_id"]),
)


def upgrade() -> None:
    """Apply."""
    for name, table, rows, columns in INDEXES:
        where = sa.text(rows)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take back."""
    for name, table, _rows, _columns in reversed(INDEXES):
        op.drop_index(name, table_name=table)
