"""Accounts that were made in contracts' consoles.

Revision ID: d84b17e60c3f
Revises: d1e8c6b20f95
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d84b17e60c3f"
down_revision = "d1e8c6b20f95"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "console_unknown_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_console_unknown_accounts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_console_unknown_accounts_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_unknown_accounts")),
        sa.UniqueConstraint(
            "contract_id", "key", name=op.f("uq_console_unknown_accounts_contract_id_key")
        ),
    )
    op.create_index(
        op.f("ix_console_unknown_accounts_due_at"),
        "console_unknown_accounts",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("console_unknown_accounts")
