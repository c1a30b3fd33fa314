"""A proxy that counts what passes and can fail on purpose, in front of any IAM."""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit


@dataclass
class Fault:
    """What to do to calls that match: `GET /users`; after having passed them on, or before."""

    match: str
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"error": {"code": 500, "message": "An unexpected error.", "title": "Error"}}'
    hang: float = 0.0
    after: bool = False
    drop: bool = False
    action: Callable[[], None] | None = None


class Faulty:
    """The proxy: `calls`, and `fail(...)`."""

    def __init__(self, target: str) -> None:
        self.target = target.removesuffix("/v3")
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.lock = threading.Lock()

    def fail(self, match: str, **how: object) -> Fault:
        """Fail the next calls whose "METHOD /path" holds these words."""
        fault = Fault(match, **how)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    def __enter__(self) -> Self:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing."""

            def _pass(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                proxy.pass_on(self, self.rfile.read(length) if length else None)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v3"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def pass_on(self, handler: BaseHTTPRequestHandler, body: bytes | None) -> None:
        """Hand one call over, or fail it as asked."""
        call = f"{handler.command} {handler.path}"
        with self.lock:
            self.calls.append(call)
            fault = next((f for f in self.faults if f.match in call and f.times > 0), None)
            if fault:
                fault.times -= 1
        if fault is None or fault.after:
            status, headers, content = self._ask(handler, body)
        else:
            status, headers, content = fault.status, fault.headers, fault.body.encode()
        if fault:
            if fault.action:
                fault.action()
            time.sleep(fault.hang)
            if fault.drop:
                handler.close_connection = True
                return
            if fault.after:
                status, headers, content = fault.status, fault.headers, fault.body.encode()
        with contextlib.suppress(OSError):
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            if status != 204:
                handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            if status != 204:
                handler.wfile.write(content)

    def _ask(
        self, handler: BaseHTTPRequestHandler, body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        kept = ("Content-Type", "Accept", "X-Auth-Token", "X-Subject-Token")
        headers = {name: handler.headers[name] for name in kept if handler.headers.get(name)}
        asked = urllib.request.Request(
            self.target + handler.path, data=body, headers=headers, method=handler.command
        )
        assert urlsplit(self.target).scheme == "http"
        try:
            answer = urllib.request.urlopen(asked, timeout=30)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            content = answer.read()
            passed = ("Content-Type", "X-Subject-Token", "Retry-After")
            given = {n: answer.headers[n] for n in passed if answer.headers.get(n)}
            return answer.status, given, content
