"""Whether « / » leads to the search of the header.

Revision ID: c41e7d90b2f8
Revises: 6b1f0c9d7e35
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41e7d90b2f8"
down_revision = "6b1f0c9d7e35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; it does for everybody, as before."""
    op.add_column(
        "accounts",
        sa.Column("has_find_key", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("accounts", "has_find_key")
