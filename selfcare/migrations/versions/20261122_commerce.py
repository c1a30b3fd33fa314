"""Versions of services, drafts and timelines of orders, invoices, usage reports.

Revision ID: 009764e8f7c2
Revises: a3c0de5ec001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "009764e8f7c2"
down_revision = "a3c0de5ec001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "service_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["services.id"],
            name=op.f("fk_service_versions_service_id_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_versions")),
        sa.UniqueConstraint(
            "service_id", "number", name=op.f("uq_service_versions_service_id_number")
        ),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("net", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("vat", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("pdf_key", sa.String(length=160), nullable=False),
        sa.Column("pdf_size", sa.Integer(), nullable=False),
        sa.Column("xml_key", sa.String(length=160), nullable=True),
        sa.Column("xml_size", sa.Integer(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_invoices_kind")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_invoices_contract_id_contracts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("digest", name=op.f("uq_invoices_digest")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoices_contract_id_issued_on_id"),
            ["contract_id", "issued_on", "id"],
            unique=False,
        )

    op.create_table(
        "order_drafts",
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("entered", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_order_drafts_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_order_drafts_contract_id_contracts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["services.id"],
            name=op.f("fk_order_drafts_service_id_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_order_drafts")),
    )
    with op.batch_alter_table("order_drafts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_drafts_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "usage_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("csv_key", sa.String(length=160), nullable=False),
        sa.Column("csv_size", sa.Integer(), nullable=False),
        sa.Column("pre_invoice_state", sa.String(length=8), nullable=False),
        sa.Column("pre_invoice_key", sa.String(length=160), nullable=True),
        sa.Column("pre_invoice_size", sa.Integer(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "pre_invoice_state IN ('queued', 'ready')",
            name=op.f("ck_usage_reports_pre_invoice_state"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_usage_reports_contract_id_contracts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_reports")),
        sa.UniqueConstraint(
            "contract_id", "month", name=op.f("uq_usage_reports_contract_id_month")
        ),
    )
    with op.batch_alter_table("usage_reports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_usage_reports_pre_invoice_state"), ["pre_invoice_state"], unique=False
        )

    op.create_table(
        "order_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_order_events_order_id_orders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_events_order_id_id"), ["order_id", "id"], unique=False
        )

    op.create_table(
        "usage_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=False),
        sa.Column("project", sa.String(length=120), nullable=False),
        sa.Column("label", sa.String(length=160), nullable=False),
        sa.Column("resource", sa.String(length=160), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["usage_reports.id"],
            name=op.f("fk_usage_lines_report_id_usage_reports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_lines")),
    )
    with op.batch_alter_table("usage_lines", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_usage_lines_report_id_id"), ["report_id", "id"], unique=False
        )

    # Added one by one, never by SQLite's "batch": it would make these tables anew, and lose the
    # accounts' indexes on expressions.
    for name in ("has_ece_changes", "has_ece_incidents"):
        op.add_column(
            "accounts", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    for column in (
        sa.Column("labels", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("service_version", sa.Integer(), nullable=True),
        sa.Column("draft_key", sa.String(length=43), nullable=True),
        sa.Column("fulfilment", sa.String(length=16), nullable=False, server_default="manual"),
        sa.Column("upfront", sa.Numeric(12, 2), nullable=False, server_default="0"),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("subscription_name", sa.String(length=120), nullable=True),
    ):
        op.add_column("orders", column)
    op.create_index("uq_orders_draft_key", "orders", ["draft_key"], unique=True)
    op.add_column(
        "services", sa.Column("version", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "services", sa.Column("is_offered", sa.Boolean(), nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    """Take back."""
    for name in ("is_offered", "version"):
        op.drop_column("services", name)
    op.drop_index("uq_orders_draft_key", "orders")
    for name in (
        "subscription_name",
        "months",
        "upfront",
        "fulfilment",
        "draft_key",
        "service_version",
        "labels",
    ):
        op.drop_column("orders", name)
    for name in ("has_ece_incidents", "has_ece_changes"):
        op.drop_column("accounts", name)
    with op.batch_alter_table("usage_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_usage_lines_report_id_id"))

    op.drop_table("usage_lines")
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_events_order_id_id"))

    op.drop_table("order_events")
    with op.batch_alter_table("usage_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_usage_reports_pre_invoice_state"))

    op.drop_table("usage_reports")
    with op.batch_alter_table("order_drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_drafts_created_at"))

    op.drop_table("order_drafts")
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoices_contract_id_issued_on_id"))

    op.drop_table("invoices")
    op.drop_table("service_versions")
