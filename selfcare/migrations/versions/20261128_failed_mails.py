"""An index of the mails that were given up: few among very many.

Revision ID: 3c81e5f7a2d9
Revises: e70b3d5a91c4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3c81e5f7a2d9"
down_revision = "e70b3d5a91c4"
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_mails_failed", "mails", ["id"], sqlite_where=FAILED, postgresql_where=FAILED
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_mails_failed", table_name="mails")
