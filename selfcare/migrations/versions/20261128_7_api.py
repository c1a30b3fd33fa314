"""API passwords, API Logins, the codes that are mailed for them.

Revision ID: 07c5d2e98a34
Revises: b3608e2f7d41
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "07c5d2e98a34"
down_revision = "b3608e2f7d41"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sealed_secrets",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_sealed_secrets_expires_at", "sealed_secrets", ["expires_at"])
    op.create_table(
        "api_logins",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("company_account", sa.String(32), nullable=False),
        sa.Column("user_name", sa.String(254), nullable=False),
        sa.Column("secret_id", sa.String(32)),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id", ondelete="CASCADE")),
        sa.Column("expires_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("wait_until", MOMENT),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(
        "ix_api_logins_account_id_contract_id", "api_logins", ["account_id", "contract_id"]
    )
    op.create_index("ix_api_logins_created_at", "api_logins", ["created_at"])
    op.create_index(
        "ix_api_logins_due_at", "api_logins", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_table(
        "api_passwords",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("secret_id", sa.String(32)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("set_at", MOMENT),
        sa.Column("alive", sa.JSON()),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index(
        "ix_api_passwords_account_id_contract_id", "api_passwords", ["account_id", "contract_id"]
    )
    op.create_index("ix_api_passwords_created_at", "api_passwords", ["created_at"])
    op.create_index(
        "ix_api_passwords_due_at", "api_passwords", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_table(
        "mailed_codes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id", ondelete="CASCADE")),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT),
        sa.Column("told_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "purpose IN ('api_password', 'access_key', 'application_credential')", name="purpose"
        ),
    )
    op.create_index(
        "ix_mailed_codes_account_id_contract_id_purpose",
        "mailed_codes",
        ["account_id", "contract_id", "purpose"],
    )
    op.create_index("ix_mailed_codes_created_at", "mailed_codes", ["created_at"])
    op.create_table(
        "api_resets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("company_account", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("solved_captcha", sa.Boolean(), nullable=False),
        sa.Column("code_id", sa.Integer(), sa.ForeignKey("mailed_codes.id", ondelete="SET NULL")),
        sa.Column("proven_at", MOMENT),
        sa.Column("wish_id", sa.Integer(), sa.ForeignKey("api_passwords.id", ondelete="SET NULL")),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_api_resets_code_id", "api_resets", ["code_id"])
    op.create_index("ix_api_resets_expires_at", "api_resets", ["expires_at"])
    op.create_index("ix_api_resets_wish_id", "api_resets", ["wish_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("api_resets")
    op.drop_table("mailed_codes")
    op.drop_table("api_passwords")
    op.drop_table("api_logins")
    op.drop_table("sealed_secrets")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
