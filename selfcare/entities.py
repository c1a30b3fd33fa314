"""Entities made of a row's columns when somebody asks for them, without another statement.

SQLAlchemy makes entities of all that it is asked for, which takes longer than reading the row; most
pages look at two or three values of each.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import JSON, Row, String
from sqlalchemy import cast as sql_cast
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.engine import default
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.util import identity_key
from sqlalchemy.types import TypeDecorator, TypeEngine

from selfcare.database import db
from selfcare.models import Base

E = TypeVar("E", bound=Base)


class Shape(Generic[E]):
    """A model's columns as a statement selects them; those that are deferred are left out.

    Each is named after its table and itself. JSON is selected as its text, so that the values of a
    row can be hashed.
    """

    def __init__(self, model: type[E]) -> None:
        self.model = model
        self.columns: list[Any] = []
        self._read: list[tuple[str, str, Callable[[Any], Any] | None]] = []
        for one in sa_inspect(model).column_attrs:
            if one.deferred:
                continue
            column, parse = getattr(model, one.key), _parser(one.columns[0].type)
            name = f"{model.__tablename__}_{one.key}"
            self.columns.append((sql_cast(column, String) if parse else column).label(name))
            self._read.append((one.key, name, parse))
        self._new = cast("Callable[[], E]", sa_inspect(model).class_manager.new_instance)
        self._key = [one.name for one in sa_inspect(model).primary_key]

    def made_of(self, row: Row[Any]) -> E:
        """The entity of a row with these columns, in the session as if it had been loaded."""
        values: dict[str, Any] = {}
        for key, name, parse in self._read:
            value = getattr(row, name)
            values[key] = parse(value) if parse and value is not None else value
        known = db.session.identity_map.get(
            identity_key(self.model, tuple(values[key] for key in self._key))
        )
        if known is not None:
            return known
        entity = self._new()
        entity.__dict__.update(values)
        make_transient_to_detached(entity)
        db.session.add(entity)
        return entity


def _parser(kind: TypeEngine[Any]) -> Callable[[str], Any] | None:
    """How a value is read from its JSON text; None for a column that is not JSON."""
    if isinstance(kind, JSON):
        return json.loads
    if isinstance(kind, TypeDecorator) and isinstance(kind.impl, JSON):
        read = kind.process_result_value
        return lambda text: read(json.loads(text), default.DefaultDialect())
    return None


_shape = lru_cache(Shape)


def shape(model: type[E]) -> Shape[E]:
    """A model's shape, made once."""
    return cast("Shape[E]", _shape(model))
