"""contracts and their members.

Revision ID: 8f2e6d03b91a
Revises: 1c40a7d95b26
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "8f2e6d03b91a"
down_revision = "1c40a7d95b26"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("siren", sa.String(9)),
        sa.Column("vat_number", sa.String(16)),
        sa.Column("address", sa.String(250), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("has_console", sa.Boolean(), nullable=False),
        sa.Column("document_space_url", sa.String(500)),
        sa.Column("support_phone", sa.String(40)),
        sa.Column("support_email", sa.String(254)),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ref", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("platform_id", sa.String(80), nullable=False),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("offer_id", sa.Integer(), sa.ForeignKey("offers.id"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("vat_rate", sa.Numeric(5, 2)),
        sa.Column("visit_policy", sa.String(8), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint("visit_policy IN ('notice', 'approval', 'closed')", name="visit_policy"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index("ix_contracts_customer_id", "contracts", ["customer_id"])
    op.create_index("ix_contracts_offer_id", "contracts", ["offer_id"])
    op.create_table(
        "memberships",
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
        sa.Column("is_referent", sa.Boolean(), nullable=False),
        sa.Column("profiles", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("invited_as", sa.String(254)),
        sa.Column("ends_on", sa.Date()),
        sa.Column("end_is_told", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("account_id", "contract_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_memberships_contract_id", "memberships", ["contract_id"])
    op.create_index(
        "ix_memberships_ends_on", "memberships", ["ends_on"], **_where("ends_on IS NOT NULL")
    )
    op.create_index(
        "uq_memberships_referent",
        "memberships",
        ["contract_id"],
        unique=True,
        **_where("is_referent"),
    )
    op.create_table(
        "removals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("full_name", sa.String(170), nullable=False),
        sa.Column("removed_by", sa.String(64), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=False),
        sa.Column("had_console", sa.Boolean(), nullable=False),
        sa.Column("console_ended_at", MOMENT),
        sa.Column("keys_deleted", sa.Integer(), nullable=False),
        sa.Column("keys_known", sa.Boolean(), nullable=False),
        sa.Column("applications_deleted", sa.Integer(), nullable=False),
        sa.UniqueConstraint("membership_id"),
    )
    op.create_index("ix_removals_account_id", "removals", ["account_id"])
    op.create_index("ix_removals_contract_id", "removals", ["contract_id"])
    op.create_table(
        "user_imports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "owner_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("filename", sa.String(120), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index(
        "ix_user_imports_contract_id_created_at", "user_imports", ["contract_id", "created_at"]
    )
    op.create_index("ix_user_imports_created_at", "user_imports", ["created_at"])
    op.create_index(
        "ix_user_imports_due_at", "user_imports", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "membership_id",
            sa.Integer(),
            sa.ForeignKey("memberships.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "contract_id",
            sa.Integer(),
            sa.ForeignKey("contracts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("section", sa.String(16), nullable=False),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column(
            "answered_by_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")
        ),
        sa.CheckConstraint("state IN ('open', 'granted', 'declined')", name="state"),
    )
    op.create_index("ix_access_requests_asked_at", "access_requests", ["asked_at"])
    op.create_index(
        "ix_access_requests_membership_id_asked_at",
        "access_requests",
        ["membership_id", "asked_at"],
    )
    op.create_index(
        "ix_access_requests_open",
        "access_requests",
        ["contract_id", "asked_at"],
        **_where("state = 'open'"),
    )
    op.create_index(
        "uq_access_requests_open",
        "access_requests",
        ["membership_id", "section", "profile"],
        unique=True,
        **_where("state = 'open'"),
    )
    op.create_table(
        "user_drafts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "owner_id",
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
        sa.Column(
            "membership_id", sa.Integer(), sa.ForeignKey("memberships.id", ondelete="CASCADE")
        ),
        sa.Column("console_only", sa.Boolean(), nullable=False),
        sa.Column("person", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("result_id", sa.Integer()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_index("ix_user_drafts_owner_id", "user_drafts", ["owner_id"])
    op.create_index("ix_user_drafts_updated_at", "user_drafts", ["updated_at"])
    op.create_table(
        "user_import_lines",
        sa.Column(
            "import_id",
            sa.Integer(),
            sa.ForeignKey("user_imports.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("label", sa.String(170), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('wrong', 'waiting', 'added', 'refused')", name="state"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _index_words("contracts")


def downgrade() -> None:
    """Take back."""
    op.drop_table("user_import_lines")
    op.drop_table("user_drafts")
    op.drop_table("access_requests")
    op.drop_table("user_imports")
    op.drop_table("removals")
    op.drop_table("memberships")
    op.drop_table("contracts")
    op.drop_table("offers")
    op.drop_table("customers")


def _index_words(table: str, *columns: str) -> None:
    """For `LIKE '%word%'`, on PostgreSQL; SQLite reads the contract's rows instead."""
    op.create_index(
        f"ix_{table}_search_text",
        table,
        [*columns, "search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
