"""The database goes away in the middle of a request: our page, our headers, nothing half-saved."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import event

from demo.servers import PostgresServer, ServerUnavailableError, postgres_server
from selfcare import create_app
from selfcare.config import ROOT, Settings
from selfcare.database import db
from selfcare.models import Account
from tests.browsing import Browser, Page
from tests.cast import Cast, account_of
from tests.server.conftest import everything, get, gunicorn, one_answer

pytestmark = [pytest.mark.once, pytest.mark.slow]
CONTRACT = "/contracts/OCB0000124/"
EDIT = "/account/profile/edit"
PAGES = ["/", CONTRACT, f"{CONTRACT}orders", f"{CONTRACT}users", f"{CONTRACT}invoices", "/nowhere"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of these tests' own, to be broken."""
    try:
        with postgres_server() as server:
            yield server
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: PostgreSQL ({unavailable})")


def portal_on(settings: Settings, url: str) -> Flask:
    """A portal on an empty database, with Paul in it; it answers failures as in production."""
    app = create_app(dataclasses.replace(settings, database_url=url, database_timeout=1))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    alembic = Config(toml_file=str(ROOT / "pyproject.toml"))
    with app.app_context(), db.engine.connect() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
        connection.commit()
    cast = Cast(app)
    cast.member("paul.dupont", referent=True)
    cast.order()
    return app


@pytest.fixture
def on_sqlite(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """The portal on a file of its own."""
    (tmp_path / "database").mkdir()
    app = portal_on(settings, f"sqlite:///{tmp_path}/database/portal.sqlite3")
    yield app
    with app.app_context():
        db.dispose()


@pytest.fixture
def on_postgres(settings: Settings, postgres: PostgresServer) -> Iterator[Flask]:
    """The portal on a database of its own."""
    app = portal_on(settings, postgres.create_database("away"))
    yield app
    with app.app_context():
        db.dispose()


@pytest.fixture
def stop(postgres: PostgresServer) -> Callable[[], None]:
    """Ends all connections to it, as a server that stops does."""

    def stop() -> None:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away'"
            )

    return stop


def at_statement(app: Flask, number: int, action: Callable[[], None]) -> Callable[[], int]:
    """Do something just before a request's statement of this number; call it to know how far."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            action()

    with app.app_context():
        for engine in db.engines:
            event.listen(engine, "before_cursor_execute", count)

    def stop_counting() -> int:
        with app.app_context():
            for engine in db.engines:
                event.remove(engine, "before_cursor_execute", count)
        return seen

    return stop_counting


def is_ours(page: Page) -> None:
    assert page.status == 503
    assert page.headers["Retry-After"] == "30"
    assert page.headers["X-Request-ID"]
    assert "The portal is catching its breath" in page.words
    assert not page.all("a[href='/account/profile']")  # the header of nobody


@pytest.mark.parametrize("path", PAGES)
def test_safe_a_page_whose_database_stops_half_way_is_our_503(on_postgres, stop, path):
    paul = Browser(on_postgres).sign_in_as("paul.dupont")
    for number in itertools.count(1):
        counted = at_statement(on_postgres, number, stop)
        page = paul.get(path)
        if counted() < number:
            break
        is_ours(page)
        assert paul.get(path).status in {200, 404}  # it goes on by itself
    assert number > 2 or path == "/nowhere"


def test_safe_a_form_whose_database_stops_half_way_saves_all_or_nothing(on_postgres, stop):
    paul, failed = Browser(on_postgres).sign_in_as("paul.dupont"), 0
    fields = {
        "civility": "sir",
        "last_name": "Dupont",
        "locale": "en",
        "phone": "",
        "mobile": "0612345678",
        "csrf_token": paul._token("/"),
    }
    for number in itertools.count(1):
        name = f"Paul {chr(64 + number)}"
        counted = at_statement(on_postgres, number, stop)
        page = paul.post(EDIT, fields | {"first_name": name}, token=False)
        if counted() < number:
            assert page.status == 303
            break
        with on_postgres.app_context():
            saved = account_of("paul.dupont").first_name == name
        if page.status != 303:
            is_ours(page)
            failed += 1
        assert saved == (page.status == 303)
    assert failed >= 3


@pytest.mark.parametrize("path", PAGES)
def test_safe_a_database_that_is_gone_altogether_is_our_503(on_sqlite, path):
    paul = Browser(on_sqlite).sign_in_as("paul.dupont")
    assert paul.get(path).status in {200, 404}
    with on_sqlite.app_context():
        db.dispose()
        file = Path(db.engine.url.database or "")
    shutil.rmtree(file.parent)
    is_ours(paul.get(path))


def test_safe_a_form_that_finds_sqlite_locked_is_our_503(on_sqlite):
    paul = Browser(on_sqlite).sign_in_as("paul.dupont")
    with on_sqlite.app_context():
        other = sqlite3.connect(db.engine.url.database or "", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN EXCLUSIVE")
        assert paul.get(CONTRACT).status == 200
        is_ours(paul.post("/account/language", {"locale": "fr"}))
        other.execute("COMMIT")
    assert paul.post("/account/language", {"locale": "fr"}).status == 303


def test_safe_a_server_that_stops_under_a_signed_in_reader_is_our_503(settings, tmp_path):
    """Its own PostgreSQL, stopped at once; the web server is the real one."""
    try:
        with postgres_server() as server:
            url = server.create_database("away")
            app = portal_on(settings, url)
            with app.app_context():
                db.dispose()
            browser = Browser(app).sign_in_as("paul.dupont")
            found = browser.client.get_cookie("session", domain="portal.test")
            cookie = found.value if found else ""
            there = dataclasses.replace(settings, database_url=url)
            with gunicorn(there, tmp_path / "log", DATABASE_TIMEOUT="1") as served:
                with served.connect() as client:
                    client.sendall(get(CONTRACT, cookie=cookie, keep=True))
                    assert b" 200 OK" in one_answer(client)[:20]
                _stop(server)
                for path in PAGES:
                    answer = served.page(path, cookie=cookie)
                    assert b" 503 " in answer[:20], (path, answer)
                    assert b"Content-Security-Policy: default-src 'none'" in answer
                    assert b"Retry-After: 30" in answer
                with served.connect() as client:
                    client.sendall(
                        b"POST /login HTTP/1.1\r\nHost: portal.test\r\nContent-Length: 5\r\n"
                        b"Connection: close\r\n\r\nlogin"
                    )
                    assert b"Content-Security-Policy" in everything(client)
                assert "no_error_page" not in served.log.read_text()
            with app.app_context():
                db.dispose()
    except ServerUnavailableError as unavailable:
        pytest.skip(f"missing: PostgreSQL ({unavailable})")


def _stop(server: PostgresServer) -> None:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row
    pid = int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT)


def test_safe_where_not_even_an_error_page_can_be_made_there_are_headers(
    app, browse_as, cast, monkeypatch
):
    cast.account("paul.dupont")
    paul = browse_as("paul.dupont")
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.delitem(app.extensions["assets"], "app.css")
    answer = paul.client.get("/", base_url="http://portal.test/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Something went wrong on our side" in answer.text
    with app.app_context():
        assert db.session.query(Account).count() == 1
