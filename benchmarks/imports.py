"""`make bench ARGS="--only import"`: a file of members, one worker, the stand-in console.

The worker sends the mails of the import meanwhile, as it does in service. Says what the same calls
to the console take without a portal around them, too.
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
from dataclasses import dataclass
from typing import Any

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
from selfcare.services.users import adding, imports

PASSWORD = "the console's own"  # noqa: S105 (of a console that lives for a minute)
REF = "OCB0000124"
MOST_ADDED, MOST_TIMES = 60, 2
"""The goals: seconds until all are added; all ready, as a multiple of the bare calls."""
GIVES_UP = 1800


@dataclass
class Seen:
    """What somebody sees who looks at the import twice a second; seconds since it was started."""

    bare: float
    """Seconds that the same calls to the console take, one after the other, without a portal."""
    added: float = 0.0
    ready: float = 0.0
    bar_stood: float = 0.0
    """The longest time without one more line added."""
    console_stood: float = 0.0
    """The longest time without one more account ready, after all were added."""


def table(database: str, people: int) -> list[str]:
    """Import so many, and watch: the measurements as lines of a document."""
    seen = _measured(database, people)
    return [
        f"{people} people, one worker, which sends {2 * people} mails meanwhile. Bare: the same",
        "calls to the console, one after the other, without a portal.",
        "",
        "| import | measured | goal |",
        "|---|---:|---:|",
        f"| all added after | {seen.added:.1f} s | {MOST_ADDED} s |",
        f"| the bar stood still at most | {seen.bar_stood:.1f} s | it moves |",
        f"| bare calls to the console | {seen.bare:.1f} s | |",
        f"| all ready after | {seen.ready:.1f} s | {MOST_TIMES} × bare |",
        f"| ready ÷ bare | {seen.ready / seen.bare:.1f} | {MOST_TIMES} |",
        f"| no account more was ready for | {seen.console_stood:.1f} s | |",
    ]


def _measured(database: str, people: int) -> Seen:
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
        seen = Seen(_bare(app, people))
        worker = [sys.executable, "-m", "flask", "worker"]
        with _running(worker, environ):
            _start(app, people)
            _watch(app, people, seen)
        return seen


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
        adding.start(imports.keep(contract, owner, "people.csv", lines))
        db.session.commit()


def _watch(app: Flask, people: int, seen: Seen) -> None:
    began = moved = time.monotonic()
    before = (-1, -1)
    while not seen.ready:
        time.sleep(0.5)
        with app.app_context():
            added, ready = present = _counts()
        stood = time.monotonic() - moved
        if not seen.added:
            seen.bar_stood = max(seen.bar_stood, stood)
        else:
            seen.console_stood = max(seen.console_stood, stood)
        if present != before:
            moved, before = time.monotonic(), present
        if added >= people and not seen.added:
            seen.added = time.monotonic() - began
        if ready >= people:
            seen.ready = time.monotonic() - began
        if time.monotonic() - began > GIVES_UP:
            raise RuntimeError(f"{ready} of {people} were ready after {GIVES_UP} s")


def _counts() -> tuple[int, int]:
    added = select(func.count()).where(UserImportLine.state == LineState.ADDED)
    ready = select(func.count()).where(
        ConsoleAccess.state == WishState.DONE, ConsoleAccess.iam_username.like("person.%")
    )
    return db.session.execute(added).scalar_one(), db.session.execute(ready).scalar_one()
