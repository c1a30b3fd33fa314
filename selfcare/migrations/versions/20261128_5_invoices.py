"""invoices, usage, pre-invoices.

Revision ID: e91f30a6c72b
Revises: 4ad97c15e0f8
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "e91f30a6c72b"
down_revision = "4ad97c15e0f8"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("type_code", sa.String(3), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("payment_terms", sa.String(2000), nullable=False),
        sa.Column("period_from", sa.Date()),
        sa.Column("period_to", sa.Date()),
        sa.Column("net", sa.Numeric(14, 2), nullable=False),
        sa.Column("vat", sa.Numeric(14, 2), nullable=False),
        sa.Column("gross", sa.Numeric(14, 2), nullable=False),
        sa.Column("paid", sa.Numeric(14, 2)),
        sa.Column("rounding", sa.Numeric(14, 2)),
        sa.Column("for_others", sa.Numeric(14, 2)),
        sa.Column("payable", sa.Numeric(14, 2)),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("pdf_key", sa.String(160), nullable=False),
        sa.Column("pdf_size", sa.Integer(), nullable=False),
        sa.Column("xml_key", sa.String(160)),
        sa.Column("xml_size", sa.Integer()),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "ix_invoices_contract_id_issued_on_id", "invoices", ["contract_id", "issued_on", "id"]
    )
    op.create_table(
        "usage_reports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total", sa.Numeric(14, 2), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("csv_key", sa.String(160), nullable=False),
        sa.Column("csv_size", sa.Integer(), nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.UniqueConstraint("contract_id", "month"),
    )
    op.create_index("ix_usage_reports_month", "usage_reports", ["month"])
    op.create_table(
        "invoice_references",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "invoice_id",
            sa.Integer(),
            sa.ForeignKey("invoices.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("issued_on", sa.Date()),
        sa.UniqueConstraint("invoice_id", "number"),
    )
    op.create_index("ix_invoice_references_number", "invoice_references", ["number"])
    op.create_table(
        "pre_invoice_versions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "report_id",
            sa.Integer(),
            sa.ForeignKey("usage_reports.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.UniqueConstraint("report_id", "number"),
    )
    op.create_table(
        "pre_invoices",
        sa.Column(
            "report_id",
            sa.Integer(),
            sa.ForeignKey("usage_reports.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    )
    op.create_index(
        "ix_pre_invoices_due_at", "pre_invoices", ["due_at"], **_where("due_at IS NOT NULL")
    )
    op.create_table(
        "usage_lines",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "report_id",
            sa.Integer(),
            sa.ForeignKey("usage_reports.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("service", sa.String(80), nullable=False),
        sa.Column("project", sa.String(120), nullable=False),
        sa.Column("label", sa.String(160), nullable=False),
        sa.Column("resource", sa.String(160), nullable=False),
        sa.Column("quantity", sa.Numeric(18, 6), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("unit_price", sa.Numeric(18, 8), nullable=False),
        sa.Column("amount", sa.Numeric(18, 6), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
    )
    op.create_index("ix_usage_lines_report_id_id", "usage_lines", ["report_id", "id"])
    op.create_table(
        "usage_shares",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "report_id",
            sa.Integer(),
            sa.ForeignKey("usage_reports.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("service", sa.String(80), nullable=False),
        sa.Column("project", sa.String(120), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(14, 2), nullable=False),
        sa.UniqueConstraint("report_id", "service", "project"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("usage_shares")
    op.drop_table("usage_lines")
    op.drop_table("pre_invoices")
    op.drop_table("pre_invoice_versions")
    op.drop_table("invoice_references")
    op.drop_table("usage_reports")
    op.drop_table("invoices")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
