"""When the mail server was first talked to about a code: the page counts from there.

Revision ID: e70b3d5a91c4
Revises: 8d2f64b1c0a7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e70b3d5a91c4"
down_revision = "8d2f64b1c0a7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("mailed_codes", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("mailed_codes", "told_at")
