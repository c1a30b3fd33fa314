"""An index for each order of the lists that grow; searches that look at one contract's rows.

Revision ID: c84f0a61d7e2
Revises: 2f6a9c1e7d40
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c84f0a61d7e2"
down_revision = "2f6a9c1e7d40"
branch_labels = None
depends_on = None

PRICE = "coalesce(price, -1)"
STATUS = (
    "(CASE status WHEN 'submitted' THEN 0 WHEN 'in_progress' THEN 1"
    " WHEN 'completed' THEN 2 ELSE 3 END)"
)
ORDERS = {
    "contract_id_placed_by_id_placed_at_id": ("placed_by_id", "placed_at"),
    "contract_id_ref_id": ("ref",),
    "contract_id_name_fr_id": ("name_fr",),
    "contract_id_name_en_id": ("name_en",),
    "by_price": (sa.text(PRICE),),
    "by_status": (sa.text(STATUS),),
}
SUBSCRIPTIONS = {
    "contract_id_subscribed_by_id_subscribed_at_id": ("subscribed_by_id", "subscribed_at"),
    "contract_id_ref_id": ("ref",),
    "contract_id_name_id": ("name",),
    "contract_id_price_id": ("price",),
    "contract_id_starts_on_id": ("starts_on",),
    "contract_id_ends_on_id": ("ends_on",),
}


def _index_words(table: str, *columns: str) -> None:
    op.create_index(
        f"ix_{table}_search_text",
        table,
        [*columns, "search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )


def upgrade() -> None:
    """Apply."""
    for table, indexes in (("orders", ORDERS), ("subscriptions", SUBSCRIPTIONS)):
        for name, columns in indexes.items():
            op.create_index(f"ix_{table}_{name}", table, ["contract_id", *columns, "id"])
    op.drop_index("ix_subscriptions_contract_id_ends_on", "subscriptions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
        for table in ("orders", "subscriptions"):
            op.drop_index(f"ix_{table}_search_text", table)
            _index_words(table, "contract_id")


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("orders", "subscriptions"):
            op.drop_index(f"ix_{table}_search_text", table)
            _index_words(table)
        op.execute("DROP EXTENSION IF EXISTS btree_gin")
    op.create_index(
        "ix_subscriptions_contract_id_ends_on", "subscriptions", ["contract_id", "ends_on"]
    )
    for table, indexes in (("orders", ORDERS), ("subscriptions", SUBSCRIPTIONS)):
        for name in indexes:
            op.drop_index(f"ix_{table}_{name}", table)
