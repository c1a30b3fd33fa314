"""the console: accesses, comparisons, keys.

Revision ID: b3608e2f7d41
Revises: e91f30a6c72b
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "b3608e2f7d41"
down_revision = "e91f30a6c72b"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "console_accesses",
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
        sa.Column("wanted_groups", sa.JSON(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("iam_username", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(500)),
        sa.Column("settled_at", MOMENT),
        sa.Column("announced_at", MOMENT),
        sa.Column("seen_groups", sa.JSON()),
        sa.Column("seen_at", MOMENT),
        sa.Column("keys_deleted", sa.Integer(), nullable=False),
        sa.Column("iam_user_id", sa.String(64)),
        sa.Column("iam_email", sa.String(254), nullable=False),
        sa.Column("iam_enabled", sa.Boolean(), nullable=False),
        sa.Column("overwrite", sa.JSON(), nullable=False),
        sa.Column("seen_account", sa.JSON()),
        sa.Column("starts_over", sa.Boolean(), nullable=False),
        sa.Column("ends_tokens", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("account_id", "contract_id"),
    )
    op.create_index("ix_console_accesses_contract_id", "console_accesses", ["contract_id"])
    op.create_index(
        "ix_console_accesses_due_at", "console_accesses", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_console_accesses_troubled",
        "console_accesses",
        ["contract_id"],
        **_where("problem IS NOT NULL"),
    )
    op.create_index(
        "ix_console_accesses_unannounced",
        "console_accesses",
        ["state"],
        **_where("announced_at IS NULL"),
    )
    op.create_index(
        "ix_console_accesses_unsettled",
        "console_accesses",
        ["state"],
        **_where("settled_at IS NULL"),
    )
    op.create_table(
        "console_credentials",
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
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("reminded_days", sa.Integer()),
        sa.CheckConstraint("kind IN ('access_key', 'application')", name="kind"),
        sa.UniqueConstraint("account_id", "contract_id", "kind", "key"),
    )
    op.create_index("ix_console_credentials_contract_id", "console_credentials", ["contract_id"])
    op.create_index("ix_console_credentials_expires_at", "console_credentials", ["expires_at"])
    op.create_table(
        "console_groups",
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "console_looks",
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("began_at", MOMENT),
        sa.Column("rest", sa.JSON()),
        sa.Column("found", sa.String(64)),
        sa.Column("quiet", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index(
        "ix_console_looks_due_at", "console_looks", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_table(
        "console_unknown_accounts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("contract_id", "key"),
    )
    op.create_index(
        "ix_console_unknown_accounts_due_at",
        "console_unknown_accounts",
        ["due_at"],
        **_where("due_at IS NOT NULL"),
    )
    op.create_table(
        "contract_consoles",
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("detail", sa.String(500)),
        sa.Column("looked_at", MOMENT),
        sa.Column("differing", sa.Integer()),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index(
        "ix_contract_consoles_due_at",
        "contract_consoles",
        ["due_at"],
        **_where("due_at IS NOT NULL"),
    )
    op.create_table(
        "credential_wishes",
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
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("password_id", sa.String(32)),
        sa.Column("secret_id", sa.String(32)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("action IN ('create', 'delete', 'rest', 'wake')", name="action"),
        sa.CheckConstraint("kind IN ('access_key', 'application')", name="kind"),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("mark"),
    )
    op.create_index(
        "ix_credential_wishes_account_id_contract_id",
        "credential_wishes",
        ["account_id", "contract_id"],
    )
    op.create_index("ix_credential_wishes_created_at", "credential_wishes", ["created_at"])
    op.create_index(
        "ix_credential_wishes_due_at",
        "credential_wishes",
        ["due_at"],
        **_where("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_credential_wishes_open",
        "credential_wishes",
        ["account_id", "contract_id"],
        unique=True,
        **_where("state IN ('queued', 'running')"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("credential_wishes")
    op.drop_table("contract_consoles")
    op.drop_table("console_unknown_accounts")
    op.drop_table("console_looks")
    op.drop_table("console_groups")
    op.drop_table("console_credentials")
    op.drop_table("console_accesses")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
