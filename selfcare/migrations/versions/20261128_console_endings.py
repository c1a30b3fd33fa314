"""Logouts that clients are to be told of; console accounts whose tokens are to end.

Revision ID: 5e0c9b7d2a41
Revises: 9d27c4f1a6b3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5e0c9b7d2a41"
down_revision = "9d27c4f1a6b3"
branch_labels = None
depends_on = None

WISHES = ("ends_tokens", "paused")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "oidc_logouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=False),
        sa.Column("jti", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_oidc_logouts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_clients.id"],
            name=op.f("fk_oidc_logouts_client_id_oidc_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_ins.id"],
            name=op.f("fk_oidc_logouts_sign_in_id_sign_ins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_logouts")),
    )
    op.create_index(op.f("ix_oidc_logouts_created_at"), "oidc_logouts", ["created_at"])
    op.create_index(
        op.f("ix_oidc_logouts_due_at"),
        "oidc_logouts",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    for name in WISHES:
        op.add_column(
            "console_accesses",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()),
        )


def downgrade() -> None:
    """Take back."""
    for name in reversed(WISHES):
        op.drop_column("console_accesses", name)
    op.drop_table("oidc_logouts")
