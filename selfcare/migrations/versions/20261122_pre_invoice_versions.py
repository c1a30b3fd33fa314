"""Versions and tries of pre-invoices, usage added up by service, VAT of a contract.

Revision ID: c1f7a29d6e35
Revises: 4a7d3c0b91e2
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "c1f7a29d6e35"
down_revision = "4a7d3c0b91e2"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CHECK = "ck_usage_reports_pre_invoice_state"
FORMER_INDEX = "ix_usage_reports_pre_invoice_state"
INDEX = "ix_usage_reports_pre_invoice_state_pre_invoice_due_at"


def upgrade() -> None:
    """Apply; what was made so far is version 1, and is looked at again."""
    op.create_table(
        "pre_invoice_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _of_report("pre_invoice_versions"),
        sa.PrimaryKeyConstraint("id", name="pk_pre_invoice_versions"),
        sa.UniqueConstraint("report_id", "number", name="uq_pre_invoice_versions_report_id_number"),
    )
    op.create_table(
        "usage_shares",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(80), nullable=False),
        sa.Column("project", sa.String(120), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        _of_report("usage_shares"),
        sa.PrimaryKeyConstraint("id", name="pk_usage_shares"),
        sa.UniqueConstraint(
            "report_id", "service", "project", name="uq_usage_shares_report_id_service_project"
        ),
    )
    op.add_column("contracts", sa.Column("vat_rate", sa.Numeric(5, 2), nullable=True))
    with _children_kept("usage_lines"), op.batch_alter_table("usage_reports") as reports:
        for name, default in (("version", "0"), ("attempts", "0")):
            reports.add_column(
                sa.Column(
                    f"pre_invoice_{name}", sa.Integer(), nullable=False, server_default=default
                )
            )
        reports.add_column(sa.Column("pre_invoice_problem", sa.String(500), nullable=True))
        reports.add_column(
            sa.Column("pre_invoice_due_at", MOMENT, nullable=False, server_default=sa.func.now())
        )
        reports.drop_constraint(op.f(CHECK), type_="check")
        reports.create_check_constraint(
            op.f(CHECK), "pre_invoice_state IN ('queued', 'making', 'ready', 'failed')"
        )
        reports.drop_index(FORMER_INDEX)
        reports.create_index(INDEX, ["pre_invoice_state", "pre_invoice_due_at"])
    op.execute(
        "INSERT INTO pre_invoice_versions"
        " (report_id, number, made_at, content, fingerprint, key, size)"
        " SELECT id, 1, loaded_at, '[]', '', pre_invoice_key, pre_invoice_size"
        " FROM usage_reports WHERE pre_invoice_key IS NOT NULL"
    )
    op.execute(
        "UPDATE usage_reports SET pre_invoice_version = 1, pre_invoice_state = 'queued'"
        " WHERE pre_invoice_key IS NOT NULL"
    )
    op.execute(
        "INSERT INTO usage_shares (report_id, service, project, lines, amount)"
        " SELECT report_id, service, project, count(*), round(sum(amount), 2)"
        " FROM usage_lines GROUP BY report_id, service, project"
    )
    for name in ("pre_invoice_key", "pre_invoice_size"):
        op.drop_column("usage_reports", name)


def downgrade() -> None:
    """Take back; only the newest version stays."""
    op.add_column("usage_reports", sa.Column("pre_invoice_key", sa.String(160), nullable=True))
    op.add_column("usage_reports", sa.Column("pre_invoice_size", sa.Integer(), nullable=True))
    newest = (
        "FROM pre_invoice_versions v WHERE v.report_id = usage_reports.id"
        " AND v.number = usage_reports.pre_invoice_version"
    )
    op.execute(
        f"UPDATE usage_reports SET pre_invoice_key = (SELECT v.key {newest}),"  # noqa: S608
        f" pre_invoice_size = (SELECT v.size {newest})"
    )
    op.execute(
        "UPDATE usage_reports SET pre_invoice_state ="
        " CASE WHEN pre_invoice_key IS NULL THEN 'queued' ELSE 'ready' END"
    )
    op.drop_table("pre_invoice_versions")
    op.drop_table("usage_shares")
    op.drop_column("contracts", "vat_rate")
    with _children_kept("usage_lines"), op.batch_alter_table("usage_reports") as reports:
        reports.drop_index(INDEX)
        reports.create_index(FORMER_INDEX, ["pre_invoice_state"])
        reports.drop_constraint(op.f(CHECK), type_="check")
        reports.create_check_constraint(op.f(CHECK), "pre_invoice_state IN ('queued', 'ready')")
        for name in ("due_at", "problem", "attempts", "version"):
            reports.drop_column(f"pre_invoice_{name}")


def _of_report(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["report_id"],
        ["usage_reports.id"],
        name=f"fk_{table}_report_id_usage_reports",
        ondelete="CASCADE",
    )


@contextmanager
def _children_kept(child: str) -> Iterator[None]:
    """SQLite's "batch" drops the table, and by its foreign key with it the lines of all reports."""
    if op.get_bind().dialect.name != "sqlite":
        yield
        return
    op.execute(f"CREATE TABLE kept_meanwhile AS SELECT * FROM {child}")  # noqa: S608
    yield
    op.execute(f"DELETE FROM {child}")  # noqa: S608
    op.execute(f"INSERT INTO {child} SELECT * FROM kept_meanwhile")  # noqa: S608
    op.execute("DROP TABLE kept_meanwhile")
