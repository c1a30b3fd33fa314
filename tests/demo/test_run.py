"""The demo as people start it: everything comes up, survives a fall, goes down cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.jobs.processes import children_of

pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
# What would lead the demo away from its own folder.
FOREIGN = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORTAL_URL", "IAM_URL", "CONSOLE_URL"}


def test_the_demo_runs_and_stops(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    environment |= {"DEMO_FOLDER": str(tmp_path / "the demo")}
    environment |= dict.fromkeys(("PORT", "MAIL_PAGE_PORT", "SMTP_PORT", "CONSOLE_PORT"), "0")
    log = tmp_path / "log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "demo.run"],
            cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        [portal] = waiting_for(r"Portal +(http://\S+)", log, demo)
        [mails] = waiting_for(r"Mails +(http://\S+)", log, demo)
        [console] = waiting_for(r"Console +(http://\S+)", log, demo)
        for address in (f"{portal}/healthz", f"{portal}/readyz", mails, console):
            with urllib.request.urlopen(address, timeout=10) as response:
                assert response.status == 200
        # LIST-1: a search of any length is answered by the portal, not refused by the web server.
        with urllib.request.urlopen(f"{portal}/login?q={'x' * 10_000}", timeout=10) as response:
            assert "X-Request-ID" in response.headers
        written = log.read_text()  # one line for each thing done, so that the addresses are seen
        assert not re.search(r"fontTools|factur-x|rq\.worker|Traceback", written)
        assert not re.search(r"^[\d:]{8} ", written, re.MULTILINE), "no process says a word"
        assert written.rstrip().splitlines()[-2].startswith("  Console"), "addresses come last"

        [redis] = [pid for pid in children_of(demo.pid) if "redis.sock" in command_of(pid)]
        os.kill(redis, signal.SIGKILL)
        waiting_for(r"redis +\| redis was (killed by SIGKILL); it starts again in 1 s", log, demo)
        waiting_for(r"(redis_back)", log, demo)
        with urllib.request.urlopen(f"{portal}/readyz", timeout=10) as response:
            assert json.load(response)["redis"] == "ok"
        assert not re.search("(worker|cron|web) (was|ended)", log.read_text())

        second = subprocess.run(
            [sys.executable, "-m", "demo.run"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "A demo is running already" in second.stderr

        demo.send_signal(signal.SIGTERM)
        assert demo.wait(30) == 0, log.read_text()
        assert "Stopped." in log.read_text()
    finally:
        demo.kill()
        demo.wait()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(portal, timeout=5)


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def waiting_for(pattern: str, log: Path, process: subprocess.Popen[bytes]) -> list[str]:
    deadline = time.monotonic() + 90
    while not (found := re.findall(pattern, log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return found
