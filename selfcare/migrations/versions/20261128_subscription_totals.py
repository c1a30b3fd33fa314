"""The subscriptions of a contract, added up by service and period.

Revision ID: 3c8e51b7d904
Revises: 5e0c9b7d2a41
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3c8e51b7d904"
down_revision = "5e0c9b7d2a41"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the subscriptions there are get added up."""
    op.create_table(
        "subscription_totals",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("name_fr", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(14, 2), nullable=False),
        sa.Column("upfront", sa.Numeric(14, 2), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_subscription_totals_contract_id_contracts"),
        ),
        sa.PrimaryKeyConstraint(
            *("contract_id", "ends_on", "starts_on", "currency", "name_fr", "name_en"),
            name=op.f("pk_subscription_totals"),
        ),
    )
    op.execute(
        """
        INSERT INTO subscription_totals
        SELECT s.contract_id, s.ends_on, s.starts_on, s.currency, o.name_fr, o.name_en,
               count(*), sum(s.price), sum(s.upfront)
        FROM subscriptions AS s JOIN orders AS o ON o.id = s.order_id
        GROUP BY s.contract_id, s.ends_on, s.starts_on, s.currency, o.name_fr, o.name_en
        """
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscription_totals")
