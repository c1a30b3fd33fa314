"""users section and the console's IAM.

Revision ID: 4a7d3c0b91e2
Revises: 009764e8f7c2
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "4a7d3c0b91e2"
down_revision = "009764e8f7c2"
branch_labels = None
depends_on = None

STATES = "state IN ('queued', 'running', 'ready', 'failed')"
MOMENT = sa.DateTime(timezone=True)


def contract_fk(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["contract_id"],
        ["contracts.id"],
        name=f"fk_{table}_contract_id_contracts",
        ondelete="CASCADE",
    )


def owner_fk(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["owner_id"], ["accounts.id"], name=f"fk_{table}_owner_id_accounts", ondelete="CASCADE"
    )


def added() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("iam_username", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("announced_at", MOMENT, nullable=True),
        sa.Column("seen_groups", sa.JSON(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("keys_deleted", sa.Integer(), nullable=False, server_default="0"),
    )


def upgrade() -> None:
    """Apply."""
    for column in added():
        op.add_column("console_accesses", column)
    op.create_index(
        "ix_console_accesses_state_next_try_at", "console_accesses", ["state", "next_try_at"]
    )
    op.create_table(
        "contract_consoles",
        sa.Column("contract_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(STATES, name="ck_contract_consoles_state"),
        contract_fk("contract_consoles"),
        sa.PrimaryKeyConstraint("contract_id", name="pk_contract_consoles"),
    )
    op.create_table(
        "console_groups",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        contract_fk("console_groups"),
        sa.PrimaryKeyConstraint("contract_id", "name", name="pk_console_groups"),
    )
    op.create_table(
        "user_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=True),
        sa.Column("console_only", sa.Boolean(), nullable=False),
        sa.Column("person", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        owner_fk("user_drafts"),
        contract_fk("user_drafts"),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["memberships.id"],
            name="fk_user_drafts_membership_id_memberships",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_drafts"),
    )
    op.create_index("ix_user_drafts_updated_at", "user_drafts", ["updated_at"])
    op.create_index("ix_user_drafts_owner_id", "user_drafts", ["owner_id"])
    op.create_table(
        "removals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=170), nullable=False),
        sa.Column("removed_by", sa.String(length=64), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=False),
        sa.Column("had_console", sa.Boolean(), nullable=False),
        sa.Column("console_ended_at", MOMENT, nullable=True),
        sa.Column("keys_deleted", sa.Integer(), nullable=False),
        contract_fk("removals"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_removals_account_id_accounts",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_removals"),
        sa.UniqueConstraint("membership_id", name="uq_removals_membership_id"),
    )
    op.create_index("ix_removals_contract_id", "removals", ["contract_id"])
    op.create_index("ix_removals_account_id", "removals", ["account_id"])
    op.create_table(
        "user_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('checked', 'queued', 'running', 'done')", name="ck_user_imports_state"
        ),
        contract_fk("user_imports"),
        owner_fk("user_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_user_imports"),
    )
    op.create_index(
        "ix_user_imports_contract_id_created_at", "user_imports", ["contract_id", "created_at"]
    )
    op.create_table(
        "user_import_lines",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=170), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('wrong', 'waiting', 'added', 'refused')", name="ck_user_import_lines_state"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["user_imports.id"],
            name="fk_user_import_lines_import_id_user_imports",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_user_import_lines"),
    )


def downgrade() -> None:
    """Take back."""
    for table in (
        "user_import_lines",
        "user_imports",
        "removals",
        "user_drafts",
        "console_groups",
        "contract_consoles",
    ):
        op.drop_table(table)
    op.drop_index("ix_console_accesses_state_next_try_at", "console_accesses")
    for column in reversed(added()):
        op.drop_column("console_accesses", column.name)
