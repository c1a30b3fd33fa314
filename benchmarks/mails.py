"""Mails a second that one worker sends."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import time

from benchmarks.portal import run
from demo.mails import CapturingServer
from demo.servers import postgres_server, redis_server
from selfcare import config, create_app
from selfcare.database import db
from selfcare.models import Account
from selfcare.services.mail import outbox

MAILS = 600
GOAL = 30
"""Mails a second."""


def table(database: str) -> list[str]:
    """The measurement as lines of a document."""
    return [
        f"One worker sends {MAILS} mails to a server beside it.",
        "",
        "| mails | a second | goal |",
        "|---|---:|---:|",
        f"| {MAILS} | {_a_second(database):.0f} | {GOAL} |",
    ]


def _a_second(database: str) -> float:
    """Write the mails, start `flask worker --burst`, and take the time from first to last."""
    arrived: list[float] = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/portal.sqlite3"
        if database == "postgresql":
            url = stack.enter_context(postgres_server()).create_database("mails")
        catcher = CapturingServer(lambda _: arrived.append(time.monotonic()))
        server = stack.enter_context(catcher)
        environ = {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": stack.enter_context(redis_server()),
            "SECRET_KEY": secrets.token_hex(32),
            "ASSETS_DIR": folder,
            "MAIL_PORT": str(server.port),
            "LOG_LEVEL": "WARNING",
        }
        run(["alembic", "upgrade", "head"], environ)
        app = create_app(config.load(environ))
        with app.app_context():
            account = Account(login="a", email="a@example.com", last_name="A", first_name="B")
            account.civility, account.locale = "madam", "fr"
            db.session.add(account)
            db.session.flush()
            for _ in range(MAILS):
                outbox.write("failed_sign_ins", account, ip="::1", at="2026-11-03T09:00:00+00:00")
            db.session.commit()
            db.dispose()
        run(["flask", "worker", "--burst"], environ)
    return len(arrived) / (arrived[-1] - arrived[0])
