"""Every access to the console knows the account's name and address there.

Revision ID: 5d0e8a3b71c6
Revises: c41e7d90b2f8
"""

from __future__ import annotations

from alembic import op

revision = "5d0e8a3b71c6"
down_revision = "c41e7d90b2f8"
branch_labels = None
depends_on = None

OF_ACCOUNT = "(SELECT {} FROM accounts WHERE accounts.id = console_accesses.account_id)"


def upgrade() -> None:
    """Apply: what no worker has had yet gets the login, as a Keystone would."""
    for column, value in (("iam_username", "login"), ("iam_email", "email")):
        op.execute(
            f"UPDATE console_accesses SET {column} = {OF_ACCOUNT.format(value)}"  # noqa: S608
            f" WHERE {column} IS NULL"
        )


def downgrade() -> None:
    """A name that is known does no harm."""
