"""The tables: migrations and models say the same, and every step goes back."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from selfcare import database
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Base, fold

pytestmark = [  # that is what NOT_COMPARED is for
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
]

NOT_COMPARED = {
    "uq_accounts_login": "an index over lower(login)",
    "uq_accounts_email": "an index over lower(email)",
    **{
        f"ix_{table}_search_text": "a trigram index, on PostgreSQL only"
        for table in ("accounts", "contracts", "orders", "subscriptions", "services")
    },
}


def alembic_config() -> Config:
    return Config(toml_file=str(ROOT / "pyproject.toml"))


def test_design_migrations_make_the_tables_of_the_models(app):
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _o, name, kind, *_: (
                    kind != "index" or name not in NOT_COMPARED
                ),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_design_the_indexes_that_are_not_compared_exist(app):
    with app.app_context(), db.engine.connect() as connection:
        found = {
            index["name"]
            for table in Base.metadata.tables
            for index in inspect(connection).get_indexes(table)
        }
        if connection.dialect.name == "postgresql":
            assert NOT_COMPARED.keys() <= found
        else:  # SQLAlchemy does not reflect SQLite's expression indexes
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
            assert {"uq_accounts_login", "uq_accounts_email"} <= set(names)


def test_design_there_is_one_head(app):
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


@pytest.fixture
def empty_database(settings, tmp_path):
    """The address of a database of its own."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    name = f"{url.database}_empty"
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_design_every_migration_goes_back(settings, empty_database):
    engine = database.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    for step, target in (
        (command.upgrade, "head"),
        (command.downgrade, "base"),
        (command.upgrade, "head"),
    ):
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            step(config, target)
            connection.commit()
            names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        assert names == (set() if target == "base" else set(Base.metadata.tables))
    engine.dispose()


def test_list_1_rows_of_before_are_found_without_their_letters(settings, empty_database):
    engine = database.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    words = {"Żółć": "zołc", "Søren": "søren", "Cœur": "cœur", "Zoé": "zoe"}
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "e5b80f4c2d17")
        for number, (name, kept) in enumerate(words.items()):
            connection.execute(
                text(
                    "INSERT INTO accounts (login, email, civility, last_name, first_name, locale,"
                    " is_staff, has_ece_changes, has_ece_incidents, created_at, search_text)"
                    " VALUES (:login, :login, 'madam', :name, 'x', 'fr', false, false, false,"
                    " '2026-01-01', :kept)"
                ),
                {"login": f"login{number}", "name": name, "kept": kept},
            )
        command.upgrade(config, "head")
        found = connection.execute(text("SELECT last_name, search_text FROM accounts")).all()
    engine.dispose()
    assert dict(map(tuple, found)) == {name: fold(name) for name in words}
