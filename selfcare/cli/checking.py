"""Whether what the settings name is there, and has the tables this version wants."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from smtplib import SMTPException
from typing import Any

import click
from flask import current_app
from redis import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from selfcare import config
from selfcare.background.jobs import redis
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.services.documents import StoreAway, store
from selfcare.services.mail.smtp import Conversation


@dataclass(frozen=True)
class Finding:
    """A sentence, and whether it is a good one."""

    good: bool
    sentence: str


def findings() -> Iterator[Finding]:
    """Everything that is looked at, one by one."""
    settings = config.current()
    doubts = list(config.doubtful(settings))
    yield from (Finding(good=False, sentence=doubt) for doubt in doubts)
    if not doubts:
        yield Finding(good=True, sentence="no setting that should not stay")
    for name, look in (
        ("DATABASE_URL", database),
        ("REDIS_URL", _redis),
        ("DOCUMENTS_URL", _documents),
        ("MAIL_SERVER", _mail),
    ):
        problem = look()
        yield Finding(good=not problem, sentence=f"{name}: {problem or 'answers'}")


def database() -> str:
    """What is wrong with the database; empty where all is well."""
    from alembic.config import Config  # noqa: PLC0415 (heavy)
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    try:
        with db.engine.connect() as connection:
            here = set(MigrationContext.configure(connection).get_current_heads())
    except SQLAlchemyError as problem:
        return f"the database does not answer: {_first_line(problem)}"
    wanted = set(
        ScriptDirectory.from_config(Config(toml_file=str(ROOT / "pyproject.toml"))).get_heads()
    )
    if here == wanted:
        return ""
    return "the database has not the tables of this version: alembic upgrade head"


def _redis() -> str:
    try:
        redis().ping()
    except RedisError as problem:
        return f"Redis does not answer: {problem}"
    return ""


def _documents() -> str:
    key = f"check/{socket.gethostname()}"
    try:
        store().put(key, b"flask settings check")
        store().delete(key)
    except StoreAway as problem:
        return f"the document store does not take a document: {problem}"
    return ""


def _mail() -> str:
    try:
        with Conversation(current_app.extensions["mail"]) as server:
            server.greet()
    except (SMTPException, OSError) as problem:
        return f"the SMTP server does not let us in: {problem}"
    return ""


def _first_line(problem: SQLAlchemyError) -> str:
    said = problem.orig if isinstance(problem, DBAPIError) else problem
    return (str(said).strip().splitlines() or [type(problem).__name__])[0]


def telling_what_lacks(command: click.Command) -> None:
    """Have a command, or all of a group, say in one sentence that the database is not there.

    A traceback of sixty lines ends in the same words, and helps nobody.
    """
    if isinstance(command, click.Group):
        for one in command.commands.values():
            telling_what_lacks(one)
    elif command.callback is not None:
        command.callback = _telling(command.callback)


def _telling(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except SQLAlchemyError:
            with suppress(SQLAlchemyError):
                db.session.rollback()
            if lacks := database():
                raise click.ClickException(f"{lacks} (DATABASE_URL={_address()})") from None
            raise

    return told


def _address() -> str:
    return make_url(config.current().database_url).render_as_string(hide_password=True)
