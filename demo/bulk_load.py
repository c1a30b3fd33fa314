"""Rows by the million into PostgreSQL (COPY) or SQLite, in one transaction.

On PostgreSQL, where a load is larger than what is there, indexes and foreign keys are taken off
and put back: building an index once is many times faster than keeping it up, and a foreign key
checked once finds a wrong row as surely as one checked row by row.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from psycopg import sql
from sqlalchemy import JSON, Connection, Engine, text

from demo.invented import COLUMNS, Batch, Row
from selfcare.models import Base


class Load(Protocol):
    """Takes batches of rows."""

    connection: Connection

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch and empty it."""

    def next_ids(self) -> dict[str, int]:
        """Return the first free id of each table."""


@contextlib.contextmanager
def bulk_load(engine: Engine, expected: Mapping[str, int]) -> Iterator[Load]:
    """Open one transaction, with no other writer; all of it is kept, or nothing.

    Args:
        expected: how many rows each table shall get, about.
    """
    kind = _Postgres if engine.dialect.name == "postgresql" else _Sqlite
    with engine.connect() as connection, kind.prepared(connection), connection.begin():
        load = kind(connection)
        load.begin(expected)
        yield load
        load.finish()


class _BulkLoad:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection

    @classmethod
    @contextlib.contextmanager
    def prepared(cls, _connection: Connection) -> Iterator[None]:
        """Set up what cannot be set up inside the transaction."""
        yield

    def next_ids(self) -> dict[str, int]:
        """Return the first free id of each table."""
        return {
            table: 1 + (self._scalar(f"SELECT max(id) FROM {table}") or 0)  # noqa: S608 - ours
            for table, columns in COLUMNS.items()
            if "id" in columns
        }

    def write(self, batch: Batch) -> None:
        """Write the rows of a batch and empty it."""
        for table, columns in COLUMNS.items():
            if rows := batch[table]:
                rest = _rest(table)
                values = tuple(rest.values())
                self._copy(table, (*columns, *rest), [row + values for row in rows])
                rows.clear()

    def _scalar(self, statement: str) -> Any:
        return self.connection.execute(text(statement)).scalar_one()

    def _copy(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        raise NotImplementedError


def _rest(table: str) -> dict[str, str | int]:
    """What the model says of the other columns that cannot be empty."""
    found: dict[str, str | int] = {}
    for column in Base.metadata.tables[table].columns:
        if column.nullable or column.primary_key or column.name in COLUMNS[table]:
            continue
        default: Any = column.default
        value = default.arg(None) if default.is_callable else default.arg
        if isinstance(column.type, JSON):
            value = json.dumps(value)
        found[column.name] = value if isinstance(value, int) else str(value)
    return found


class _Sqlite(_BulkLoad):
    @classmethod
    @contextlib.contextmanager
    def prepared(cls, connection: Connection) -> Iterator[None]:
        """Set up what cannot be set up inside the transaction.

        Without foreign keys a row costs a third less. They are sure to hold: all that is referred
        to was made or read in the same transaction, and nobody else can write meanwhile.
        """
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("PRAGMA foreign_keys = OFF")
            driver.execute("PRAGMA cache_size = -65536")  # 64 MB
            yield
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
            driver.execute("PRAGMA cache_size = -2000")

    def begin(self, expected: Mapping[str, int]) -> None:
        """Prepare nothing: SQLite needs no more."""

    def _copy(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        self._driver.executemany(statement, rows)

    def finish(self) -> None:
        self.connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
        self.connection.exec_driver_sql("ANALYZE")


class _Postgres(_BulkLoad):
    def begin(self, expected: Mapping[str, int]) -> None:
        for setting in ("maintenance_work_mem = '256MB'", "synchronous_commit = off"):
            self.connection.exec_driver_sql(f"SET LOCAL {setting}")
        tables = ", ".join(COLUMNS)
        self.connection.exec_driver_sql(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        there = self.next_ids()
        self._put_back: list[str] = []
        for table, rows in expected.items():
            if rows > there.get(table, rows):
                self._take_off(table)

    def _take_off(self, table: str) -> None:
        """Drop foreign keys and indexes, all but the primary key; remember how to make them."""
        keys = self.connection.execute(
            text(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = to_regclass(:table) AND contype IN ('f', 'u')"
                " ORDER BY contype DESC"
            ),
            {"table": table},
        ).all()
        for name, definition in keys:
            self._execute("ALTER TABLE {} DROP CONSTRAINT {}", table, name)
            self._put_back.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        indexes = self.connection.execute(
            text(
                "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index"
                " JOIN pg_class ON pg_class.oid = indexrelid"
                " WHERE indrelid = to_regclass(:table) AND NOT indisprimary"
            ),
            {"table": table},
        ).all()
        for name, definition in indexes:
            self._execute("DROP INDEX {}", name)
            self._put_back.append(definition)

    def _execute(self, statement: str, *names: str) -> None:
        composed = sql.SQL(statement).format(*map(sql.Identifier, names))
        self.connection.exec_driver_sql(composed.as_string(self._driver))

    def _copy(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self) -> None:
        for statement in self._put_back:
            self.connection.exec_driver_sql(statement)
        for table, columns in COLUMNS.items():
            if "id" in columns:
                self._scalar(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
                    f" GREATEST((SELECT max(id) FROM {table}), 1))"
                )
            self.connection.exec_driver_sql(f"ANALYZE {table}")
