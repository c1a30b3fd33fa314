"""Orders that renew a subscription; when a subscription's end is to be told.

Revision ID: 7b1f0c2d9e64
Revises: 4be19c07d5a2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7b1f0c2d9e64"
down_revision = "4be19c07d5a2"
branch_labels = None
depends_on = None

RENEWS = "renews_id IS NOT NULL AND status <> 'cancelled'"


def upgrade() -> None:
    """Apply. (SQLite would make a table anew for a constraint, and lose indexes it cannot read.)"""
    op.execute(
        "ALTER TABLE orders ADD COLUMN renews_id INTEGER"
        " CONSTRAINT fk_orders_renews_id_orders REFERENCES orders (id)"
    )
    op.add_column("orders", sa.Column("starts_on", sa.Date(), nullable=True))
    op.create_index(
        "uq_orders_renews_id",
        "orders",
        ["renews_id"],
        unique=True,
        sqlite_where=sa.text(RENEWS),
        postgresql_where=sa.text(RENEWS),
    )
    op.execute(
        "ALTER TABLE order_drafts ADD COLUMN renews_id INTEGER"
        " CONSTRAINT fk_order_drafts_renews_id_orders REFERENCES orders (id)"
    )
    op.add_column("subscriptions", sa.Column("remind_on", sa.Date(), nullable=True))
    op.create_index(
        op.f("ix_subscriptions_remind_on"),
        "subscriptions",
        ["remind_on"],
        sqlite_where=sa.text("remind_on IS NOT NULL"),
        postgresql_where=sa.text("remind_on IS NOT NULL"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_subscriptions_remind_on"), table_name="subscriptions")
    op.drop_column("subscriptions", "remind_on")
    op.drop_column("order_drafts", "renews_id")
    op.drop_index("uq_orders_renews_id", table_name="orders")
    op.drop_column("orders", "starts_on")
    op.drop_column("orders", "renews_id")
