"""`flask worker` and `flask cron`, started for real; killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import Mail, MailState, now
from selfcare.services import mail, sweeps
from tests.cast import account_of

pytestmark = pytest.mark.slow


def children_of(pid: int) -> list[int]:
    """The processes a process has started, and theirs."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            child = int(status.parent.name)
            found += [child, *children_of(child)]
    return found


def kill(process: subprocess.Popen[bytes]) -> None:
    """As if the machine had lost power: the process and all it started, at once."""
    for pid in (process.pid, *children_of(process.pid)):
        with suppress(ProcessLookupError):  # a job's process may just have ended
            os.kill(pid, signal.SIGKILL)
    process.wait()


def until(condition: Callable[[], object], *, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.05)


@pytest.fixture
def start(settings, smtp_server) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command of ours as the Procfile does."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {
        "PATH": os.environ["PATH"],
        "TZ": "UTC",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PORTAL_URL": settings.portal_url,
        "ASSETS_DIR": str(settings.assets_dir),
        "MAIL_PORT": str(smtp_server.port),
        "MAIL_TIMEOUT": "60",
    }

    def start(*command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", *command], cwd=ROOT, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            kill(process)


@pytest.fixture
def write(app, cast) -> Callable[[], int]:
    def write() -> int:
        cast.account("paul.dupont")
        with app.app_context():
            row = mail.write(
                "failed_sign_ins", account_of("paul.dupont"), ip="::1", at=now().isoformat()
            )
            db.session.commit()
            return row.id

    return write


@pytest.fixture
def state(app) -> Callable[[int], str]:
    def state(mail_id: int) -> str:
        with app.app_context():
            return db.session.execute(select(Mail.state).filter_by(id=mail_id)).scalar_one()

    return state


def test_design_the_worker_command_does_what_is_queued(start, write, state, smtp_server):
    mail_id = write()
    assert start("worker", "--burst").wait(60) == 0
    assert len(smtp_server.messages) == 1
    assert state(mail_id) == MailState.SENT


def test_design_cron_and_worker_find_what_was_lost(app, start, write, state, smtp_server, worker):
    mail_id = write()
    worker.redis.flushdb()  # its wake-up is lost
    with app.app_context():
        db.session.execute(update(Mail).values(due_at=now() - timedelta(minutes=2)))
        db.session.commit()
    start("cron")
    start("worker")
    smtp_server.wait_for(1, within=45)
    until(lambda: state(mail_id) == MailState.SENT)


@pytest.mark.parametrize("command", ["worker", "cron"])
def test_safe_processes_leave_when_told_to(start, worker, command):
    from rq.worker import Worker

    process = start(command)
    if command == "worker":
        until(lambda: Worker.count(connection=worker.redis))
    else:
        until(worker.waiting)
    process.send_signal(signal.SIGTERM)
    process.wait(25)


def test_safe_a_worker_killed_while_sending_loses_and_doubles_nothing(
    app, start, write, state, smtp_server, worker, monkeypatch
):
    smtp_server.hang()
    mail_id = write()
    process = start("worker")
    until(lambda: smtp_server._connections and state(mail_id) == MailState.SENDING)
    kill(process)
    assert state(mail_id) == MailState.SENDING

    smtp_server.accept()
    monkeypatch.setattr(app.extensions["mail"], "port", smtp_server.port)
    with app.app_context():
        sweeps.wake_mails()
    worker.run()
    assert smtp_server.messages == [], "somebody may still be sending it"

    with app.app_context():  # three minutes later
        db.session.execute(update(Mail).values(due_at=now() - timedelta(seconds=1)))
        db.session.commit()
        sweeps.wake_mails()
        sweeps.wake_mails()
    worker.run()
    assert len(smtp_server.messages) == 1
    assert state(mail_id) == MailState.SENT
