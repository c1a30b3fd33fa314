"""Indexes of what waits for somebody: orders to be carried out, accesses in trouble.

Revision ID: 2f8d6a40b71c
Revises: 7b1f0c2d9e64
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2f8d6a40b71c"
down_revision = "7b1f0c2d9e64"
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
    """Apply, while the tables are in use."""
    with op.get_context().autocommit_block():
        for name, table, rows, columns in INDEXES:
            op.create_index(
                name,
                table,
                columns,
                sqlite_where=sa.text(rows),
                postgresql_where=sa.text(rows),
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    """Take back."""
    with op.get_context().autocommit_block():
        for name, table, _rows, _columns in reversed(INDEXES):
            op.drop_index(name, table_name=table, postgresql_concurrently=True)
