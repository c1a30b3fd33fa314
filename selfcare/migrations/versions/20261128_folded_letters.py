"""Words that searches look at, without the letters that have no accent to lose (ł, ø, œ).

Revision ID: 6f1c93d2ab58
Revises: e5b80f4c2d17
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6f1c93d2ab58"
down_revision = "e5b80f4c2d17"
branch_labels = None
depends_on = None

TABLES = ("accounts", "contracts", "services", "orders", "subscriptions", "usage_lines")
LETTERS = dict(zip("łøđðħŧıĸ\u2019\u2010\u2011", "loddhtik'--", strict=True)) | {
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ŋ": "ng",
}


def upgrade() -> None:
    """Apply to the rows there are: one statement a table, and only rows that hold such a letter."""
    for name in TABLES:
        table = sa.table(name, sa.column("search_text", sa.String))
        text: sa.ColumnElement[str] = table.c.search_text
        concerned = sa.or_(*(table.c.search_text.contains(letter) for letter in LETTERS))
        for letter, plain in LETTERS.items():
            text = sa.func.replace(text, letter, plain)
        op.execute(sa.update(table).where(concerned).values(search_text=text))


def downgrade() -> None:
    """Leave the words: the searches of before found them, too, if typed without such letters."""
