"""what is wrong with the lines of an import: sentences in every language

Revision ID: 5d1f0b7e83a9
Revises: 6f1d2b9a40c3
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "5d1f0b7e83a9"
down_revision = "6f1d2b9a40c3"
branch_labels = None
depends_on = None

LANGUAGES = ("fr", "en")
LINES = sa.table(
    "user_import_lines",
    sa.column("import_id", sa.Integer),
    sa.column("number", sa.Integer),
    sa.column("problems", sa.JSON),
)


def upgrade() -> None:
    """Apply."""
    _change(lambda said: dict.fromkeys(LANGUAGES, said))


def downgrade() -> None:
    """Take back."""
    _change(lambda said: said[LANGUAGES[0]])


def _change(change: Callable[[Any], Any]) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(LINES)).all()
    for row in rows:
        if row.problems:
            connection.execute(
                LINES.update()
                .where(LINES.c.import_id == row.import_id, LINES.c.number == row.number)
                .values(problems=[change(said) for said in row.problems])
            )
