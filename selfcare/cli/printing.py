"""How commands answer: rows as a table or as JSON, a change as a sentence, a refusal as another.

Every command that tells something takes `--json`, for programs: a list is one JSON object a line,
so that a million rows need no more memory than one. A refusal is a sentence on stderr, and 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

import click
from sqlalchemy import ColumnElement, and_, true

from selfcare.database import Rows, db
from selfcare.language import wording
from selfcare.language.i18n import speaking
from selfcare.models import fold
from selfcare.services.months import zone

ROUND = 500
"""Rows that are fetched at once."""
MEASURED = 200
"""Rows by which a table's columns get their widths."""

Facts = Mapping[str, Any]

as_json = click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
most = click.option("--limit", type=click.IntRange(1), help="At most so many.")


def stream(statement: Rows) -> Iterator[Facts]:
    """The statement's rows by the names of their columns, a round at a time."""
    found = db.session.execute(statement, execution_options={"yield_per": ROUND})
    for row in found:
        yield row._asdict()


def print_rows(rows: Iterable[Facts], *, as_json: bool, nothing: str = "None.") -> None:
    """A table with a heading, or one JSON object a line; `nothing` is said instead of none."""
    if as_json:
        for row in rows:
            click.echo(_json(row))
        return
    coming = iter(rows)
    first = list(islice(coming, MEASURED))
    if not first:
        click.echo(nothing)
        return
    widths = {name: max(len(name), *(len(shown(row[name])) for row in first)) for name in first[0]}
    for cells in chain([{name: _heading(name) for name in widths}], first, coming):
        line = "  ".join(shown(cells[name]).ljust(width) for name, width in widths.items())
        click.echo(line.rstrip())


def print_facts(facts: Facts, *, as_json: bool) -> None:
    """What is known of one thing: a line for each fact, or one JSON object."""
    if as_json:
        click.echo(_json(facts))
        return
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        first, *more = (value or [None]) if isinstance(value, list) else [value]
        for heading, one in ((_heading(name), first), *(("", one) for one in more)):
            click.echo(f"{heading:<{width}}{shown(one)}".rstrip())


def say(sentence: str, /, *, as_json: bool, **facts: Any) -> None:
    """What was done."""
    click.echo(_json(facts) if as_json else sentence)


def shown(value: Any) -> str:
    """A value as a person reads it; times as customers see them."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone()):%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping):
        return plain(", ".join(f"{name}={shown(one)}" for name, one in value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    return plain(str(value))


def plain(text: str) -> str:
    """Names and contents of files are others' words: nothing in them may steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    spaced = "".join(" " if c.isspace() else c for c in text)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def plural(count: int, one: str, many: str) -> str:
    """« 1 mail », « 2 mails »."""
    return f"{count} {one if count == 1 else many}"


@contextmanager
def refusing(*kinds: type[Exception]) -> Iterator[None]:
    """A refusal of these kinds ends the command with its sentence; nothing is kept.

    Raises:
        ClickException: one was raised.
    """
    try:
        yield
    except kinds as refused:
        db.session.rollback()
        raise click.ClickException(_sentence(refused)) from None


def _sentence(refused: Exception) -> str:
    if said := str(refused):
        return said
    with speaking("en"):
        return str(wording.USER_REFUSAL.get(type(refused).__name__, type(refused).__name__))


def matching(column: Any, search: str) -> ColumnElement[bool]:
    """A condition: the folded column holds each of these words."""
    words = [word for word in fold(search).split() if word]
    return and_(true(), *(column.contains(word, autoescape=True) for word in words))


def _heading(name: str) -> str:
    return name.replace("_", " ")


def _json(facts: Facts) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, default=_plain_value)


def _plain_value(value: Any) -> Any:
    """The form of a value in JSON; amounts as text, which keeps them exact."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
