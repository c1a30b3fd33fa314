"""What an invoice is and refers to, how it is rounded and to be paid.

Revision ID: 6f1d2b9a40c3
Revises: 6f1c93d2ab58
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6f1d2b9a40c3"
down_revision = "6f1c93d2ab58"
branch_labels = None
depends_on = None

INVOICES = sa.table(
    "invoices",
    sa.column("kind", sa.String),
    sa.column("type_code", sa.String),
)


def upgrade() -> None:
    """Apply; of the invoices there are, only their kind is known."""
    op.add_column(
        "invoices", sa.Column("type_code", sa.String(3), nullable=False, server_default="380")
    )
    op.add_column(
        "invoices",
        sa.Column("payment_terms", sa.String(2000), nullable=False, server_default=""),
    )
    for name in ("rounding", "for_others"):
        op.add_column("invoices", sa.Column(name, sa.Numeric(14, 2), nullable=True))
    op.execute(sa.update(INVOICES).where(INVOICES.c.kind == "credit_note").values(type_code="381"))
    op.create_table(
        "invoice_references",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoices.id"],
            name=op.f("fk_invoice_references_invoice_id_invoices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_references")),
        sa.UniqueConstraint(
            "invoice_id", "number", name=op.f("uq_invoice_references_invoice_id_number")
        ),
    )
    op.create_index(op.f("ix_invoice_references_number"), "invoice_references", ["number"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_invoice_references_number"), table_name="invoice_references")
    op.drop_table("invoice_references")
    for name in ("for_others", "rounding", "payment_terms", "type_code"):
        op.drop_column("invoices", name)
