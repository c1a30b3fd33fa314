"""CPU seconds until each of the portal's processes is at work: every start pays for them."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from benchmarks.portal import ROOT, Portal, await_answer, run
from demo.ports import free_port
from demo.servers import redis_server

TIMES = 5
GOAL = 0.8
"""Seconds of CPU that a start may take."""


def table() -> list[str]:
    """Start each process some times, on SQLite: the seconds of the start that took least."""
    with redis_server() as redis, tempfile.TemporaryDirectory() as folder:
        environ = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "DOCUMENTS_URL": f"file://{folder}",
            "ASSETS_DIR": folder,
            "REDIS_URL": redis,
            "SECRET_KEY": secrets.token_hex(32),
            "PYTHONPYCACHEPREFIX": folder,
            "LOG_LEVEL": "WARNING",
            "WEB_CONCURRENCY": "1",
        }
        for name in ("PORT", "PYTHONDONTWRITEBYTECODE"):
            environ.pop(name, None)
        run(["alembic", "upgrade", "head"], environ)
        took = {
            "`import app`": _least(["-c", "import app"], environ),
            "`flask --help`": _least(["-m", "flask", "--help"], environ),
            "`flask worker --burst`, no job": _least(["-m", "flask", "worker", "--burst"], environ),
            "`gunicorn app:app`, first answer": _least(
                ["-m", "gunicorn", "app:app"], {**environ, "PORT": str(free_port())}
            ),
        }
    return [
        "CPU seconds from start to end, the least of some starts on SQLite, all modules compiled.",
        "gunicorn has one process, which answers once. structlog loads rich, too, which only the",
        "development virtualenv has.",
        "",
        "| start | CPU s | goal |",
        "|---|---:|---:|",
        *(f"| {name} | {seconds:.2f} | {GOAL} |" for name, seconds in took.items()),
    ]


def _least(arguments: Sequence[str], environ: Mapping[str, str]) -> float:
    return min(_seconds(arguments, environ) for _ in range(TIMES))


def _seconds(arguments: Sequence[str], environ: Mapping[str, str]) -> float:
    """The CPU time of a process and of its children; a web server is asked once, then ended."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    if "PORT" in environ:
        await_answer(Portal(int(environ["PORT"]), process, dict(environ)))
        process.send_signal(signal.SIGTERM)
    if process.wait(60):
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
