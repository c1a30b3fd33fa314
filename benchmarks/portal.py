"""A portal to measure: a database full of rows, one web process, a person signed in."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
LOGIN, PASSWORD, CONTRACT = "paul.dupont", "Espace-2026!", "OCB0000124"


@dataclass
class Answer:
    """An answer as it was on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Portal:
    """One gunicorn worker, and a connection to it that stays open."""

    port: int
    master: subprocess.Popen[bytes]
    environ: dict[str, str]
    cookie: str = ""
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the connection; the first request opens it."""
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, *, etag: str = "", part: str = "", signed_in: bool = True) -> Answer:
        """Get a page, compressed as a browser asks for it."""
        headers = {"Accept-Encoding": "br", "Accept-Language": "fr", "Connection": "keep-alive"}
        if signed_in:
            headers["Cookie"] = self.cookie
        if part:
            headers |= {"HX-Request": "true", "HX-Target": part}
        if etag:
            headers["If-None-Match"] = etag
        return self._ask("GET", path, headers)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """Post a form as a program does, without a cookie."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, headers, urlencode(form))

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> Answer:
        began = time.perf_counter()
        self.connection.request(method, path, body=body or None, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        return Answer(response.status, dict(response.getheaders()), content, seconds)

    def sign_in(self) -> None:
        """Sign in through the form, as a person does."""
        page = self._ask("GET", "/login", {})
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page.body)
        if token is None:
            raise RuntimeError(f"no sign-in form: {page.status}")
        form = urlencode(
            {"login": LOGIN, "password": PASSWORD, "csrf_token": token.group(1).decode()}
        )
        answer = self._ask(
            "POST",
            "/login",
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": _session(page.headers["Set-Cookie"]),
            },
            form,
        )
        if answer.status != 303:
            raise RuntimeError(f"sign-in answered {answer.status}")
        self.cookie = _session(answer.headers["Set-Cookie"])
        seen = self.get("/")
        if "Set-Cookie" in seen.headers:
            self.cookie = _session(seen.headers["Set-Cookie"])

    def cpu_seconds(self) -> float:
        """Return the CPU time of the web process so far, of all threads (counters of Linux)."""
        total = 0
        for worker in self._workers():
            for task in Path(f"/proc/{worker}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self) -> int:
        """Return the bytes of private memory of all web processes; shared pages do not count."""
        total = 0
        for worker in self._workers():
            lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()
            private = (line.split() for line in lines if line.startswith("Private_"))
            total += sum(int(words[1]) * 1024 for words in private)
        return total

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return [int(child) for child in children.split()]


def _session(header: str) -> str:
    return header.split(";", 1)[0]


@contextlib.contextmanager
def serving(
    database_url: str, redis_url: str, *, orders: int, others: int = 0, processes: int = 1
) -> Iterator[Portal]:
    """Start a portal on a fresh database: the sample data, and `orders` more on one contract.

    `others` are those of a thousand other contracts beside it.
    """
    with tempfile.TemporaryDirectory() as documents:
        yield from _served(database_url, redis_url, documents, orders, others, processes)


def _served(
    database_url: str, redis_url: str, documents: str, orders: int, others: int, processes: int
) -> Iterator[Portal]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "DOCUMENTS_URL": f"file://{documents}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_hex(32),
        "PORTAL_URL": f"http://127.0.0.1:{port}",
        "DEMO": "1",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "WEB_CONCURRENCY": str(processes),
        "WEB_THREADS": "4",
    }
    environ.pop("PORT", None)
    grow = ["flask", "demo", "grow"]
    commands = [["alembic", "upgrade", "head"], ["flask", "demo", "seed"]]
    if others:
        beside = ["--contracts", "1000", "--people", "2000", "--orders", str(others)]
        commands.append([*grow, *beside, "--subscriptions", str(others // 2)])
    mine = ["--contract", CONTRACT, "--orders", str(orders)]
    commands.append([*grow, *mine, "--subscriptions", str(orders // 2)])
    for command in commands:
        run(command, environ)
    # `python -m gunicorn` makes the master our own child, whose id is known.
    master = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "benchmarks.app:app", "-c", "gunicorn.conf.py",
         "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        portal = Portal(port, master, environ)
        await_answer(portal)
        portal.sign_in()
        yield portal
    finally:
        master.send_signal(signal.SIGTERM)
        master.wait(30)


def run(command: list[str], environ: dict[str, str]) -> str:
    """Run a command of the portal; return its output."""
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [str(program), *command[1:]], cwd=ROOT, env=environ, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode()[-800:]}")
    return done.stdout.decode()


def await_answer(portal: Portal) -> None:
    """Wait until the web process answers."""
    for _ in range(200):
        try:
            if portal.get("/healthz", signed_in=False).status == 200:
                return
        except OSError:
            portal.connection.close()
        time.sleep(0.1)
    raise RuntimeError("the web process did not start")
