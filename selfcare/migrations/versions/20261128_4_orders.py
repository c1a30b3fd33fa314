"""services, orders, subscriptions.

Revision ID: 4ad97c15e0f8
Revises: 52d7b1c8e06f
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "4ad97c15e0f8"
down_revision = "52d7b1c8e06f"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PRICE = "coalesce(price, -1)"
STATUS = (
    "(CASE status WHEN 'submitted' THEN 0 WHEN 'in_progress' THEN 1"
    " WHEN 'completed' THEN 2 ELSE 3 END)"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "services",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("category_fr", sa.String(64), nullable=False),
        sa.Column("category_en", sa.String(64), nullable=False),
        sa.Column("family_fr", sa.String(64), nullable=False),
        sa.Column("family_en", sa.String(64), nullable=False),
        sa.Column("name_fr", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("summary_fr", sa.String(500), nullable=False),
        sa.Column("summary_en", sa.String(500), nullable=False),
        sa.Column("description_fr", sa.String(4000), nullable=False),
        sa.Column("description_en", sa.String(4000), nullable=False),
        sa.Column("price_kind", sa.String(16), nullable=False),
        sa.Column("from_price", sa.Numeric(12, 2)),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "order_counters",
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id"), primary_key=True),
        sa.Column("month", sa.String(4), primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
    )
    op.create_table(
        "service_versions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "service_id",
            sa.Integer(),
            sa.ForeignKey("services.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.UniqueConstraint("service_id", "number"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("name_fr", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("price", sa.Numeric(12, 2)),
        sa.Column("price_kind", sa.String(16), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("service_version", sa.Integer()),
        sa.Column("draft_key", sa.String(43)),
        sa.Column("fulfilment", sa.String(16), nullable=False),
        sa.Column("upfront", sa.Numeric(12, 2), nullable=False),
        sa.Column("months", sa.Integer()),
        sa.Column("subscription_name", sa.String(120)),
        sa.Column("renews_id", sa.Integer(), sa.ForeignKey("orders.id")),
        sa.Column("starts_on", sa.Date()),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint(
            "price_kind IN ('monthly', 'from_monthly', 'once', 'quote')", name="price_kind"
        ),
        sa.CheckConstraint(
            "status IN ('submitted', 'in_progress', 'completed', 'cancelled')", name="status"
        ),
        sa.UniqueConstraint("ref"),
    )
    # Before those of a contract's rows, which PostgreSQL then takes where both cost the same.
    op.create_index(
        "ix_orders_placed_by_id_placed_at_id", "orders", ["placed_by_id", "placed_at", "id"]
    )
    op.create_index(
        "ix_orders_automatic_to_do",
        "orders",
        ["placed_at"],
        **_where("fulfilment = 'automatic' AND status IN ('submitted', 'in_progress')"),
    )
    op.create_index("ix_orders_by_price", "orders", ["contract_id", sa.text(PRICE), "id"])
    op.create_index("ix_orders_by_status", "orders", ["contract_id", sa.text(STATUS), "id"])
    op.create_index("ix_orders_contract_id_name_en_id", "orders", ["contract_id", "name_en", "id"])
    op.create_index("ix_orders_contract_id_name_fr_id", "orders", ["contract_id", "name_fr", "id"])
    op.create_index(
        "ix_orders_contract_id_placed_at_id", "orders", ["contract_id", "placed_at", "id"]
    )
    op.create_index(
        "ix_orders_contract_id_placed_by_id_placed_at_id",
        "orders",
        ["contract_id", "placed_by_id", "placed_at", "id"],
    )
    op.create_index("ix_orders_contract_id_ref_id", "orders", ["contract_id", "ref", "id"])
    op.create_index(
        "ix_orders_contract_id_status_placed_at_id",
        "orders",
        ["contract_id", "status", "placed_at", "id"],
    )
    op.create_index(
        "ix_orders_waiting",
        "orders",
        ["contract_id", "placed_at"],
        **_where("status IN ('submitted', 'in_progress')"),
    )
    op.create_index("uq_orders_draft_key", "orders", ["draft_key"], unique=True)
    op.create_index(
        "uq_orders_renews_id",
        "orders",
        ["renews_id"],
        unique=True,
        **_where("renews_id IS NOT NULL AND status <> 'cancelled'"),
    )
    op.create_table(
        "subscription_totals",
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id"), primary_key=True),
        sa.Column("ends_on", sa.Date(), primary_key=True),
        sa.Column("starts_on", sa.Date(), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("name_fr", sa.String(120), primary_key=True),
        sa.Column("name_en", sa.String(120), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(14, 2), nullable=False),
        sa.Column("upfront", sa.Numeric(14, 2), nullable=False),
    )
    op.create_table(
        "order_drafts",
        sa.Column("key", sa.String(43), primary_key=True),
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
        sa.Column(
            "service_id",
            sa.Integer(),
            sa.ForeignKey("services.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("entered", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_on", sa.Date(), nullable=False),
        sa.Column("renews_id", sa.Integer(), sa.ForeignKey("orders.id")),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_order_drafts_created_at", "order_drafts", ["created_at"])
    op.create_table(
        "order_events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "order_id", sa.Integer(), sa.ForeignKey("orders.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
    )
    op.create_index("ix_order_events_order_id_id", "order_events", ["order_id", "id"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("order_id", sa.Integer(), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("contract_id", sa.Integer(), sa.ForeignKey("contracts.id"), nullable=False),
        sa.Column("subscribed_by_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("subscribed_at", MOMENT, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(12, 2), nullable=False),
        sa.Column("upfront", sa.Numeric(12, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("remind_on", sa.Date()),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="dates"),
        sa.UniqueConstraint("order_id"),
        sa.UniqueConstraint("ref"),
    )
    # Before those of a contract's rows, which PostgreSQL then takes where both cost the same.
    op.create_index(
        "ix_subscriptions_subscribed_by_id_subscribed_at_id",
        "subscriptions",
        ["subscribed_by_id", "subscribed_at", "id"],
    )
    op.create_index(
        "ix_subscriptions_contract_id_ends_on_id", "subscriptions", ["contract_id", "ends_on", "id"]
    )
    op.create_index(
        "ix_subscriptions_contract_id_name_id", "subscriptions", ["contract_id", "name", "id"]
    )
    op.create_index(
        "ix_subscriptions_contract_id_price_id", "subscriptions", ["contract_id", "price", "id"]
    )
    op.create_index(
        "ix_subscriptions_contract_id_ref_id", "subscriptions", ["contract_id", "ref", "id"]
    )
    op.create_index(
        "ix_subscriptions_contract_id_starts_on_id",
        "subscriptions",
        ["contract_id", "starts_on", "id"],
    )
    op.create_index(
        "ix_subscriptions_contract_id_subscribed_at_id",
        "subscriptions",
        ["contract_id", "subscribed_at", "id"],
    )
    op.create_index(
        "ix_subscriptions_contract_id_subscribed_by_id_subscribed_at_id",
        "subscriptions",
        ["contract_id", "subscribed_by_id", "subscribed_at", "id"],
    )
    op.create_index(
        "ix_subscriptions_remind_on",
        "subscriptions",
        ["remind_on"],
        **_where("remind_on IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
        _index_words("services")
        _index_words("orders", "contract_id")
        _index_words("subscriptions", "contract_id")


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscriptions")
    op.drop_table("order_events")
    op.drop_table("order_drafts")
    op.drop_table("subscription_totals")
    op.drop_table("orders")
    op.drop_table("service_versions")
    op.drop_table("order_counters")
    op.drop_table("services")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP EXTENSION IF EXISTS btree_gin")


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
