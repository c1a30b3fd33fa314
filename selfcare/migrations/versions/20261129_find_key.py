"""Whether « / » leads to the search; indexes of one's own rows by status, and of what was given up.

Revision ID: c41e7d90b2f8
Revises: 6b1f0c9d7e35
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41e7d90b2f8"
down_revision = "6b1f0c9d7e35"
branch_labels = None
depends_on = None

INDEXES = (
    ("orders", "contract_id", "placed_by_id", "status", "placed_at", "id"),
    ("subscriptions", "contract_id", "subscribed_by_id", "ends_on", "id"),
    ("subscriptions", "contract_id", "subscribed_by_id", "starts_on", "id"),
)
GIVEN_UP = sa.text("state = 'failed'")


def upgrade() -> None:
    """Apply; the key leads there for everybody who is there."""
    op.add_column(
        "accounts",
        sa.Column("has_find_key", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    for table, *columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    for table in ("console_accesses", "oidc_logouts"):
        op.create_index(
            f"ix_{table}_failed", table, ["id"], sqlite_where=GIVEN_UP, postgresql_where=GIVEN_UP
        )


def downgrade() -> None:
    """Take back."""
    for table in ("oidc_logouts", "console_accesses"):
        op.drop_index(f"ix_{table}_failed", table)
    for table, *columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    op.drop_column("accounts", "has_find_key")
