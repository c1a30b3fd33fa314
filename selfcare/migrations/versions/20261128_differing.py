"""How much differed when a contract's console was last compared with the portal.

Revision ID: 6b1f0c9d7e35
Revises: c81f5a2e9d04
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6b1f0c9d7e35"
down_revision = "c81f5a2e9d04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contract_consoles", sa.Column("differing", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("contract_consoles") as consoles:
        consoles.drop_column("differing")
