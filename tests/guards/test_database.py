"""The tables: migrations and models say the same, and every step goes back."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, Table, inspect, select, text
from sqlalchemy.engine import make_url

from selfcare import engines
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
UNTIL = "2f6a9c1e7d40"
"""The migrations up to this one are of before the first release: there are no rows to hold up."""


def test_operable_no_migration_changes_rows_while_it_holds_a_table():
    """CONTRIBUTING, Migrations: changed tables are locked until the end of the migration."""
    script = ScriptDirectory.from_config(alembic_config())
    old = {revision.revision for revision in script.iterate_revisions(UNTIL, "base")}
    both = [
        Path(revision.path).name
        for revision in script.walk_revisions()
        if revision.revision not in old
        for source in [Path(revision.path).read_text()]
        if SCHEMA.search(source) and ROWS.search(source)
    ]
    assert both == [], "change the rows in a migration of its own"


def test_list_1_rows_of_before_are_found_without_their_letters(settings, empty_database):
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
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


def test_list_1_sqlite_counts_new_indexes_where_it_has_counted_the_others(settings, empty_database):
    if not empty_database.startswith("sqlite"):
        pytest.skip("PostgreSQL counts columns, whatever indexes they have")
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # a row without what it belongs to
        command.upgrade(config, "7b1f0c2d9e64")
        put(connection, "orders", id=1, price_kind="once", status="submitted")
        connection.exec_driver_sql("ANALYZE")
        command.upgrade(config, "head")
        counted = connection.exec_driver_sql("SELECT idx FROM sqlite_stat1").scalars().all()
    engine.dispose()
    assert "ix_orders_contract_id_status_placed_at_id" in counted


def put(connection, table: str, **values: object) -> None:
    """Insert a row of the tables as they are now, with something in every column that needs it."""
    found = Table(table, MetaData(), autoload_with=connection, resolve_fks=False)
    dummies: dict[type, object] = {
        str: "x",
        int: 1,
        bool: False,
        datetime: MOMENT,
        date: MOMENT.date(),
    }
    for column in found.columns:
        if not column.nullable and column.server_default is None and column.name not in values:
            kind = dict if isinstance(column.type, JSON) else column.type.python_type
            values[column.name] = dummies.get(kind, {} if kind is dict else 1)
    connection.execute(found.insert().values(**values))


MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_safe_wishes_of_before_keep_their_place(settings, empty_database):
    """Whatever waited goes on waiting, for as long; what was done or given up stays so."""
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "bcb2db14bad4")
        for table in ("platforms", "customers", "offers"):
            if inspect(connection).has_table(table):
                put(connection, table, id=1)
        put(connection, "contracts", id=1)
        for number in range(1, 7):
            put(connection, "accounts", id=number, subject=f"s{number}", login=f"l{number}",
                email=f"e{number}", civility="madam", locale="fr")  # fmt: skip
        for number, state in enumerate(("queued", "sending", "sent", "failed"), 1):
            put(connection, "mails", id=number, message_id=str(number), state=state, due_at=LATER)
        console = (
            ("queued", None, None), ("running", LATER, None), ("ready", None, None),
            ("failed", LATER, "slow"), ("failed", None, "conflict"),
        )  # fmt: skip
        for number, (state, next_try, problem) in enumerate(console, 1):
            put(
                connection, "console_accesses", id=number, account_id=number, state=state,
                next_try_at=next_try, problem=problem, changed_at=MOMENT,
            )  # fmt: skip
        put(connection, "contract_consoles", contract_id=1, state="failed", next_try_at=LATER,
            problem="slow")  # fmt: skip
        imports = (
            ("checked", None, None), ("queued", MOMENT, None), ("running", MOMENT, LATER),
            ("done", MOMENT, None),
        )  # fmt: skip
        for number, (state, started, lease) in enumerate(imports, 1):
            put(connection, "user_imports", id=number, state=state, started_at=started,
                lease_until=lease)  # fmt: skip
            put(connection, "user_import_lines", import_id=number, number=2, state="waiting")
        reports = ("queued", "making", "ready", "failed")
        for number, state in enumerate(reports, 1):
            put(
                connection, "usage_reports", id=number, month=date(2026, number, 1),
                pre_invoice_state=state, pre_invoice_version=number, pre_invoice_due_at=LATER,
                pre_invoice_attempts=number,
            )  # fmt: skip
            put(connection, "pre_invoice_versions", id=number, report_id=number)
        command.upgrade(config, "9d27c4f1a6b3")

        def wishes(table: str) -> list[tuple[str, str | None]]:
            found = Table(table, MetaData(), autoload_with=connection, resolve_fks=False)
            key = next(iter(found.primary_key.columns))
            rows = connection.execute(select(found.c.state, found.c.due_at).order_by(key))
            return [(state, due and f"{due:%d}") for state, due in rows]

        waiting, over = [("queued", "02"), ("running", "02")], [("done", None), ("failed", None)]
        expected = {
            "mails": waiting + over,
            "console_accesses": [("queued", "01"), ("running", "02"), ("done", None),
                                 ("queued", "02"), ("failed", None)],
            "contract_consoles": [("queued", "02")],
            "user_imports": [("queued", None), ("queued", "01"), ("running", "02"),
                             ("done", None)],
            "pre_invoices": waiting + over,
        }  # fmt: skip
        assert {table: wishes(table) for table in expected} == expected
        kept = "SELECT count(*) FROM "
        for table in ("user_import_lines", "pre_invoice_versions"):
            assert connection.exec_driver_sql(kept + table).scalar_one() == 4
        versions = connection.exec_driver_sql("SELECT version, attempts FROM pre_invoices")
        assert [tuple(row) for row in versions] == [(n, n) for n in range(1, 5)]

        command.downgrade(config, "bcb2db14bad4")
        for table, states in (
            ("mails", ["queued", "sending", "sent", "failed"]),
            ("console_accesses", [state for state, *_ in console]),
            ("user_imports", [state for state, *_ in imports]),
        ):
            found = connection.exec_driver_sql(f"SELECT state FROM {table} ORDER BY id")
            assert found.scalars().all() == states
        found = connection.exec_driver_sql(
            "SELECT pre_invoice_state FROM usage_reports ORDER BY id"
        )
        assert found.scalars().all() == list(reports)
    engine.dispose()


def test_console_5_the_provider_comes_and_goes_and_people_stay(settings, empty_database):
    """Whoever is there gets a name for clients; what clients hold goes with their tables."""
    engine = engines.make_engine(dataclasses.replace(settings, database_url=empty_database))
    config = alembic_config()
    before = "91d4be07c3a6"
    names: list[str] = []
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, before)
        for table in ("platforms", "customers", "offers"):
            if inspect(connection).has_table(table):
                put(connection, table, id=1)
        put(connection, "contracts", id=1)
        for number in (1, 2):
            put(connection, "accounts", id=number, login=f"l{number}", email=f"e{number}",
                civility="madam", locale="fr")  # fmt: skip
            put(connection, "sign_ins", id=number, account_id=number, token_hash=f"t{number}")
            put(connection, "console_accesses", id=number, account_id=number, state="ready")
        for _turn in range(2):
            command.upgrade(config, "5e0c9b7d2a41")
            for table, column in (("accounts", "subject"), ("sign_ins", "sid")):
                found = connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars().all()
                assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in found)
                names += found
            put(connection, "oidc_keys", kid="k")
            put(connection, "oidc_clients", id="c", kind="confidential")
            put(connection, "oidc_secrets", client_id="c")
            put(connection, "oidc_requests", client_id="c")
            put(connection, "oidc_grants", id=1, client_id="c", code_hash="h")
            put(connection, "oidc_tokens", grant_id=1)
            put(connection, "oidc_devices", client_id="c", grant_id=1, state="allowed")
            put(connection, "oidc_logouts", client_id="c", state="done", due_at=None)
            connection.execute(text("UPDATE console_accesses SET ends_tokens = true"))
            connection.commit()
            command.downgrade(config, before)
            tables = inspect(connection).get_table_names()
            assert not [table for table in tables if table.startswith("oidc_")]
            for table in ("accounts", "sign_ins", "console_accesses"):
                assert connection.exec_driver_sql(f"SELECT id FROM {table}").scalars().all()
        command.upgrade(config, "head")
        assert not connection.execute(text("SELECT count(*) FROM oidc_grants")).scalar()
        connection.commit()
    engine.dispose()
    assert len(names) == len(set(names)) == 8
