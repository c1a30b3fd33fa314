"""`flask` in a hurry: `python -m tests.jobs.hurried worker`.

What a worker and cron wait for, pause and give others is a tenth of what it is, RQ's own times
too, so that a test which outlasts them all takes seconds. `test_redis_away` holds the real ones.
"""

from __future__ import annotations

from functools import partialmethod

from flask.cli import main

from selfcare.background import claims, jobs, patience, worker
from selfcare.services import schedule

DELAYS = (1, *jobs.DELAYS[1:])
MONITORED_EVERY = 3
"""Seconds after which RQ says that a job runs, each time; 30 without hurry."""


def hurry() -> None:
    """Shorten the times of this process."""
    for module in (jobs, claims):
        vars(module)["DELAYS"] = DELAYS
    claims.PATIENCE /= 10
    schedule.SCHEDULE.update({job: max(1, after // 10) for job, after in schedule.SCHEDULE.items()})
    patience.LONGEST_PAUSE /= 10
    patience.SILENCE /= 10
    patience._LEAVING /= 4
    worker._SCHEDULER_STOPS /= 5
    worker.WORKER_TTL = 18  # RQ waits for a job 15 seconds less
    start = partialmethod(worker.TurnTakingWorker.__init__, job_monitoring_interval=MONITORED_EVERY)
    worker.TurnTakingWorker.__init__ = start  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    hurry()
    main()
