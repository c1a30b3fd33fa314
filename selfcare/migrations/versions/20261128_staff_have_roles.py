"""staff have roles: whoever was staff keeps all they could do.

Revision ID: d1e8c6b20f95
Revises: c70b5a19e2d4
"""

from __future__ import annotations

from alembic import op

revision = "d1e8c6b20f95"
down_revision = "c70b5a19e2d4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "INSERT INTO staff_memberships (account_id, role) SELECT id, r.role FROM accounts"
        " CROSS JOIN (SELECT 'support' AS role UNION ALL SELECT 'operator') AS r WHERE is_staff"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM staff_memberships")
