"""operable: what workers write can be followed, and is no more than it says."""

from __future__ import annotations

import pytest
import structlog
from flask import g
from structlog.testing import capture_logs

from selfcare import logs
from selfcare.background.jobs import job, queue
from selfcare.background.worker import TurnTakingWorker
from selfcare.database import db
from selfcare.services.console.iam.errors import Conflict
from selfcare.services.documents import StoreAway
from tests.work import Worker

seen: list[dict[str, object]] = []


@job(queue="sweeps")
def look(_row: int) -> None:
    """Note what its lines would say."""
    seen.append({**structlog.contextvars.get_contextvars(), "audited": g.request_id})


def test_operable_a_job_s_lines_name_the_request_that_wished_it(app):
    seen.clear()
    with app.test_request_context(), structlog.contextvars.bound_contextvars(request_id="abc12345"):
        look.after_commit(1)
        db.session.commit()
    structlog.contextvars.clear_contextvars()
    Worker(app).run()
    [noted] = seen
    assert noted["request_id"] == noted["audited"] == "abc12345"
    assert str(noted["job"]).endswith("look")


def test_operable_error_reports_name_request_and_job():
    with structlog.contextvars.bound_contextvars(request_id="abc12345", job="mail"):
        report = logs.reported({"exception": {}}, None)
    assert report["tags"] == {"request_id": "abc12345", "job": "mail"}


@pytest.mark.parametrize(
    "problem",
    [ConnectionRefusedError(111, "refused"), TimeoutError("slow"), StoreAway("s3"), Conflict("x")],
)
def test_operable_what_had_to_be_expected_is_one_line(app, caplog, problem):
    lines = failed(app, problem)
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("warning", "job_tried_again")
    ]
    assert type(problem).__name__ in lines[0]["problem"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_operable_what_nobody_expected_keeps_its_trace(app, caplog):
    assert failed(app, KeyError("a bug of ours")) == []
    assert "a bug of ours" in caplog.text


def failed(app, problem):
    with app.app_context(), capture_logs() as lines:
        look.enqueue(1)
        sweeps = queue("sweeps")
        worker = TurnTakingWorker([sweeps], connection=sweeps.connection)
        worker.handle_exception(sweeps.jobs[0], type(problem), problem, None)
    return lines
