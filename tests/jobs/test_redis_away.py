"""Redis goes away under a worker and cron at work: both wait, both go on, nothing is lost."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError, ResponseError
from rq import Queue
from rq.worker import Worker
from sqlalchemy import func, select, update

from selfcare.background import jobs, patience, worker
from selfcare.database import db
from selfcare.models import Mail, WishState, now
from selfcare.services.mail import outbox
from tests.cast import account_of
from tests.jobs import hurried
from tests.jobs.processes import children_of, is_running, until

pytestmark = [pytest.mark.slow, pytest.mark.once]


@pytest.fixture
def portal(another_app, cast, passing_redis, monkeypatch):
    """A portal whose Redis can be taken away, and whose jobs are tried again soon."""
    monkeypatch.setattr(jobs, "DELAYS", hurried.DELAYS)
    cast.account("paul.dupont")
    return another_app(redis_url=passing_redis.url)


@pytest.fixture
def run_in_time(start, passing_redis):
    """Start a command on that Redis as it is in production."""
    return lambda command: start(command, REDIS_URL=passing_redis.url)


@pytest.fixture
def run(start, passing_redis):
    """Start a command on that Redis, in a hurry."""
    return lambda command: start(command, program="tests.jobs.hurried", REDIS_URL=passing_redis.url)


@pytest.fixture
def write_mail(portal):
    def write_mail() -> int:
        with portal.app_context():
            paul = account_of("paul.dupont")
            row = outbox.write("failed_sign_ins", paul, ip="::1", at=now().isoformat())
            db.session.commit()
            return row.id

    return write_mail


@pytest.fixture
def mails_in(portal):
    def mails_in(state: WishState) -> int:
        with portal.app_context():
            return db.session.execute(
                select(func.count()).select_from(Mail).where(Mail.state == state)
            ).scalar_one()

    return mails_in


@pytest.fixture
def worker_is_there(passing_redis):
    return lambda: Worker.count(connection=passing_redis.client) == 1


def assert_the_queues_are_in_order(client) -> None:
    """One worker, no job that is said to run, none stuck on its way to one.

    Asked again and again: cron hands in its sweeps meanwhile.
    """
    queues = Queue.all(connection=client)

    def left() -> list[str]:
        return [
            job
            for queue in queues
            for place in (queue, queue.started_job_registry, queue.intermediate_queue)
            for job in place.get_job_ids()
        ]

    until(lambda: not left())
    until(lambda: [one.get_state() for one in Worker.all(connection=client)] == ["idle"])
    assert [job for queue in queues for job in queue.failed_job_registry.get_job_ids()] == []


def test_safe_the_times_that_processes_leave_in_are_those_a_platform_gives_them():
    """Four tries of a Redis that says nothing, and the process of delayed retries; of 30 s."""
    assert 4 * patience._LEAVING + worker._SCHEDULER_STOPS < 25


@pytest.mark.timeout(240)
def test_safe_redis_away_for_more_than_a_minute_while_a_job_runs_and_all_ends_done(
    start, run_in_time, write_mail, mails_in, worker_is_there, passing_redis, smtp_server
):
    working, cron = run_in_time("worker"), run_in_time("cron")
    until(worker_is_there)
    smtp_server.hang()
    write_mail()
    until(lambda: smtp_server._connections and mails_in(WishState.RUNNING))

    passing_redis.die()
    gone_at = time.monotonic()
    write_mail()  # its wake-up is lost
    time.sleep(35)  # RQ says that a job runs every 30 seconds
    smtp_server.stop()  # the job's try ends, with nobody to tell
    smtp_server.accept()
    smtp_server.start()
    until(lambda: time.monotonic() - gone_at > 61, within=90)
    assert (working.poll(), cron.poll()) == (None, None)

    passing_redis.start()
    smtp_server.wait_for(2, within=60)
    until(lambda: mails_in(WishState.DONE) == 2)
    assert len(smtp_server.messages) == 2
    assert_the_queues_are_in_order(passing_redis.client)
    assert (working.poll(), cron.poll()) == (None, None)
    until(lambda: start.said().count("redis_back") == 2)
    said = start.said()
    assert said.count("redis_away") == said.count("redis_back") == 2, "once each, not per try"
    assert "could not connect" not in said


def test_safe_a_redis_that_hangs_is_waited_for(
    run, write_mail, mails_in, worker_is_there, passing_redis, smtp_server
):
    working = run("worker")
    until(worker_is_there)
    passing_redis.freeze()
    write_mail()
    time.sleep(5)
    passing_redis.thaw()
    write_mail()
    smtp_server.wait_for(1, within=30)
    assert working.poll() is None


def test_safe_a_redis_that_comes_back_empty_learns_everything_anew(
    portal, run, write_mail, mails_in, worker_is_there, passing_redis, smtp_server
):
    working = run("worker")
    until(worker_is_there)
    smtp_server.hang()
    for _ in range(3):
        write_mail()
    until(lambda: smtp_server._connections and mails_in(WishState.RUNNING))
    passing_redis.die()
    passing_redis.forget()
    smtp_server.stop()
    smtp_server.accept()
    smtp_server.start()
    passing_redis.start()
    until(worker_is_there)
    until(lambda: mails_in(WishState.QUEUED) == 3)

    with portal.app_context():
        db.session.execute(update(Mail).values(due_at=now() - timedelta(minutes=2)))
        db.session.commit()
    run("cron")
    smtp_server.wait_for(3, within=30)
    until(lambda: mails_in(WishState.DONE) == 3)
    assert len(smtp_server.messages) == 3
    assert_the_queues_are_in_order(passing_redis.client)
    assert working.poll() is None


@pytest.mark.parametrize(
    ("refuse", "relent"),
    [
        (("CONFIG SET", "maxmemory", "1"), ("CONFIG SET", "maxmemory", "0")),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    ],
    ids=["full", "read-only"],
)
def test_safe_a_redis_that_refuses_to_write_is_waited_for(
    run, write_mail, mails_in, worker_is_there, passing_redis, smtp_server, refuse, relent
):
    working = run("worker")
    until(worker_is_there)
    smtp_server.hang()
    write_mail()
    until(lambda: smtp_server._connections and mails_in(WishState.RUNNING))
    passing_redis.client.execute_command(*refuse)
    smtp_server.stop()
    smtp_server.accept()
    smtp_server.start()
    until(lambda: mails_in(WishState.QUEUED) == 1)  # the try ended, and nobody can be told
    time.sleep(3)
    passing_redis.client.execute_command(*relent)
    smtp_server.wait_for(1, within=40)
    until(lambda: mails_in(WishState.DONE) == 1)
    assert working.poll() is None
    assert_the_queues_are_in_order(passing_redis.client)


@pytest.mark.parametrize("command", ["worker", "cron"])
@pytest.mark.parametrize("how", ["die", "freeze"])
def test_safe_processes_leave_when_told_to_while_redis_is_away(
    start, run, passing_redis, worker_is_there, command, how
):
    process = run(command)
    until(
        worker_is_there
        if command == "worker"
        else lambda: passing_redis.client.llen("rq:queue:portal.test:sweeps")
    )
    getattr(passing_redis, how)()
    time.sleep(2)
    started = children_of(process.pid)
    process.send_signal(signal.SIGTERM)
    process.wait(25)
    until(lambda: not any(map(is_running, started)), within=5)
    assert "Traceback" not in start.said()


def test_safe_no_child_outlives_its_worker_and_its_redis(
    start, run, passing_redis, worker_is_there
):
    process = run("worker")
    until(worker_is_there)
    until(lambda: children_of(process.pid))
    [scheduler] = children_of(process.pid)
    process.kill()
    process.wait()
    passing_redis.die()
    until(lambda: not is_running(scheduler), within=20)
    assert "Traceback" not in start.said()


def test_safe_what_passes_is_waited_for_and_what_does_not_is_said():
    for passing in (
        BusyLoadingError("Redis is loading the dataset in memory"),
        OutOfMemoryError("OOM command not allowed"),
        ReadOnlyError("You can't write against a read only replica."),
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        ResponseError("NOREPLICAS Not enough good replicas to write."),
    ):
        assert patience.passes(passing)
    assert not patience.passes(ResponseError("ERR unknown command 'LMOVE'"))
