"""What `SENTRY_DSN` sends of an unexpected error: what went wrong, nothing of who met it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from selfcare.config import ROOT

pytestmark = pytest.mark.once
BREAKS = """
import json, sentry_sdk, sys
from sentry_sdk.transport import Transport
from selfcare import config, create_app

class Kept(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            print(json.dumps(item.payload.json))

settings = config.load({}, secret_key="a key for tests, long enough for all", sentry_dsn="http://key@127.0.0.1:1/1")
app = create_app(settings)
app.config["WTF_CSRF_ENABLED"] = False
sentry_sdk.get_client().transport = Kept()

@app.post("/broken/<token>")
def broken(token):
    raise RuntimeError("no luck")

path, field = sys.stdin.read().split()
app.test_client().post(path, data={"current": field}, headers={"Cookie": "session=a-cookie"})
"""


def test_safe_a_report_tells_nothing_of_the_request():
    """In a process of its own: the library stays in the application once it is there."""
    done = subprocess.run(
        [sys.executable, "-c", BREAKS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input="/broken/a-link?kept=a-form a-password",
        capture_output=True,
        text=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    [event] = [event for event in events if "exception" in event]
    assert event["exception"]["values"][0]["value"] == "no luck"
    assert event["request"]["url"].endswith("/broken/<token>")
    said = [word for word in ("a-link", "a-form", "a-password", "a-cookie") if word in done.stdout]
    assert said == []
    assert "a-link" not in done.stderr
