"""The plugin itself: its servers, and that a skipped test is named at the end of the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
INNER = """
import pytest, redis, sqlalchemy

@pytest.mark.needs("no-such-browser", "no-such-browser-either")
def test_that_cannot_run(): ...

@pytest.mark.needs("sh")
def test_that_can_run(): ...

@pytest.mark.skip(reason="the moon is wrong")
def test_that_waits(): ...

@pytest.mark.parametrize("number", range(3))
def test_servers(database_url, redis_url, number):
    with sqlalchemy.create_engine(database_url).connect() as connection:
        assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
"""


def test_skipped_tests_are_named_with_what_was_missing(tmp_path):
    (tmp_path / "test_inner.py").write_text(INNER)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugin_servers", "-n", "2", tmp_path]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = done.stdout.partition("2 SKIPPED")[2]
    assert "missing: no-such-browser or no-such-browser-either – 1 not run:" in report
    assert "test_inner.py::test_that_cannot_run" in report
    assert "the moon is wrong – 1 not run:" in report
    assert "test_that_can_run" not in report
