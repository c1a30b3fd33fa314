"""The tables: migrations and models say the same, and every step goes back."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from selfcare import database
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Base

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


def test_design_every_migration_goes_back(settings, tmp_path):
    """Down to nothing and up again: on a schema, or a file, of its own."""
    import dataclasses

    if settings.database_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path}/other.db"
        engine = database.make_engine(dataclasses.replace(settings, database_url=url))
    else:
        engine = create_engine(
            settings.database_url.replace("postgresql://", "postgresql+psycopg://"),
            connect_args={"options": "-c search_path=going_back,public"},
        )
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA going_back")
    try:
        config = alembic_config()
        for step in (command.upgrade, command.downgrade, command.upgrade):
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                step(config, "base" if step is command.downgrade else "head")
                connection.commit()
                names = set(inspect(connection).get_table_names()) - {"alembic_version"}
            assert names == (set() if step is command.downgrade else set(Base.metadata.tables))
    finally:
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA going_back CASCADE")
        engine.dispose()
