"""`flask worker` and `flask cron` started for real, and a Redis that can be taken away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from redis import Redis

from demo.servers import redis_answers, redis_command
from selfcare.config import ROOT, Settings


def children_of(pid: int) -> list[int]:
    """The processes a process has started, and theirs."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            child = int(status.parent.name)
            found += [child, *children_of(child)]
    return found


def is_running(pid: int) -> bool:
    """Whether the process is there; one that has ended and that nobody asked for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """As if the machine had lost power: the process and all it started, at once."""
    for pid in (process.pid, *children_of(process.pid)):
        with suppress(ProcessLookupError):  # a job's process may just have ended
            os.kill(pid, signal.SIGKILL)
    process.wait()


def until(condition: Callable[[], object], *, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.05)


class Processes:
    """Starts commands of ours as the Procfile does, and keeps what they say."""

    def __init__(self, settings: Settings, *, smtp_port: int, log: Path) -> None:
        self.log = log
        self.started: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "SECRET_KEY": settings.secret_key,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "PORTAL_URL": settings.portal_url,
            "ASSETS_DIR": str(settings.assets_dir),
            "MAIL_PORT": str(smtp_port),
            "MAIL_TIMEOUT": "60",
        }

    def __call__(
        self, *command: str, program: str = "flask", **environment: str
    ) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", program, *command],
                cwd=ROOT, env=self.environment | environment, stderr=output,
            )  # fmt: skip
        self.started.append(process)
        return process

    def said(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                kill(process)


class PassingRedis:
    """A Redis of a test's own, which keeps its data unless it is told not to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.process: subprocess.Popen[bytes] | None = None
        self.client = Redis.from_url(self.url, retry=None)

    def start(self) -> None:
        self.process = subprocess.Popen(
            redis_command(self.socket, folder=self.folder, keep=True), stdout=subprocess.DEVNULL
        )
        until(lambda: redis_answers(self.socket))

    def die(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """What it kept is gone; to be said of a dead one."""
        for kept in self.folder.glob("appendonlydir/*"):
            kept.unlink()

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self.client.close()
        if self.process and self.process.poll() is None:
            self.thaw()
            self.die()
