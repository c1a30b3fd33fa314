"""somebody removed and added again: numbers of their own, and the old console account ends first.

Revision ID: e5b80f4c2d17
Revises: 2b8e61f0c7d4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e5b80f4c2d17"
down_revision = "2b8e61f0c7d4"
branch_labels = None
depends_on = None


PAST_REMOVALS = (
    "UPDATE removals SET membership_id = -id WHERE membership_id IN (SELECT id FROM memberships)",
    "DELETE FROM sqlite_sequence WHERE name = 'memberships'",
    """INSERT INTO sqlite_sequence (name, seq) SELECT 'memberships', max(number) FROM (
        SELECT 0 AS number UNION SELECT id FROM memberships UNION SELECT membership_id FROM removals
    )""",
)
"""No number of somebody removed is given to, or is already, somebody who is there."""


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "console_accesses",
        sa.Column("starts_over", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _rebuild_memberships(never_again=True)
    if op.get_bind().dialect.name == "sqlite":
        for statement in PAST_REMOVALS:
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    _rebuild_memberships(never_again=False)
    op.drop_column("console_accesses", "starts_over")


def _rebuild_memberships(*, never_again: bool) -> None:
    """Let SQLite give no number twice, as PostgreSQL does; changes of roles begun are dropped."""
    if op.get_bind().dialect.name != "sqlite":
        return
    with op.batch_alter_table(
        "memberships",
        recreate="always",
        reflect_kwargs={"resolve_fks": False},  # accounts has indexes that cannot be read back
        table_kwargs={"sqlite_autoincrement": never_again},
    ):
        pass
