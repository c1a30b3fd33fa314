"""The two sorts of lines of the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from selfcare.models import (
    Base,
)


class Sort(StrEnum):
    """How careful to be with it; docs/security.md says what the words mean."""

    SECRET = "secret"  # noqa: S105 (a word for secrets, no secret)
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """Rows that are deleted a `period` after the time in their column `since`."""

    since: InstrumentedAttribute[Any]
    period: timedelta
    what: str
    after: str
    """What happened at `since`, in words: "it was begun"."""
    sort: Sort
    only: ColumnElement[bool] | None = None
    """Which rows, where it is not all of them."""

    @property
    def model(self) -> type[Base]:
        """Whose rows they are."""
        model: type[Base] = self.since.parent.class_
        return model


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """Models whose rows no sweep deletes, and why."""

    models: tuple[type[Base], ...]
    what: str
    kept: str
    sort: Sort
