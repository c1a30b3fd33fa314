"""the OpenID provider.

Revision ID: 6b1f0c9d7e35
Revises: 07c5d2e98a34
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "6b1f0c9d7e35"
down_revision = "07c5d2e98a34"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "oidc_keys",
        sa.Column("kid", sa.String(32), primary_key=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("signs_from", MOMENT, nullable=False),
        sa.Column("shown_until", MOMENT),
    )
    op.create_table(
        "oidc_clients",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_uris", sa.JSON(), nullable=False),
        sa.Column("backchannel_uri", sa.String(500)),
        sa.Column("require_pkce", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id", ondelete="CASCADE")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.CheckConstraint("kind IN ('confidential', 'public', 'flexible_engine')", name="kind"),
        sa.CheckConstraint("kind <> 'public' OR require_pkce", name="public_uses_pkce"),
    )
    op.create_table(
        "oidc_grants",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(64),
            sa.ForeignKey("oidc_clients.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "sign_in_id",
            sa.Integer(),
            sa.ForeignKey("sign_ins.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("nonce", sa.String(255)),
        sa.Column("redirect_uri", sa.String(2000)),
        sa.Column("code_challenge", sa.String(43)),
        sa.Column("code_hash", sa.String(64)),
        sa.Column("code_expires_at", MOMENT),
        sa.Column("used_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index("ix_oidc_grants_account_id", "oidc_grants", ["account_id"])
    op.create_index("ix_oidc_grants_created_at", "oidc_grants", ["created_at"])
    op.create_index("ix_oidc_grants_ended_at", "oidc_grants", ["ended_at"])
    op.create_index(
        "ix_oidc_grants_open", "oidc_grants", ["sign_in_id"], **_where("ended_at IS NULL")
    )
    op.create_index("ix_oidc_grants_sign_in_id", "oidc_grants", ["sign_in_id"])
    op.create_table(
        "oidc_logouts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(64),
            sa.ForeignKey("oidc_clients.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "sign_in_id",
            sa.Integer(),
            sa.ForeignKey("sign_ins.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("jti", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index("ix_oidc_logouts_created_at", "oidc_logouts", ["created_at"])
    op.create_index(
        "ix_oidc_logouts_due_at", "oidc_logouts", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_index("ix_oidc_logouts_sign_in_id", "oidc_logouts", ["sign_in_id"])
    op.create_table(
        "oidc_requests",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(64),
            sa.ForeignKey("oidc_clients.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("redirect_uri", sa.String(2000), nullable=False),
        sa.Column("response_mode", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("state", sa.String(2000)),
        sa.Column("nonce", sa.String(255)),
        sa.Column("code_challenge", sa.String(43)),
        sa.Column("prompt", sa.String(60), nullable=False),
        sa.Column("max_age", sa.Integer()),
        sa.Column("hinted_subject", sa.String(32)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_oidc_requests_expires_at", "oidc_requests", ["expires_at"])
    op.create_table(
        "oidc_secrets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(64),
            sa.ForeignKey("oidc_clients.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT),
    )
    op.create_index("ix_oidc_secrets_client_id", "oidc_secrets", ["client_id"])
    op.create_table(
        "oidc_devices",
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.Column("user_code", sa.String(8), nullable=False),
        sa.Column(
            "client_id",
            sa.String(64),
            sa.ForeignKey("oidc_clients.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("code_challenge", sa.String(43)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("grant_id", sa.Integer(), sa.ForeignKey("oidc_grants.id", ondelete="CASCADE")),
        sa.Column("polled_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'allowed', 'refused')", name="state"),
        sa.UniqueConstraint("user_code"),
    )
    op.create_index("ix_oidc_devices_expires_at", "oidc_devices", ["expires_at"])
    op.create_index("ix_oidc_devices_grant_id", "oidc_devices", ["grant_id"])
    op.create_table(
        "oidc_tokens",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "grant_id",
            sa.Integer(),
            sa.ForeignKey("oidc_grants.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_oidc_tokens_expires_at", "oidc_tokens", ["expires_at"])
    op.create_index("ix_oidc_tokens_grant_id", "oidc_tokens", ["grant_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("oidc_tokens")
    op.drop_table("oidc_devices")
    op.drop_table("oidc_secrets")
    op.drop_table("oidc_requests")
    op.drop_table("oidc_logouts")
    op.drop_table("oidc_grants")
    op.drop_table("oidc_clients")
    op.drop_table("oidc_keys")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
