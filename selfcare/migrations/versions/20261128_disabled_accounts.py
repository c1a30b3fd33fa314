"""Accounts that an operator has disabled.

Revision ID: c7e4a20b95d1
Revises: 7b1e4d0c93a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c7e4a20b95d1"
down_revision = "7b1e4d0c93a2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; nobody is disabled."""
    op.add_column("accounts", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("accounts", "disabled_at")
