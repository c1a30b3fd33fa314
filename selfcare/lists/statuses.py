"""The statuses of a list's rows: links that filter, their counts, the words for them (LIST-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from selfcare.models import fold

LEAST = 3
"""Letters that a word needs to mean a status: « en » alone is not « en attente »."""


@dataclass(frozen=True)
class Status:
    """One of the statuses that rows of a list may have.

    Attributes:
        label: what it is called.
        where: which rows have it, on a day.
        sort: the order that an index holds among them, as in an address; empty where none does.
        words: what else people call it, separated by commas.
    """

    label: Any
    where: Callable[[date], ColumnElement[bool]]
    sort: str = ""
    words: Any = ""

    def is_meant_by(self, words: Sequence[str]) -> bool:
        """Whether these words stand in one of its names so; the last may be its beginning."""
        if len(" ".join(words)) < LEAST:
            return False
        return any(
            name[start : start + len(words) - 1] == words[:-1]
            and name[start + len(words) - 1].startswith(words[-1])
            for name in self._names()
            for start in range(len(name) - len(words) + 1)
        )

    def _names(self) -> Iterator[list[str]]:
        for name in f"{self.label},{self.words}".split(","):
            yield fold(name).split()


@dataclass(frozen=True)
class Pill:
    """A link to the rows of one status, or to all; without a number where they were not counted."""

    label: Any
    url: str
    is_chosen: bool
    number: int | None
    is_exact: bool


def grouped(
    words: Sequence[str], statuses: Mapping[str, Status]
) -> Iterator[tuple[Sequence[str], list[Status]]]:
    """The words of a search, those together that mean a status, with the statuses they mean."""
    folded, start = [fold(word) for word in words], 0
    while start < len(words):
        for end in range(len(words), start, -1):
            meant = [s for s in statuses.values() if s.is_meant_by(folded[start:end])]
            if meant or end == start + 1:
                yield words[start:end], meant
                start = end
                break
