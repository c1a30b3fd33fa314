"""`python -m benchmarks.imports`: a file of members, one worker, the stand-in console.

Says when all were added, when all were ready, how long the bar stood still, and what the same calls
to the console take without a portal around them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import click
from flask import Flask
from sqlalchemy import func, select

from benchmarks.portal import ROOT, run
from demo.mails import CapturingServer
from demo.ports import listen
from demo.servers import postgres_server, redis_server
from selfcare import config, create_app
from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract, LineState, UserImportLine, WishState
from selfcare.rights import profiles_of_new_user
from selfcare.services.console.iam import Holder, connect
from selfcare.services.users import imports

PASSWORD = "the console's own"  # noqa: S105 (of a console that lives for a minute)
REF = "OCB0000124"


@click.command()
@click.option("--people", default=2000)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), default="postgresql")
def main(*, people: int, database: str) -> None:
    """Import them, and watch."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/portal.sqlite3"
        if database == "postgresql":
            url = stack.enter_context(postgres_server()).create_database("imports")
        mails = stack.enter_context(CapturingServer())
        listening = stack.enter_context(listen(0))
        port = listening.getsockname()[1]
        environ = {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": stack.enter_context(redis_server()),
            "SECRET_KEY": secrets.token_hex(32),
            "ASSETS_DIR": folder,
            "MAIL_PORT": str(mails.port),
            "LOG_LEVEL": "WARNING",
            "DEMO": "1",
            "IAM_URL": f"http://127.0.0.1:{port}/v3",
            "IAM_USERNAME": "admin",
            "IAM_PASSWORD": PASSWORD,
        }
        stack.enter_context(_running(_console(listening.fileno()), environ, listening.fileno()))
        run(["alembic", "upgrade", "head"], environ)
        run(["flask", "demo", "seed"], environ)
        app = create_app(config.load(environ))
        bare = _bare(app, people)
        _start(app, people)
        worker = [sys.executable, "-m", "flask", "worker"]
        began = time.monotonic()
        with _running(worker, environ):
            _watch(app, people, began, bare)


def _console(number: int) -> list[str]:
    """The stand-in, which keeps nothing in a file."""
    serving = f"serve(0, inherited={number}, password={PASSWORD!r}).serve_forever()"
    return [sys.executable, "-c", f"from demo.console.server import serve; {serving}"]


@contextlib.contextmanager
def _running(command: list[str], environ: dict[str, str], *kept: int) -> Any:
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, pass_fds=kept
    )
    try:
        time.sleep(2)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _bare(app: Flask, people: int) -> float:
    """Seconds for the same accounts on a contract of their own, without a portal."""
    driver = connect(app.extensions["settings"])
    with app.app_context():
        driver.prepare_contract("BARE")
        began = time.monotonic()
        for number in range(people):
            who = Holder(f"bare.{number}", f"bare{number}@example.com")
            driver.set_groups("BARE", who, frozenset({"guest"}))
    return time.monotonic() - began


def _start(app: Flask, people: int) -> None:
    with app.app_context():
        contract = db.session.execute(select(Contract).filter_by(ref=REF)).scalar_one()
        owner = db.session.execute(select(Account).filter_by(login="paul.dupont")).scalar_one()
        profiles = {str(k): str(v) for k, v in profiles_of_new_user().items()}
        lines = [
            imports.Line(
                number + 2,
                "x",
                {
                    "login": f"person.{number}",
                    "email": f"person{number}@example.com",
                    "civility": "madam",
                    "last_name": "Person",
                    "first_name": str(number),
                    "phone": "+33 1 99 00 00 00",
                    "mobile": "",
                    "locale": "fr",
                },
                {"profiles": profiles, "console": ["guest"]},
            )
            for number in range(people)
        ]
        imports.start(imports.keep(contract, owner, "people.csv", lines))
        db.session.commit()


def _watch(app: Flask, people: int, began: float, bare: float) -> None:
    added_after, stood, moved, before = 0.0, 0.0, began, (-1, -1)
    while True:
        time.sleep(0.5)
        with app.app_context():
            seen = _counts()
        present = time.monotonic()
        if seen != before:
            moved, before = present, seen
        stood = max(stood, present - moved)
        if seen[0] >= people and not added_after:
            added_after = present - began
        if seen[1] >= people or present - began > 1800:
            break
    ready = time.monotonic() - began
    click.echo(
        f"{people} people: all added after {added_after:.0f} s, ready after {ready:.0f} s"
        f" ({ready / bare:.1f} times the bare calls, {bare:.0f} s);"
        f" the bar stood still for {stood:.1f} s at most"
    )


def _counts() -> tuple[int, int]:
    added = select(func.count()).where(UserImportLine.state == LineState.ADDED)
    ready = select(func.count()).where(
        ConsoleAccess.state == WishState.DONE, ConsoleAccess.iam_username.like("person.%")
    )
    return db.session.execute(added).scalar_one(), db.session.execute(ready).scalar_one()


if __name__ == "__main__":
    main()
