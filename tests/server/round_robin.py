"""A proxy as platforms have them: round robin over instances, connections to them kept open.

It is strict, so that what it forgives is little: an instance that refuses a connection is passed
over, and so is a kept connection that the instance has closed before it was used. Whatever ends
after a request was sent is a failure.
"""

from __future__ import annotations

import itertools
import select
import socket
from collections import deque
from collections.abc import Sequence

from demo.ports import HOST


class Failed(Exception):
    """An instance took a request and did not answer it, or none was there to take it."""


class RoundRobin:
    """The instances by their ports, taken in turns."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turns = itertools.count()  # `next` of it is safe from several threads
        self._kept: dict[int, deque[socket.socket]] = {port: deque() for port in ports}

    def ask(self, request: bytes) -> bytes:
        """The answer's head to a request that keeps its connection.

        Raises:
            Failed: there was none.
        """
        first = next(self._turns)
        for ahead in range(len(self._ports)):
            port = self._ports[(first + ahead) % len(self._ports)]
            if (upstream := self._connected(port)) is not None:
                return self._answer(upstream, port, request)
        raise Failed("no instance takes a connection")

    def close(self) -> None:
        """Let go of the connections that are kept."""
        for kept in self._kept.values():
            while kept:
                kept.pop().close()

    def _connected(self, port: int) -> socket.socket | None:
        while True:
            try:
                upstream = self._kept[port].popleft()
            except IndexError:
                break
            if not select.select([upstream], [], [], 0)[0]:  # readable while idle: it was closed
                return upstream
            upstream.close()
        try:
            return socket.create_connection((HOST, port), timeout=15)
        except ConnectionRefusedError:
            return None

    def _answer(self, upstream: socket.socket, port: int, request: bytes) -> bytes:
        try:
            upstream.sendall(request)
            head, _, body = _until_blank(upstream).partition(b"\r\n\r\n")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            left = int(fields[b"content-length"]) - len(body)
            while left > 0:
                left -= len(upstream.recv(min(left, 65536)) or _cut_off())
        except OSError as problem:
            upstream.close()
            raise Failed(f"{type(problem).__name__}: {problem}") from problem
        if fields.get(b"connection") == b"close":
            upstream.close()
        else:
            self._kept[port].append(upstream)
        return head


def _until_blank(upstream: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += upstream.recv(65536) or _cut_off()
    return got


def _cut_off() -> bytes:
    raise ConnectionResetError("the instance closed before its answer was whole")
