"""The OpenID provider: clients, keys, requests, grants; names of people and sign-ins for clients.

Revision ID: bcb2db14bad4
Revises: 91d4be07c3a6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bcb2db14bad4"
down_revision = "91d4be07c3a6"
branch_labels = None
depends_on = None

NAMES = (("accounts", "subject"), ("sign_ins", "sid"))
RANDOM = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "oidc_keys",
        sa.Column("kid", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("public", sa.JSON(), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_oidc_keys")),
    )
    op.create_table(
        "oidc_clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_uris", sa.JSON(), nullable=False),
        sa.Column("backchannel_uri", sa.String(length=500), nullable=True),
        sa.Column("require_pkce", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind <> 'public' OR require_pkce", name=op.f("ck_oidc_clients_public_uses_pkce")
        ),
        sa.CheckConstraint(
            "kind IN ('confidential', 'public', 'flexible_engine')",
            name=op.f("ck_oidc_clients_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_oidc_clients_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_clients")),
    )
    op.create_table(
        "oidc_grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("nonce", sa.String(length=255), nullable=True),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=True),
        sa.Column("code_challenge", sa.String(length=43), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_oidc_grants_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_clients.id"],
            name=op.f("fk_oidc_grants_client_id_oidc_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_oidc_grants_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["sign_ins.id"],
            name=op.f("fk_oidc_grants_sign_in_id_sign_ins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_grants")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oidc_grants_code_hash")),
    )
    op.create_index("ix_oidc_grants_account_id", "oidc_grants", ["account_id"])
    op.create_index("ix_oidc_grants_created_at", "oidc_grants", ["created_at"])
    op.create_index("ix_oidc_grants_sign_in_id", "oidc_grants", ["sign_in_id"])

    op.create_table(
        "oidc_requests",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=False),
        sa.Column("response_mode", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=2000), nullable=True),
        sa.Column("nonce", sa.String(length=255), nullable=True),
        sa.Column("code_challenge", sa.String(length=43), nullable=True),
        sa.Column("prompt", sa.String(length=60), nullable=False),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("login_hint", sa.String(length=254), nullable=True),
        sa.Column("hinted_subject", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_clients.id"],
            name=op.f("fk_oidc_requests_client_id_oidc_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_oidc_requests")),
    )
    op.create_index("ix_oidc_requests_expires_at", "oidc_requests", ["expires_at"])

    op.create_table(
        "oidc_secrets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_clients.id"],
            name=op.f("fk_oidc_secrets_client_id_oidc_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_secrets")),
    )
    op.create_index("ix_oidc_secrets_client_id", "oidc_secrets", ["client_id"])

    op.create_table(
        "oidc_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oidc_grants.id"],
            name=op.f("fk_oidc_tokens_grant_id_oidc_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oidc_tokens")),
    )
    op.create_index("ix_oidc_tokens_expires_at", "oidc_tokens", ["expires_at"])
    op.create_index("ix_oidc_tokens_grant_id", "oidc_tokens", ["grant_id"])

    op.create_table(
        "oidc_devices",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("user_code", sa.String(length=8), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'allowed', 'refused')", name=op.f("ck_oidc_devices_state")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oidc_clients.id"],
            name=op.f("fk_oidc_devices_client_id_oidc_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oidc_grants.id"],
            name=op.f("fk_oidc_devices_grant_id_oidc_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oidc_devices")),
        sa.UniqueConstraint("user_code", name=op.f("uq_oidc_devices_user_code")),
    )
    op.create_index("ix_oidc_devices_expires_at", "oidc_devices", ["expires_at"])

    for table, column in NAMES:
        op.add_column(
            table, sa.Column(column, sa.String(length=32), nullable=False, server_default="")
        )
        random = RANDOM[op.get_bind().dialect.name]
        op.execute(sa.text(f"UPDATE {table} SET {column} = {random}"))  # noqa: S608 (constants)
    op.create_index("uq_accounts_subject", "accounts", ["subject"], unique=True)


def downgrade() -> None:
    """Take back."""
    op.drop_index("uq_accounts_subject", "accounts")
    for table, column in reversed(NAMES):
        op.drop_column(table, column)
    for table in ("devices", "tokens", "secrets", "requests", "grants", "clients", "keys"):
        op.drop_table(f"oidc_{table}")
