"""What every test may ask for: an application on a real database, people, browsers, a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from redis import Redis
from sqlalchemy import delete

from selfcare import config, create_app
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Base
from tests.browsing import Browser
from tests.cast import Cast
from tests.work import Worker

pytest_plugins = ["tests.plugin_servers", "tests.plugin_console"]


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
        db.engine.dispose()


@pytest.fixture
def app(migrated: Flask, redis_url: str) -> Iterator[Flask]:
    """The application on an empty database and an empty Redis."""
    Redis.from_url(redis_url).flushdb()
    yield migrated
    with migrated.app_context(), db.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))


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
def worker(app: Flask) -> Worker:
    """Runs the waiting jobs, here and now."""
    return Worker(app)
