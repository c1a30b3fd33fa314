"""accounts, sign-in, mails, the audit log.

Revision ID: 1c40a7d95b26
Revises:
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "1c40a7d95b26"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

POSTGRESQL_RULES = (
    """
    CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at < now() - interval '366 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only';
    END $$
    """,
    """
    CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_stay()
    """,
    """
    CREATE TRIGGER audit_entries_stay_whole BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay()
    """,
)
SQLITE_RULES = (
    """
    CREATE TRIGGER audit_entries_not_changed BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_entries_not_deleted BEFORE DELETE ON audit_entries
    WHEN OLD.at >= datetime('now', '-366 days')
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("civility", sa.String(8), nullable=False),
        sa.Column("last_name", sa.String(80), nullable=False),
        sa.Column("first_name", sa.String(80), nullable=False),
        sa.Column("phone", sa.String(24)),
        sa.Column("mobile", sa.String(24)),
        sa.Column("locale", sa.String(2), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("has_ece_changes", sa.Boolean(), nullable=False),
        sa.Column("has_ece_incidents", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint("civility IN ('madam', 'sir')", name="civility"),
        sa.CheckConstraint("locale IN ('fr', 'en')", name="locale"),
    )
    op.create_index("uq_accounts_email", "accounts", [sa.text("lower(email)")], unique=True)
    op.create_index("uq_accounts_login", "accounts", [sa.text("lower(login)")], unique=True)
    op.create_index("uq_accounts_subject", "accounts", ["subject"], unique=True)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("on_behalf_of_id", sa.Integer()),
        sa.Column("on_behalf_of", sa.String(64), nullable=False),
        sa.Column("subject_id", sa.Integer()),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("contract_ref", sa.String(16), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("visit_id", sa.Integer()),
        sa.Column("details", sa.JSON(), nullable=False),
    )
    op.create_index("ix_audit_entries_actor_id_at", "audit_entries", ["actor_id", "at"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_contract_ref_at", "audit_entries", ["contract_ref", "at"])
    op.create_index(
        "ix_audit_entries_on_behalf_of_id_at", "audit_entries", ["on_behalf_of_id", "at"]
    )
    op.create_index("ix_audit_entries_subject_id_at", "audit_entries", ["subject_id", "at"])
    op.create_index("ix_audit_entries_visit_id_at", "audit_entries", ["visit_id", "at"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])
    op.create_table(
        "recovery_requests",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("wanted", sa.String(8), nullable=False),
        sa.Column("given", sa.String(254), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("wanted IN ('password', 'login')", name="wanted"),
    )
    op.create_index("ix_recovery_requests_created_at", "recovery_requests", ["created_at"])
    op.create_table(
        "kept_forms",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_kept_forms_account_id", "kept_forms", ["account_id"])
    op.create_index("ix_kept_forms_created_at", "kept_forms", ["created_at"])
    op.create_table(
        "mailed_links",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.CheckConstraint("purpose IN ('set_password', 'confirm_email')", name="purpose"),
    )
    op.create_index("ix_mailed_links_account_id_used_at", "mailed_links", ["account_id", "used_at"])
    op.create_index("ix_mailed_links_expires_at", "mailed_links", ["expires_at"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id", ondelete="SET NULL")),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(2), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(120), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("ix_mails_account_id_created_at", "mails", ["account_id", "created_at"])
    op.create_index("ix_mails_created_at", "mails", ["created_at"])
    op.create_index("ix_mails_due_at", "mails", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_index("ix_mails_failed", "mails", ["id"], **_where("state = 'failed'"))
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", MOMENT),
        sa.UniqueConstraint("account_id", "code_hash"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("sid", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("awaits_code", sa.Boolean(), nullable=False),
        sa.Column("two_factor", sa.Boolean(), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(255), nullable=False),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_sign_ins_account_id_ended_at", "sign_ins", ["account_id", "ended_at"])
    op.create_index("ix_sign_ins_expires_at", "sign_ins", ["expires_at"])
    op.create_table(
        "two_factors",
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("sealed_secret", sa.String(255), nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.Integer(), nullable=False),
    )
    op.create_table(
        "unwanted_mails",
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("kind", sa.String(40), primary_key=True),
    )
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        _index_words("accounts")
    for rule in POSTGRESQL_RULES if on_postgresql else SQLITE_RULES:
        op.execute(rule)


def downgrade() -> None:
    """Take back."""
    op.drop_table("unwanted_mails")
    op.drop_table("two_factors")
    op.drop_table("sign_ins")
    op.drop_table("recovery_codes")
    op.drop_table("passkeys")
    op.drop_table("mails")
    op.drop_table("mailed_links")
    op.drop_table("kept_forms")
    op.drop_table("recovery_requests")
    op.drop_table("challenges")
    op.drop_table("audit_entries")
    op.drop_table("accounts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_stay()")
        op.execute("DROP EXTENSION IF EXISTS pg_trgm")


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
