"""`/metrics` for Prometheus, where the setting asks for it.

Several web processes need one folder for their numbers: `PROMETHEUS_MULTIPROC_DIR`, the library's
own variable, emptied before each start. Without it each process tells its own. What is the same
for all of them is not kept there: it is looked up when somebody asks (`Present`).
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError

from selfcare import config
from selfcare.background import overview
from selfcare.background.jobs import QUEUES, queue
from selfcare.services.mail import outbox
from selfcare.web.access import public

REQUESTS = Counter("selfcare_requests_total", "Answers given.", ["endpoint", "status"])
SECONDS = Histogram("selfcare_request_seconds", "Time to answer.", ["endpoint"])
_UNKNOWN = float("nan")


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


class Present(Collector):
    """The present state of database and queues, the same whichever process is asked.

    Every number comes from an index that holds only what is not done: a million mails that have
    left cost nothing.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families, each once."""
        wishes = GaugeMetricFamily(
            "selfcare_wishes",
            "Work that is not done, by kind and state (mails: mails; console accounts:"
            " console_accesses; late pre-invoices: pre_invoices).",
            labels=["wish", "state"],
        )
        for kind, state, count in overview.counts():
            wishes.add_metric([kind, state], count)
        yield wishes
        yield GaugeMetricFamily(
            "selfcare_mails_stalled_seconds",
            "How long mails have been due without any leaving.",
            value=outbox.stalled_for().total_seconds(),
        )
        waiting = GaugeMetricFamily("selfcare_jobs_waiting", "Jobs in a queue.", labels=["queue"])
        for name in QUEUES:
            try:
                waiting.add_metric([name], queue(name).count)
            except RedisError:
                waiting.add_metric([name], _UNKNOWN)
        yield waiting
        yield from _background()


def _background() -> Iterator[GaugeMetricFamily]:
    try:
        workers, age = float(len(overview.workers())), overview.since_last_sweep()
    except RedisError:
        workers, age = _UNKNOWN, _UNKNOWN
    yield GaugeMetricFamily("selfcare_workers", "Workers alive.", value=workers)
    yield GaugeMetricFamily(
        "selfcare_last_sweep_age_seconds",
        "Since cron and a worker last looked for lost wake-ups, once a minute; NaN if never.",
        value=_UNKNOWN if age is None else age,
    )


@public("asked by the monitoring, which has a token of its own")
def publish() -> Response:
    """The counters of all processes, and the present state."""
    if not _is_known():
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(Present())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_known() -> bool:
    """Whether the request shows `METRICS_TOKEN`, where there is one."""
    wanted = config.current().metrics_token
    shown = (request.authorization.token if request.authorization else None) or ""
    return not wanted or hmac.compare_digest(shown.encode(), wanted.encode())
