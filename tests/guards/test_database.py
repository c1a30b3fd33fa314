"""The tables: migrations and models say the same, and every step goes back."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from selfcare import engines
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
    "ix_orders_by_price": "an index over an expression",
    "ix_orders_by_status": "an index over an expression",
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
            ours = {name for name in NOT_COMPARED if not name.endswith("_search_text")}
            assert ours <= set(names)


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
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
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


def test_operable_a_second_migration_waits_for_the_first(settings, empty_database):
    """Two instances that start together both migrate; the lock is that of `migrations/env.py`."""
    if not empty_database.startswith("postgresql"):
        pytest.skip("SQLite has no advisory locks; one process uses it")
    variables = {"SECRET_KEY": settings.secret_key, "DATABASE_URL": empty_database, "PATH": ""}
    with psycopg.connect(empty_database, autocommit=True) as first:
        first.execute("SELECT pg_advisory_lock(5321771903)")
        second = subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, env=variables
        )
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        for _ in range(600):
            if first.execute(waits).fetchone() == (1,):
                break
            assert second.poll() is None
            time.sleep(0.1)
        else:
            pytest.fail("it does not wait")
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert first.execute(tables).fetchone() == (0,)
        first.execute("SELECT pg_advisory_unlock(5321771903)")
        assert second.wait(60) == 0
        assert first.execute(tables).fetchone() != (0,)


SCHEMA = re.compile(
    r"\bop\.(add_column|alter_column|drop_\w+|create_(?!table)\w+|batch_alter_table)"
)
ROWS = re.compile(r"\bsa\.update\(|\.update\(\)|\bUPDATE \w+ SET|INSERT INTO|\binsert\(\)")


def test_operable_no_migration_changes_rows_while_it_holds_a_table():
    """CONTRIBUTING, Migrations: changed tables are locked until the end of the migration."""
    both = [
        Path(revision.path).name
        for revision in ScriptDirectory.from_config(alembic_config()).walk_revisions()
        for source in [Path(revision.path).read_text()]
        if SCHEMA.search(source) and ROWS.search(source)
    ]
    assert both == [], "change the rows in a migration of its own"


def test_list_1_sqlite_counts_new_indexes_where_it_has_counted_the_others(settings, empty_database):
    if not empty_database.startswith("sqlite"):
        pytest.skip("PostgreSQL counts columns, whatever indexes they have")
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.exec_driver_sql(
            "INSERT INTO offers (code, name, has_console) VALUES ('x', 'x', 0)"
        )
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("CREATE INDEX a_new_one ON offers (name)")
        command.upgrade(config, "head")
        counted = connection.exec_driver_sql("SELECT idx FROM sqlite_stat1").scalars().all()
    engine.dispose()
    assert "a_new_one" in counted
