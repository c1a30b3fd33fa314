"""The portal behind a real gunicorn, as `Procfile` starts it, and raw connections to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from demo.ports import HOST, free_port
from selfcare.config import ROOT, Settings
from tests.browsing import Browser


@dataclass
class Served:
    """A running web server: where it listens, what it wrote."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def connect(self, *, receives: int | None = None) -> socket.socket:
        """A connection of which nothing was sent yet; `receives` bounds what the system reads."""
        client = socket.socket()
        if receives:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        client.settimeout(15)
        try:
            client.connect((HOST, self.port))
        except OSError:
            client.close()
            raise
        return client

    def ask(self, text: bytes) -> bytes:
        """The whole answer to one request that says `Connection: close`."""
        with self.connect() as client:
            client.sendall(text)
            return everything(client)

    def page(self, path: str, *, cookie: str = "") -> bytes:
        """The answer to a GET."""
        return self.ask(get(path, cookie=cookie))


def get(path: str, *, cookie: str = "", keep: bool = False) -> bytes:
    """A GET as a browser sends it."""
    lines = [f"GET {path} HTTP/1.1", "Host: portal.test", "Accept-Language: en"]
    lines += [f"Cookie: session={cookie}"] if cookie else []
    lines += [] if keep else ["Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def everything(client: socket.socket) -> bytes:
    """What comes until the server closes."""
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def one_answer(client: socket.socket) -> bytes:
    """One answer with its length said, of a connection that stays open."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += client.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


Serve = Callable[..., Served]


@contextmanager
def gunicorn(
    settings: Settings, log: Path, options: Iterable[str] = (), **environment: str
) -> Iterator[Served]:
    """The portal's web server, with its own configuration: one process of two threads."""
    port = free_port()
    variables = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PORTAL_URL": settings.portal_url,
        "ASSETS_DIR": str(settings.assets_dir),
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "2",
    } | environment
    command = [sys.executable, "-m", "gunicorn", "app:app", "-c", "gunicorn.conf.py"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--bind", f"{HOST}:{port}", *options],
            cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    served = Served(port, log, process)
    try:
        _wait_for(served)
        yield served
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(20)


@pytest.fixture
def serve(settings: Settings, migrated: Flask, tmp_path: Path) -> Iterator[Serve]:
    """Start a web server of this test's own: `serve("--threads", "8", DEMO="1")`."""
    del migrated  # its tables have to be there
    with ExitStack() as running:

        def serve(*options: str, **environment: str) -> Served:
            log = tmp_path / f"gunicorn-{len(list(tmp_path.iterdir()))}.log"
            return running.enter_context(gunicorn(settings, log, options, **environment))

        yield serve


@pytest.fixture(scope="module")
def served(
    settings: Settings, migrated: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A web server for all tests of a file."""
    del migrated
    with gunicorn(settings, tmp_path_factory.mktemp("gunicorn") / "log") as served:
        yield served


def _wait_for(served: Served) -> None:
    deadline = time.monotonic() + 60
    while b" 200 " not in _healthz(served)[:20]:
        assert served.process.poll() is None, served.log.read_text()
        assert time.monotonic() < deadline, served.log.read_text()
        time.sleep(0.1)


def _healthz(served: Served) -> bytes:
    try:
        return served.page("/healthz")
    except OSError:
        return b""


@pytest.fixture
def cookie_of(app: Flask) -> Callable[[str], str]:
    """The session cookie of somebody who signed in."""

    def cookie_of(login: str) -> str:
        browser = Browser(app).sign_in_as(login)
        cookie = browser.client.get_cookie("session", domain="portal.test")
        assert cookie
        return cookie.value

    return cookie_of
