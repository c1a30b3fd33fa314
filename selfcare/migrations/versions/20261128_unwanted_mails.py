"""Kinds of mail that somebody has switched off.

Revision ID: 5c0e2f9a71bd
Revises: 2f8d6a40b71c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5c0e2f9a71bd"
down_revision = "2f8d6a40b71c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "unwanted_mails",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_unwanted_mails_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_unwanted_mails")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("unwanted_mails")
