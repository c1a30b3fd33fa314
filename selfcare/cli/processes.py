"""`flask worker` and `flask cron`: the two processes beside the web."""

from __future__ import annotations

import click
import structlog
from flask import current_app
from flask.cli import with_appcontext
from redis import Redis

from selfcare import config, logs
from selfcare.background import patience
from selfcare.background.jobs import QUEUES, own, queue
from selfcare.background.worker import WORKER_TTL, Cron, Scheduler, TurnTakingWorker
from selfcare.database import db
from selfcare.services.console import iam
from selfcare.services.schedule import SCHEDULE

log = structlog.get_logger(__name__)


@click.command("worker")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@with_appcontext
def worker(*, burst: bool) -> None:
    """Run background jobs; as many of these as you like.

    Each job gets a process of its own, so the database's connections are closed before the first.
    """
    connection = patience.connect(config.current().redis_url)
    queues = [queue(name, connection) for name in QUEUES]
    if iam.is_configured():
        iam.iam()  # loaded once, and not by each job's process
    db.dispose()
    current_app.extensions["redis"].close()
    level = logs.level_of_rq(config.current())
    working = TurnTakingWorker(
        queues,
        connection=connection,
        worker_ttl=WORKER_TTL,
        log_job_description=False,
    )
    if not burst:
        # Delayed retries come from it, and the sweeps where they have no process of their own.
        working.scheduler = Scheduler(
            queues,
            connection=connection,
            logging_level=level,
            cron=_sweeping(connection) if config.current().cron_in_worker else None,
            sweeps=own("sweeps"),
        )
    log.info("worker_started", queues=[found.name for found in queues])
    working.work(burst=burst, with_scheduler=burst, logging_level=level)


@click.command("cron")
@with_appcontext
def cron() -> None:
    """Wake the sweeps in time; one of these is enough, two do no harm."""
    log.info("cron_started", jobs=len(SCHEDULE))
    _sweeping(patience.connect(config.current().redis_url)).start()  # type: ignore[no-untyped-call]


def _sweeping(connection: Redis) -> Cron:
    """RQ's cron, with all sweeps."""
    made = Cron(connection=connection, logging_level=logs.level_of_rq(config.current()))
    for job, seconds in SCHEDULE.items():
        made.register(job.function, queue_name=own(job.queue), interval=seconds)
    return made
