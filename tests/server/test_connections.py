"""Connections to PostgreSQL: no more than said, none for ever, and patience where it has none."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from demo.servers import PostgresServer, ServerUnavailableError, postgres_server
from selfcare import create_app
from selfcare.config import Settings
from selfcare.database import db
from tests.browsing import Browser
from tests.cast import account_of
from tests.server.test_database_away import portal_on

pytestmark = [pytest.mark.once]
MOST = 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    try:
        with postgres_server() as server:
            yield server
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: PostgreSQL ({unavailable})")


@pytest.fixture
def crowded(settings: Settings, postgres: PostgresServer) -> Iterator[Flask]:
    """A portal that may have two connections, where its role may have no more either."""
    url = postgres.create_database("crowded")
    made = portal_on(settings, url)
    with made.app_context():
        db.dispose()
    with psycopg.connect(postgres.url, autocommit=True) as server:
        server.execute(f"CREATE ROLE portal LOGIN PASSWORD 'x' CONNECTION LIMIT {MOST}")
        server.execute("GRANT pg_read_all_data, pg_write_all_data TO portal")
    limited = make_url(url).set(username="portal", password="x")
    app = create_app(
        dataclasses.replace(
            settings,
            database_url=limited.render_as_string(hide_password=False),
            database_pool_size=MOST,
        )
    )
    app.testing = True
    yield app
    with app.app_context():
        db.dispose()
    with psycopg.connect(postgres.url, autocommit=True) as server:
        server.execute("DROP DATABASE crowded WITH (FORCE)")
        server.execute("DROP ROLE portal")


def test_operable_readers_and_writers_share_the_connections_there_are(crowded):
    """More at once than connections: they wait for one, nobody is refused."""

    def visit(number: int) -> list[int]:
        browser = Browser(crowded, ip=f"192.0.2.{number}").sign_in_as("paul.dupont")
        read = browser.get("/contracts/OCB0000124/orders")
        wrote = browser.post("/logout")
        return [read.status, wrote.status]

    with ThreadPoolExecutor(8) as visitors:
        assert list(visitors.map(visit, range(16))) == [[200, 303]] * 16


def test_operable_a_full_server_is_waited_for(crowded):
    with crowded.app_context():
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    others = [psycopg.connect(address) for _ in range(MOST)]
    timer = threading.Timer(0.3, lambda: others.pop().close())
    timer.start()
    assert Browser(crowded).get("/readyz").status == 200
    timer.join()
    for other in others:
        other.close()


def test_operable_the_server_closes_what_nobody_uses(crowded):
    with crowded.app_context():
        limit = db.session.execute(text("SHOW idle_session_timeout")).scalar_one()
    assert limit == "1min"


def test_operable_one_engine_s_mode_never_stays_for_the_other(crowded):
    """A write that is rolled back is gone, after as many reads in AUTOCOMMIT."""
    Browser(crowded).sign_in_as("paul.dupont").get("/")
    with crowded.app_context():
        db.session.execute(text("UPDATE accounts SET first_name = 'Nobody'"))
        db.session.rollback()
        assert account_of("paul.dupont").first_name == "Paul"
