"""`flask worker` and `flask cron`, started for real; killed in the middle."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from rq.cron import get_cron_job_history_key
from rq.worker import Worker
from sqlalchemy import update

from selfcare.database import db
from selfcare.models import Mail, WishState, now
from selfcare.services import schedule
from tests.jobs.processes import kill, until

pytestmark = pytest.mark.slow


def test_design_the_worker_command_does_what_is_queued(start, write, state, smtp_server):
    mail_id = write()
    assert start("worker", "--burst").wait(60) == 0
    assert len(smtp_server.messages) == 1
    assert state(mail_id) == WishState.DONE


def test_design_cron_and_worker_find_what_was_lost(app, start, write, state, smtp_server, worker):
    mail_id = write()
    worker.redis.flushdb()  # its wake-up is lost
    with app.app_context():
        db.session.execute(update(Mail).values(due_at=now() - timedelta(minutes=2)))
        db.session.commit()
    start("cron")
    start("worker")
    smtp_server.wait_for(1, within=45)
    until(lambda: state(mail_id) == WishState.DONE)


def sweeps_woken(worker) -> dict[str, int]:
    """How often each of the rare sweeps was enqueued, by whichever process."""
    rare = [job for job, seconds in schedule.SCHEDULE.items() if seconds >= 600]
    keys = {job.path: get_cron_job_history_key(job.path) for job in rare}
    return {path: worker.redis.zcard(key) for path, key in keys.items()}


def test_design_workers_without_cron_find_what_was_lost_and_sweep_once(
    app, start, write, state, smtp_server, worker
):
    """`CRON_IN_WORKER`: two workers, and one of them wakes the sweeps."""
    mail_id = write()
    worker.redis.flushdb()  # its wake-up is lost
    with app.app_context():
        db.session.execute(update(Mail).values(due_at=now() - timedelta(minutes=2)))
        db.session.commit()
    first, second = (start("worker", CRON_IN_WORKER="1") for _ in range(2))
    until(lambda: Worker.count(connection=worker.redis) == 2)
    smtp_server.wait_for(1, within=45)
    until(lambda: state(mail_id) == WishState.DONE)
    assert set(sweeps_woken(worker).values()) == {1}
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
        process.wait(25)


@pytest.mark.parametrize("command", ["worker", "cron"])
def test_safe_processes_leave_when_told_to(start, worker, command):
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
    until(lambda: smtp_server._connections and state(mail_id) == WishState.RUNNING)
    kill(process)
    assert state(mail_id) == WishState.RUNNING

    smtp_server.accept()
    monkeypatch.setattr(app.extensions["mail"], "port", smtp_server.port)
    with app.app_context():
        schedule.wake_wishes()
    worker.run()
    assert smtp_server.messages == [], "somebody may still be sending it"

    with app.app_context():  # three minutes later
        db.session.execute(update(Mail).values(due_at=now() - timedelta(seconds=1)))
        db.session.commit()
        schedule.wake_wishes()
        schedule.wake_wishes()
    worker.run()
    assert len(smtp_server.messages) == 1
    assert state(mail_id) == WishState.DONE
