"""A worker inside the test: real queue, real Redis, no process of its own."""

from __future__ import annotations

from flask import Flask
from rq import SimpleWorker
from rq.job import Job

from selfcare.background.jobs import QUEUES, connect, queue


class Worker:
    """Runs what is in the queues."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.redis = connect(app.extensions["settings"].redis_url)
        with app.app_context():
            self.queues = [queue(name, self.redis) for name in QUEUES]

    def waiting(self) -> list[Job]:
        """The jobs in the queues, first queue first."""
        return [job for queue in self.queues for job in queue.jobs]

    def run(self) -> None:
        """Empty the queues; jobs put off until later stay."""
        with self.app.app_context():
            SimpleWorker(self.queues, connection=self.redis).work(burst=True, logging_level="ERROR")
