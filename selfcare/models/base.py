"""The common base of all models: names of constraints, UTC times, the folded search column."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Index, MetaData, String, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


def now() -> datetime:
    """The present, aware, in UTC; the only clock models and services read."""
    return datetime.now(UTC)


def index_of(rows: str, name: str | None, *columns: str) -> Index:
    """An index of some rows only: those a sweep looks for, among a million that are done with.

    A statement that shall use it says `rows` in just these words: no database guesses what a
    bound value will be.
    """
    return Index(name, *columns, sqlite_where=text(rows), postgresql_where=text(rows))


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC on both databases; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and move aware ones to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"naive time: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give SQLite's naive values their time zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Declarative base of all models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own hook)
        datetime: UTCDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


_LETTERS = str.maketrans(
    {
        **dict(zip("łøđðħŧıĸ\u2019\u2010\u2011", "loddhtik'--", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ŋ": "ng",
    }
)
"""Letters that Unicode takes for letters of their own, as people without them type them."""


def fold(text: str) -> str:
    """Text as searches compare it: no accents, no case (« Réservation » → « reservation »).

    « Żółć », « Søren » and « cœur » are found as « zolc », « soren » and « coeur ».
    """
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return plain.translate(_LETTERS)


class Searchable:
    """A model with one folded column that holds all the text a search looks at.

    One column means one index, the same answer on PostgreSQL and SQLite (whose `lower()` knows
    ASCII only), and « reservation » finding « Réservation ».
    """

    search_text: Mapped[str] = mapped_column(String, default="", deferred=True)
    searched_words_change: ClassVar[bool] = True
    """False where the words are those of the day the row was made (an order keeps its wording)."""

    def search_terms(self) -> Iterable[str | None]:
        """The texts this row is found by."""
        raise NotImplementedError

    @staticmethod
    def joined(terms: Iterable[str | None]) -> str:
        """The column's value for these texts."""
        return fold(" ".join(term for term in terms if term))


@event.listens_for(Searchable, "before_insert", propagate=True)
def _set_search_text(_mapper: Any, _connection: Any, row: Searchable) -> None:
    row.search_text = row.joined(row.search_terms())


@event.listens_for(Searchable, "before_update", propagate=True)
def _keep_search_text(_mapper: Any, _connection: Any, row: Searchable) -> None:
    if row.searched_words_change:
        row.search_text = row.joined(row.search_terms())
