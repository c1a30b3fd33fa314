"""console accounts' details, and forms kept for whose session ended.

Revision ID: 7d20c9e4a1b5
Revises: c1f7a29d6e35
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "7d20c9e4a1b5"
down_revision = "c1f7a29d6e35"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def added() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("iam_user_id", sa.String(length=64), nullable=True),
        sa.Column("iam_email", sa.String(length=254), nullable=True),
        sa.Column("iam_enabled", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("overwrite", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("seen_account", sa.JSON(), nullable=True),
    )


def upgrade() -> None:
    """Apply."""
    for column in added():
        op.add_column("console_accesses", column)
    op.add_column(
        "removals",
        sa.Column("keys_known", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "kept_forms",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_kept_forms_account_id_accounts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_kept_forms"),
    )
    op.create_index("ix_kept_forms_account_id", "kept_forms", ["account_id"])
    op.create_index("ix_kept_forms_created_at", "kept_forms", ["created_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("kept_forms")
    op.drop_column("removals", "keys_known")
    for column in reversed(added()):
        op.drop_column("console_accesses", column.name)
