"""API passwords and keys: mailed codes, sealed secrets, API Login, wishes for a password.

Revision ID: c41e8a07d5f2
Revises: c7e4a20b95d1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41e8a07d5f2"
down_revision = "c7e4a20b95d1"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sealed_secrets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_secrets")),
    )
    op.create_index(
        op.f("ix_sealed_secrets_expires_at"), "sealed_secrets", ["expires_at"], unique=False
    )
    op.create_table(
        "api_logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("company_account", sa.String(length=32), nullable=False),
        sa.Column("user_name", sa.String(length=254), nullable=False),
        sa.Column("secret_id", sa.String(length=32), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("wait_until", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_api_logins_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_api_logins_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_api_logins_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_logins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_logins_token_hash")),
    )
    op.create_index(
        op.f("ix_api_logins_account_id_contract_id"),
        "api_logins",
        ["account_id", "contract_id"],
        unique=False,
    )
    op.create_index(op.f("ix_api_logins_created_at"), "api_logins", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_api_logins_due_at"),
        "api_logins",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "api_passwords",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("secret_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("set_at", MOMENT, nullable=True),
        sa.Column("alive", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_api_passwords_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_api_passwords_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_api_passwords_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_passwords")),
    )
    op.create_index(
        op.f("ix_api_passwords_account_id_contract_id"),
        "api_passwords",
        ["account_id", "contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_api_passwords_created_at"), "api_passwords", ["created_at"], unique=False
    )
    op.create_index(
        op.f("ix_api_passwords_due_at"),
        "api_passwords",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "mailed_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "purpose IN ('api_password', 'access_key', 'application_credential')",
            name=op.f("ck_mailed_codes_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_mailed_codes_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_mailed_codes_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_codes")),
    )
    op.create_index(
        op.f("ix_mailed_codes_account_id_contract_id_purpose"),
        "mailed_codes",
        ["account_id", "contract_id", "purpose"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mailed_codes_created_at"), "mailed_codes", ["created_at"], unique=False
    )
    op.create_table(
        "api_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("company_account", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("solved_captcha", sa.Boolean(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=True),
        sa.Column("proven_at", MOMENT, nullable=True),
        sa.Column("wish_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["mailed_codes.id"],
            name=op.f("fk_api_resets_code_id_mailed_codes"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["wish_id"],
            ["api_passwords.id"],
            name=op.f("fk_api_resets_wish_id_api_passwords"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_resets_token_hash")),
    )
    op.create_index(op.f("ix_api_resets_expires_at"), "api_resets", ["expires_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("api_resets")
    op.drop_table("mailed_codes")
    op.drop_table("api_passwords")
    op.drop_table("api_logins")
    op.drop_table("sealed_secrets")
