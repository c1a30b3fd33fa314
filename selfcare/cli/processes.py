"""`flask worker` and `flask cron`: the two processes beside the web."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import structlog
from flask import current_app
from flask.cli import with_appcontext
from redis import RedisError
from rq import Queue
from rq.cron import CronScheduler

from selfcare import jobs, logs
from selfcare.access import settings
from selfcare.database import db
from selfcare.jobs import QUEUES
from selfcare.services.sweeps import SCHEDULE
from selfcare.turns import TurnTakingWorker

log = structlog.get_logger(__name__)


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@with_appcontext
def worker(*, burst: bool) -> None:
    """Run background jobs; as many of these as you like.

    Each job gets a process of its own, so the database's connections are closed before the first.
    """
    connection = jobs.connect(settings().redis_url, patient=True)
    _wait_for(connection.ping)
    queues = [Queue(name, connection=connection) for name in QUEUES]
    db.dispose()
    current_app.extensions["redis"].close()
    log.info("worker_started", queues=[queue.name for queue in queues])
    TurnTakingWorker(queues, connection=connection, log_job_description=False).work(
        burst=burst,
        with_scheduler=True,  # delayed retries come from it
        logging_level=logs.level_of_rq(settings()),
    )


@click.command("cron")
@with_appcontext
def cron() -> None:
    """Wake the sweeps in time; one of these is enough, two do no harm."""
    connection = jobs.connect(settings().redis_url, patient=True)
    _wait_for(connection.ping)
    scheduler = CronScheduler(connection=connection, logging_level=logs.level_of_rq(settings()))
    for job, seconds in SCHEDULE.items():
        scheduler.register(job.function, queue_name=job.queue, interval=seconds)
    log.info("cron_started", jobs=len(SCHEDULE))
    scheduler.start()  # type: ignore[no-untyped-call]


def _wait_for(ping: Callable[[], object]) -> None:
    """A process that starts before its Redis waits for it."""
    while True:
        try:
            ping()
        except RedisError as problem:
            log.warning("redis_away", problem=str(problem))
            time.sleep(2)
        else:
            return
