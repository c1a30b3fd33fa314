"""Looks at contracts' consoles as wishes, with what was read so far.

Revision ID: 2f6a9c1e7d40
Revises: c41e8a07d5f2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2f6a9c1e7d40"
down_revision = "c41e8a07d5f2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; every contract that is ready is looked at soon."""
    op.create_table(
        "console_looks",
        sa.Column("contract_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest", sa.JSON(), nullable=True),
        sa.Column("found", sa.String(length=64), nullable=True),
        sa.Column("quiet", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_console_looks_state"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_console_looks_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_console_looks")),
    )
    op.create_index(
        op.f("ix_console_looks_due_at"),
        "console_looks",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.execute(
        "INSERT INTO console_looks (contract_id, quiet, state, due_at, attempts)"
        " SELECT contract_id, 0, 'queued', CURRENT_TIMESTAMP, 0 FROM contract_consoles"
        " WHERE state = 'done'"
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("console_looks")
