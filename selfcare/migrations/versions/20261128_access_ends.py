"""access that ends on a day.

Revision ID: c81f5a2e9d04
Revises: 5c0e2f9a71bd
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c81f5a2e9d04"
down_revision = "5c0e2f9a71bd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("memberships", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column(
        "memberships",
        sa.Column("end_is_told", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    ends = sa.text("ends_on IS NOT NULL")
    op.create_index(
        "ix_memberships_ends_on",
        "memberships",
        ["ends_on"],
        sqlite_where=ends,
        postgresql_where=ends,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_memberships_ends_on", table_name="memberships")
    op.drop_column("memberships", "end_is_told")
    op.drop_column("memberships", "ends_on")
