"""What every test may ask for: an application on a real database, people, browsers, a worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as examples
from redis import Redis
from sqlalchemy import event, select

from demo.mails import CapturingServer
from selfcare import config, create_app
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import AuditEntry
from selfcare.services.accounts import passwords
from tests.browsing import Browser
from tests.cast import Cast
from tests.emptying import empty
from tests.work import Worker

pytest_plugins = [
    "tests.plugin_servers",
    "tests.plugin_mailbox",
    "tests.plugin_commerce",
    "tests.plugin_console",
]

# How long an example takes says how busy the machine is.
examples.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
examples.load_profile("any machine")


@pytest.fixture(scope="session")
def settings(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> config.Settings:
    """Settings of a portal on the test's own servers."""
    return config.load(
        {},
        secret_key="a secret key for the tests, long enough",
        database_url=database_url,
        redis_url=redis_url,
        assets_dir=tmp_path_factory.mktemp("assets"),
        documents_url=f"file://{tmp_path_factory.mktemp('documents')}",
        portal_url="http://portal.test",
        log_level="WARNING",
        throttle_account="5 per minute; 10 per 10 minutes",
        terms_url="https://www.example.com/terms",
        news_url="https://www.example.com/news",
        contact_url="mailto:hello@example.com",
    )


@pytest.fixture(scope="session")
def migrated(settings: config.Settings) -> Iterator[Flask]:
    """The application, its tables made by the migrations."""
    app = create_app(settings)
    app.testing = True
    alembic = Config(toml_file=str(ROOT / "pyproject.toml"))
    with app.app_context(), db.engine.connect() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
        connection.commit()
    yield app
    with app.app_context():
        db.dispose()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashing a password takes 30 ms on purpose; here it takes none."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", hasher)
        patch.setattr(passwords, "_nobody", hasher.hash("nobody has this password"))
        yield


@pytest.fixture
def app(migrated: Flask, redis_url: str) -> Iterator[Flask]:
    """The application on an empty database and an empty Redis."""
    Redis.from_url(redis_url).flushdb()
    yield migrated
    with migrated.app_context(), db.engine.begin() as connection:
        empty(connection)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Makes the people, contracts, orders and subscriptions of the guide."""
    return Cast(app)


@pytest.fixture
def browse(app: Flask) -> Browser:
    """A browser nobody signed in with; it checks every page it gets."""
    return Browser(app)


@pytest.fixture
def browse_as(app: Flask) -> Callable[..., Browser]:
    """A browser somebody is signed in with: `browse_as("paul.dupont")`."""

    def signed_in(login: str, **kwargs: Any) -> Browser:
        browser = Browser(app, **kwargs)
        browser.sign_in_as(login)
        return browser

    return signed_in


@pytest.fixture
def paul_is(cast: Cast, browse_as: Callable[..., Browser]) -> Callable[..., Browser]:
    """The browser of Paul, signed in, as what `cast.member` says: `paul_is(orders=VISITOR)`."""

    def signed_in(**values: Any) -> Browser:
        return browse_as(cast.member("paul.dupont", **values))

    return signed_in


@pytest.fixture
def paul(paul_is: Callable[..., Browser]) -> Browser:
    """The browser of the referent of OCB0000124, signed in."""
    return paul_is(referent=True)


@pytest.fixture
def flask(app: Flask) -> Callable[..., tuple[str, int]]:
    """Run a command: `flask("orders", "list")` gives what it prints, and its exit status."""

    def run(*args: str) -> tuple[str, int]:
        done = app.test_cli_runner().invoke(args=list(args))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output, done.exit_code

    return run


@pytest.fixture
def worker(app: Flask) -> Worker:
    """Runs the waiting jobs, here and now."""
    return Worker(app)


@pytest.fixture
def another_app(app: Flask, settings: config.Settings) -> Iterator[Callable[..., Flask]]:
    """The same portal with other settings, on the same database: `another_app(redis_url=…)`."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        other = create_app(dataclasses.replace(settings, **changes))
        other.testing = True
        made.append(other)
        return other

    yield make
    for other in made:
        with other.app_context():
            db.dispose()


@pytest.fixture
def mailing(app: Flask, smtp_server: CapturingServer, monkeypatch: Any) -> CapturingServer:
    """A real SMTP server, and an application that sends its mails there."""
    monkeypatch.setattr(app.extensions["mail"], "port", smtp_server.port)
    return smtp_server


@pytest.fixture
def audited(app: Flask) -> Callable[[str], list[AuditEntry]]:
    """The entries of an action in the audit log."""

    def entries(action: str) -> list[AuditEntry]:
        with app.app_context():
            found = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
            return list(db.session.execute(found).scalars())

    return entries


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent from now on; clear the list to count anew."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engines = db.engines
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
