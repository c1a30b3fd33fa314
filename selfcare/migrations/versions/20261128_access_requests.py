"""access requests.

Revision ID: 4be19c07d5a2
Revises: 7b25d90ce8f1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4be19c07d5a2"
down_revision = "7b25d90ce8f1"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=16), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'declined')", name=op.f("ck_access_requests_state")
        ),
        _to("membership_id", "memberships", "CASCADE"),
        _to("contract_id", "contracts", "CASCADE"),
        _to("answered_by_id", "accounts", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
    )
    for columns in (["membership_id", "asked_at"], ["asked_at"]):
        name = op.f(f"ix_access_requests_{'_'.join(columns)}")
        op.create_index(name, "access_requests", columns)
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_access_requests_open",
        "access_requests",
        ["contract_id", "asked_at"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index(
        "uq_access_requests_open",
        "access_requests",
        ["membership_id", "section", "profile"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("access_requests")


def _to(column: str, other: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=op.f(f"fk_access_requests_{column}_{other}"),
        ondelete=on_delete,
    )
