"""An index of a contract's orders of one status, latest first.

Revision ID: 5d0c7e92b4a1
Revises: 7b1f0c2d9e64
"""

from __future__ import annotations

from alembic import op

revision = "5d0c7e92b4a1"
down_revision = "7b1f0c2d9e64"
branch_labels = None
depends_on = None

NAME = "ix_orders_contract_id_status_placed_at_id"


def upgrade() -> None:
    """Apply."""
    op.create_index(NAME, "orders", ["contract_id", "status", "placed_at", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(NAME, table_name="orders")
