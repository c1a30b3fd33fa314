"""Tables that come in as CSV, as spreadsheets save them (USERS-9, INVOICES-1, INVOICES-2).

Taken as they come: UTF-8 with or without a byte order mark, UTF-16 (Excel's « Texte Unicode »),
Windows' own code page; `;`, `,` or tabs between cells; a `sep=` line; columns in any order; empty
lines anywhere; line ends of Windows, Unix and old Macs.

A table is counted before anything is made of it, and read again line by line: neither a million
short lines nor one long one costs time or memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from selfcare.models import fold
from selfcare.services.files.problems import Problems

LONGEST_CELL = 5_000
"""Characters; more than any column of ours holds."""
MOST_COLUMNS = 200
MOST_EMPTY_LINES = 100_000
"""A spreadsheet saves formatted but empty lines, too; beyond this number nobody looks for more."""

_SEPARATOR = re.compile(r"sep=([;,\t])\r?\n", re.IGNORECASE)
"""A first line for Excel, which shows it to nobody."""
_QUOTED = re.compile(r'"[^"]*"')
_FIRST_LINE = re.compile(r"[^\r\n]*")
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

N_ = str
"""Marks a text for translation where it is not translated yet."""


class BadTable(Problems):
    """The table as a whole cannot be used.

    The problem is in English, for an operator; `text % values` can be translated for a reader.
    """

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__([text % values])
        self.text, self.values = text, values


class BadHeading(BadTable):
    """A column is missing, unknown, or there twice."""


@dataclass(frozen=True)
class Columns:
    """The columns a table may have.

    `names` maps each accepted heading to the column's name; spelling is compared folded, so that
    capitals and accents do not count. `labels` says what to call a column in a message.
    """

    names: Mapping[str, str]
    needed: Iterable[str]
    labels: Mapping[str, Any]

    @classmethod
    def exactly(cls, names: Iterable[str]) -> Columns:
        """Columns that are all needed and called by their names alone."""
        every = tuple(names)
        labels = {name: name for name in every}
        return cls({fold(name): name for name in every}, every, labels)


@dataclass(frozen=True)
class Row:
    """One line: its number in a spreadsheet (the heading is mostly 1), and its cells by column."""

    number: int
    cells: Mapping[str, str]
    is_cut_off: bool
    """Whether it has fewer cells than the heading."""
    beyond: tuple[str, ...]
    """The cells that stand under no heading and are not empty."""


@dataclass(frozen=True)
class Table:
    """A table that was counted and whose heading is right; iterating reads its rows anew."""

    columns: tuple[str, ...]
    """The name of each column in the file's order; "" for one without a heading."""
    count: int
    _text: str
    _delimiter: str

    def __iter__(self) -> Iterator[Row]:
        """The rows that hold something."""
        lines = _lines(self._text, self._delimiter)
        next(lines)
        wide = len(self.columns)
        for number, cells in lines:
            named = [*zip_longest(self.columns, map(str.strip, cells), fillvalue="")]
            yield Row(
                number=number,
                cells={name: cell for name, cell in named if name},
                is_cut_off=len(cells) < wide,
                beyond=tuple(cell for name, cell in named if cell and not name),
            )


def read(content: bytes, columns: Columns, *, most: int) -> Table:
    """Look a whole file over: its text, its heading, how many lines it has.

    Args:
        content: the file.
        columns: the columns it may have.
        most: the number of lines below the heading it may have.

    Raises:
        BadHeading: it has other columns.
        BadTable: it is not a table, or too long.
    """
    text, delimiter = _separated(_decoded(content))
    lines = _lines(text, delimiter)
    _number, titles = next(lines, (0, []))
    if not titles:
        raise BadTable(N_("This is not a text file; save the table as CSV."))
    names = _named([title.strip() for title in titles], columns)
    count = 0
    for count, _line in enumerate(lines, 1):
        if count > most:
            raise BadTable(N_("The file has more than %(most)s lines."), most=most)
    if not count:
        raise BadTable(N_("The file has a heading but no line below it."))
    return Table(names, count, text, delimiter)


def _decoded(content: bytes) -> str:
    """The text of a file; an encoding that is named is held to."""
    named = next((codec for mark, codec in _BOMS.items() if content.startswith(mark)), None)
    for codec in (named,) if named else ("utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(codec).lstrip("\ufeff")
            if text.strip() and "\0" not in text:
                return text
            break
        if codec == "utf-8" and _has_surrogates(content):
            break  # Windows' code page would make nonsense of them
    raise BadTable(N_("This is not a text file; save the table as CSV."))


def _has_surrogates(content: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        content.decode("utf-8", errors="surrogatepass")
        return True
    return False


def _separated(text: str) -> tuple[str, str]:
    """The text without its `sep=` line, and what stands between its cells."""
    if (asked := _SEPARATOR.match(text)) is not None:
        return text[asked.end() :], asked.group(1)
    first = _FIRST_LINE.match(text.lstrip())
    heading = _QUOTED.sub("", first.group()) if first else ""
    return text, max(";,\t", key=heading.count)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, with the numbers that a spreadsheet shows beside them.

    Raises:
        BadTable: a line cannot be read, or there are too many without anything.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = empty = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            if "field limit" in str(problem):
                raise _cell_too_long(number) from None
            raise BadTable(
                N_("Line %(line)s cannot be read: a quotation mark is out of place."), line=number
            ) from None
        if not any(map(str.strip, cells)):
            empty += 1
            if empty > MOST_EMPTY_LINES:
                raise BadTable(N_("The file has too many empty lines."))
            continue
        if max(map(len, cells)) > LONGEST_CELL:
            raise _cell_too_long(number)
        yield number, cells


def _cell_too_long(line: int) -> BadTable:
    return BadTable(
        N_("Line %(line)s has a cell of more than %(most)s characters."),
        line=line,
        most=LONGEST_CELL,
    )


def _named(titles: list[str], columns: Columns) -> tuple[str, ...]:
    """The columns' names in the order of the file's heading.

    Raises:
        BadHeading: one is missing, unknown, or there twice.
    """
    if len(titles) > MOST_COLUMNS:
        raise BadHeading(N_("The table has more than %(most)s columns."), most=MOST_COLUMNS)
    names = tuple(columns.names.get(fold(title), "") for title in titles)
    if missing := [str(columns.labels[name]) for name in columns.needed if name not in names]:
        raise BadHeading(N_("These columns are missing: %(names)s."), names=_listed(missing))
    again = {titles[i] for i, name in enumerate(names) if name and name in names[:i]}
    if again:
        raise BadHeading(N_("These columns appear twice: %(names)s."), names=_listed(again))
    known = zip(titles, names, strict=True)
    if unknown := [title for title, name in known if title and not name]:
        raise BadHeading(N_("These columns are unknown: %(names)s."), names=_listed(unknown))
    return names


def _listed(names: Iterable[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 200 else f"{text[:200]}…"
