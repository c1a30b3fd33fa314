"""Whoever waits to write on SQLite gets a turn, however busy the others are."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from selfcare.database import db

HELD, FREE = 0.03, 0.003
"""Seconds a busy writer writes, and pauses between two turns."""


@pytest.fixture
def on_sqlite(app):
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL keeps writers in line by itself")
    return app


def write(app) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE accounts SET login = login"))
        db.session.commit()


def turns_before(app, *, most: int) -> int:
    """How often a busy writer comes by again while somebody waits; they came while it wrote."""
    turns = 0
    waiting = threading.Thread(target=write, args=[app])
    while turns <= most:
        with app.app_context():
            db.session.execute(text("UPDATE accounts SET login = login"))
            if not turns:
                waiting.start()
                time.sleep(10 * HELD)  # SQLite looks more and more seldom: ten times a second
            time.sleep(HELD)
            db.session.commit()
        time.sleep(FREE)
        if not waiting.is_alive():
            break
        turns += 1
    waiting.join()
    return turns


def test_safe_nobody_waits_in_vain_to_write_on_sqlite_while_others_come_and_go(on_sqlite):
    assert max(turns_before(on_sqlite, most=12) for _ in range(4)) < 12
