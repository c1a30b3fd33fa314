"""What is left to pay of an invoice, and the words usage lines are found by.

Revision ID: 2b8e61f0c7d4
Revises: 7d20c9e4a1b5
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "2b8e61f0c7d4"
down_revision = "7d20c9e4a1b5"
branch_labels = None
depends_on = None

AT_ONCE = 10_000
LINES = sa.table(
    "usage_lines",
    sa.column("id", sa.Integer),
    *(sa.column(name, sa.String) for name in ("service", "project", "label", "resource")),
    sa.column("search_text", sa.String),
)


def upgrade() -> None:
    """Apply; of the invoices there are, nobody knows what was paid but their documents."""
    for name in ("paid", "payable"):
        op.add_column("invoices", sa.Column(name, sa.Numeric(14, 2), nullable=True))
    op.add_column(
        "usage_lines", sa.Column("search_text", sa.String(), nullable=False, server_default="")
    )
    _fill_in()


def downgrade() -> None:
    """Take back."""
    op.drop_column("usage_lines", "search_text")
    for name in ("payable", "paid"):
        op.drop_column("invoices", name)


def _fill_in() -> None:
    """The words of the lines there are, some at a time: there may be millions."""
    bind = op.get_bind()
    done = 0
    change = (
        sa.update(LINES)
        .where(LINES.c.id == sa.bindparam("line"))
        .values(search_text=sa.bindparam("words"))
    )
    after = sa.select(LINES).where(LINES.c.id > sa.bindparam("done")).order_by(LINES.c.id)
    while some := bind.execute(after.limit(AT_ONCE), {"done": done}).all():
        texts = ((row.id, (row.service, row.project, row.label, row.resource)) for row in some)
        bind.execute(
            change,
            [{"line": key, "words": _fold(" ".join(filter(None, words)))} for key, words in texts],
        )
        done = some[-1].id


def _fold(text: str) -> str:
    """As `models.base.fold` did on that day: a migration does not change with the code."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
