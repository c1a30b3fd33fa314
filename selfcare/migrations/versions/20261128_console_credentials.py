"""Access keys and application credentials: as the console has them, and what is wished of them.

Revision ID: 8d2f64b1c0a7
Revises: c84f0a61d7e2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d2f64b1c0a7"
down_revision = "c84f0a61d7e2"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "console_credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("console_credentials"),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("reminded_days", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('access_key', 'application')", name=op.f("ck_console_credentials_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_credentials")),
        sa.UniqueConstraint(
            "account_id",
            "contract_id",
            "kind",
            "key",
            name=op.f("uq_console_credentials_account_id_contract_id_kind_key"),
        ),
    )
    for column in ("contract_id", "expires_at"):
        op.create_index(
            op.f(f"ix_console_credentials_{column}"), "console_credentials", [column], unique=False
        )
    op.create_table(
        "credential_wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        *_owner("credential_wishes"),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("password_id", sa.String(length=32), nullable=True),
        sa.Column("secret_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')",
            name=op.f("ck_credential_wishes_state"),
        ),
        sa.CheckConstraint(
            "kind IN ('access_key', 'application')", name=op.f("ck_credential_wishes_kind")
        ),
        sa.CheckConstraint(
            "action IN ('create', 'delete', 'rest', 'wake')",
            name=op.f("ck_credential_wishes_action"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_wishes")),
        sa.UniqueConstraint("mark", name=op.f("uq_credential_wishes_mark")),
    )
    op.create_index(
        op.f("ix_credential_wishes_due_at"),
        "credential_wishes",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "uq_credential_wishes_open",
        "credential_wishes",
        ["account_id", "contract_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        op.f("ix_credential_wishes_account_id_contract_id"),
        "credential_wishes",
        ["account_id", "contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_credential_wishes_created_at"), "credential_wishes", ["created_at"], unique=False
    )
    with op.batch_alter_table("removals") as batch:
        batch.add_column(
            sa.Column("applications_deleted", sa.Integer(), nullable=False, server_default="0")
        )


def _owner(table: str) -> tuple[sa.Column[int] | sa.ForeignKeyConstraint, ...]:
    columns = (("account_id", "accounts"), ("contract_id", "contracts"))
    return (
        *(sa.Column(name, sa.Integer(), nullable=False) for name, _ in columns),
        *(
            sa.ForeignKeyConstraint(
                [name],
                [f"{of}.id"],
                name=op.f(f"fk_{table}_{name}_{of}"),
                ondelete="CASCADE",
            )
            for name, of in columns
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("removals", "applications_deleted")
    op.drop_table("credential_wishes")
    op.drop_table("console_credentials")
