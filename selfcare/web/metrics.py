"""`/metrics` for Prometheus, where the setting asks for it (quality.md, Safe).

Several web processes need one folder for their numbers: `PROMETHEUS_MULTIPROC_DIR`, the library's
own variable, emptied before each start. Without it each process tells its own.
"""

from __future__ import annotations

import hmac
import os
import time

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from redis import RedisError
from sqlalchemy import func, select

from selfcare import config
from selfcare.background.jobs import QUEUES, queue
from selfcare.database import db
from selfcare.models import Mail
from selfcare.web.access import public

REQUESTS = Counter("selfcare_requests_total", "Answers given.", ["endpoint", "status"])
SECONDS = Histogram("selfcare_request_seconds", "Time to answer.", ["endpoint"])


def init_app(app: Flask) -> None:
    """Count every request, and publish the numbers."""
    app.after_request(_count)
    app.add_url_rule("/metrics", "metrics", publish)


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, response.status_code).inc()
    if "began" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.began)
    return response


@public("asked by the monitoring, which has a token of its own")
def publish() -> Response:
    """The counters of all processes, the mails by state, the jobs that wait."""
    if not _is_known():
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    present = CollectorRegistry()
    mails = Gauge("selfcare_mails", "Mails by state.", ["state"], registry=present)
    by_state = select(Mail.state, func.count()).group_by(Mail.state)
    for state, count in db.session.execute(by_state):
        mails.labels(state).set(count)
    waiting = Gauge("selfcare_jobs_waiting", "Jobs in a queue.", ["queue"], registry=present)
    for name in QUEUES:
        try:
            waiting.labels(name).set(queue(name).count)
        except RedisError:
            waiting.labels(name).set(float("nan"))
    text = generate_latest(registry) + generate_latest(present)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _is_known() -> bool:
    """Whether the request shows `METRICS_TOKEN`, where there is one."""
    wanted = config.current().metrics_token
    shown = (request.authorization.token if request.authorization else None) or ""
    return not wanted or hmac.compare_digest(shown.encode(), wanted.encode())
