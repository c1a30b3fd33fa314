"""The worker that serves the queues in turns, so that a big import makes nobody wait for ever.

`interactive` comes first, always: somebody is looking at the page. The other queues take turns by
the time they use, not by jobs: one that has been served for `TURN` seconds goes to the end of the
line. A thousand mails do not hold up console accounts, nor a thousand accounts the mails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rq import Queue, Worker

FIRST = "interactive"
TURN = 5.0


class TurnTakingWorker(Worker):
    """RQ's worker, with turns of a few seconds instead of one queue emptied before the next."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn_of, self._since = "", 0.0

    def reorder_queues(self, reference_queue: Queue) -> None:
        """RQ asks this as it takes a job: who is served next time?"""
        name, present = reference_queue.name, self.clock()
        if name == FIRST:
            return
        if name != self._turn_of:
            self._turn_of, self._since = name, present
        elif present - self._since >= TURN:
            self._ordered_queues.remove(reference_queue)
            self._ordered_queues.append(reference_queue)
            self._turn_of = ""
