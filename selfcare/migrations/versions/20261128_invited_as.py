"""What somebody of another customer was invited as, until they open the contract.

Revision ID: 91d4be07c3a6
Revises: 5d1f0b7e83a9
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "91d4be07c3a6"
down_revision = "5d1f0b7e83a9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; whoever is a user already stays shown."""
    op.add_column("memberships", sa.Column("invited_as", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("memberships", "invited_as")
