"""staff: roles, visits, notes; no place on a contract.

Revision ID: 52d7b1c8e06f
Revises: 8f2e6d03b91a
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "52d7b1c8e06f"
down_revision = "8f2e6d03b91a"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

POSTGRESQL_RULES = (
    """
    CREATE FUNCTION staff_have_no_place() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT is_staff FROM accounts WHERE id = NEW.account_id FOR SHARE) THEN
            RAISE EXCEPTION 'staff have no place on a contract';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER staff_have_no_place BEFORE INSERT OR UPDATE OF account_id ON memberships
    FOR EACH ROW EXECUTE FUNCTION staff_have_no_place()
    """,
    """
    CREATE FUNCTION members_are_no_staff() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM memberships WHERE account_id = NEW.id) THEN
            RAISE EXCEPTION 'staff have no place on a contract';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER members_are_no_staff BEFORE UPDATE OF is_staff ON accounts
    FOR EACH ROW WHEN (NEW.is_staff) EXECUTE FUNCTION members_are_no_staff()
    """,
)
SQLITE_RULES = (
    """
    CREATE TRIGGER staff_have_no_place_insert BEFORE INSERT ON memberships
    WHEN (SELECT is_staff FROM accounts WHERE id = NEW.account_id)
    BEGIN SELECT RAISE(ABORT, 'staff have no place on a contract'); END
    """,
    """
    CREATE TRIGGER staff_have_no_place_update BEFORE UPDATE OF account_id ON memberships
    WHEN (SELECT is_staff FROM accounts WHERE id = NEW.account_id)
    BEGIN SELECT RAISE(ABORT, 'staff have no place on a contract'); END
    """,
    """
    CREATE TRIGGER members_are_no_staff BEFORE UPDATE OF is_staff ON accounts
    WHEN NEW.is_staff AND EXISTS (SELECT 1 FROM memberships WHERE account_id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'staff have no place on a contract'); END
    """,
)
POSTGRESQL_DROPS = (
    "DROP TRIGGER members_are_no_staff ON accounts",
    "DROP FUNCTION members_are_no_staff()",
    "DROP TRIGGER staff_have_no_place ON memberships",
    "DROP FUNCTION staff_have_no_place()",
)
SQLITE_DROPS = (
    "DROP TRIGGER members_are_no_staff",
    "DROP TRIGGER staff_have_no_place_insert",
    "DROP TRIGGER staff_have_no_place_update",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "staff_memberships",
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("role", sa.String(16), primary_key=True),
        sa.CheckConstraint("role IN ('support', 'operator', 'auditor')", name="role"),
    )
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id", ondelete="CASCADE")),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")),
        sa.Column("for_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("shown_until", sa.Date()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.CheckConstraint("(account_id IS NULL) <> (contract_id IS NULL)", name="one_subject"),
    )
    op.create_index("ix_staff_notes_account_id", "staff_notes", ["account_id"])
    op.create_index("ix_staff_notes_contract_id", "staff_notes", ["contract_id"])
    op.create_index("ix_staff_notes_created_at", "staff_notes", ["created_at"])
    op.create_index("ix_staff_notes_for_id_done_at", "staff_notes", ["for_id", "done_at"])
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
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
        sa.Column("agent_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")),
        sa.Column(
            "agent_sign_in_id", sa.Integer(), sa.ForeignKey("sign_ins.id", ondelete="SET NULL")
        ),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("ticket", sa.String(40), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column(
            "answered_by_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")
        ),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("begun_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("token_hash", sa.String(64)),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.CheckConstraint("agent_id IS NULL OR agent_id <> account_id", name="another"),
        sa.CheckConstraint("begun_at IS NULL OR (allowed AND agent_id IS NOT NULL)", name="begun"),
        sa.CheckConstraint(
            "kind IN ('notice', 'approval', 'emergency', 'invitation')", name="kind"
        ),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_visits_account_id_asked_at", "visits", ["account_id", "asked_at"])
    op.create_index("ix_visits_agent_id_asked_at", "visits", ["agent_id", "asked_at"])
    op.create_index("ix_visits_agent_sign_in_id", "visits", ["agent_sign_in_id"])
    op.create_index("ix_visits_contract_id_asked_at", "visits", ["contract_id", "asked_at"])
    op.create_index("ix_visits_expires_at", "visits", ["expires_at"])
    op.create_index(
        "uq_visits_running",
        "visits",
        ["agent_id"],
        unique=True,
        **_where("begun_at IS NOT NULL AND ended_at IS NULL"),
    )
    for rule in POSTGRESQL_RULES if _on_postgresql() else SQLITE_RULES:
        op.execute(rule)


def downgrade() -> None:
    """Take back."""
    for rule in POSTGRESQL_DROPS if _on_postgresql() else SQLITE_DROPS:
        op.execute(rule)
    op.drop_table("visits")
    op.drop_table("staff_notes")
    op.drop_table("staff_memberships")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
