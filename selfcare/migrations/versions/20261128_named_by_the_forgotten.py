"""Indexes by which a deleted row finds what names it.

Revision ID: 7b25d90ce8f1
Revises: d84b17e60c3f
"""

from __future__ import annotations

from alembic import op

revision = "7b25d90ce8f1"
down_revision = "d84b17e60c3f"
branch_labels = None
depends_on = None

INDEXES = (("visits", "agent_sign_in_id"), ("api_resets", "code_id"), ("api_resets", "wish_id"))


def upgrade() -> None:
    """Apply."""
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    """Take back."""
    for table, column in INDEXES:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
