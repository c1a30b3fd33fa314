"""staff: roles, visits, notes; no place on a contract for staff.

Revision ID: c70b5a19e2d4
Revises: 3c81e5f7a2d9
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c70b5a19e2d4"
down_revision = "3c81e5f7a2d9"
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
INDEXES = (
    ("visits", "contract_id", "asked_at"),
    ("visits", "account_id", "asked_at"),
    ("visits", "agent_id", "asked_at"),
    ("visits", "expires_at"),
    ("staff_notes", "account_id"),
    ("staff_notes", "contract_id"),
    ("staff_notes", "for_id", "done_at"),
    ("staff_notes", "created_at"),
    ("audit_entries", "visit_id", "at"),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "staff_memberships",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "role IN ('support', 'operator', 'auditor')", name=op.f("ck_staff_memberships_role")
        ),
        _to("staff_memberships", "account_id", "accounts", "CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_staff_memberships")),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("agent_sign_in_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ticket", sa.String(length=40), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('notice', 'approval', 'emergency', 'invitation')", name=op.f("ck_visits_kind")
        ),
        sa.CheckConstraint(
            "begun_at IS NULL OR (allowed AND agent_id IS NOT NULL)", name=op.f("ck_visits_begun")
        ),
        sa.CheckConstraint(
            "agent_id IS NULL OR agent_id <> account_id", name=op.f("ck_visits_another")
        ),
        _to("visits", "account_id", "accounts", "CASCADE"),
        _to("visits", "contract_id", "contracts", "CASCADE"),
        _to("visits", "agent_id", "accounts", "SET NULL"),
        _to("visits", "agent_sign_in_id", "sign_ins", "SET NULL"),
        _to("visits", "answered_by_id", "accounts", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visits_token_hash")),
    )
    running = sa.text("begun_at IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "uq_visits_running",
        "visits",
        ["agent_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("contract_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("for_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (contract_id IS NULL)", name=op.f("ck_staff_notes_one_subject")
        ),
        _to("staff_notes", "account_id", "accounts", "CASCADE"),
        _to("staff_notes", "contract_id", "contracts", "CASCADE"),
        _to("staff_notes", "author_id", "accounts", "SET NULL"),
        _to("staff_notes", "for_id", "accounts", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notes")),
    )
    # (A batch would make the table anew on SQLite, and its foreign keys empty others.)
    op.execute(
        "ALTER TABLE contracts ADD COLUMN visit_policy VARCHAR(8) DEFAULT 'notice' NOT NULL"
        " CONSTRAINT ck_contracts_visit_policy"
        " CHECK (visit_policy IN ('notice', 'approval', 'closed'))"
    )
    op.add_column("audit_entries", sa.Column("visit_id", sa.Integer(), nullable=True))
    for table_name, *columns in INDEXES:
        op.create_index(op.f(f"ix_{table_name}_{'_'.join(columns)}"), table_name, columns)
    for rule in POSTGRESQL_RULES if _on_postgresql() else SQLITE_RULES:
        op.execute(rule)


def downgrade() -> None:
    """Take back."""
    for rule in POSTGRESQL_DROPS if _on_postgresql() else SQLITE_DROPS:
        op.execute(rule)
    op.drop_index(op.f("ix_audit_entries_visit_id_at"), "audit_entries")
    op.drop_column("audit_entries", "visit_id")
    op.drop_column("contracts", "visit_policy")
    for name in ("staff_notes", "visits", "staff_memberships"):
        op.drop_table(name)


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _to(table: str, column: str, other: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=op.f(f"fk_{table}_{column}_{other}"),
        ondelete=on_delete,
    )
