"""A connection that never waits: it keeps what came early, and what is not taken yet.

The main loop of `serving` fills and empties it; the thread in between reads and writes it like a
socket. It decides only when a thread begins: what a request is, gunicorn's parser decides.
"""

from __future__ import annotations

import errno
import re
import select
import socket
import time
from tempfile import SpooledTemporaryFile
from typing import Any

from selfcare.config import LARGEST_REQUEST

LARGEST_HEAD = 2_000_000
"""Bytes of a head that is gathered; a larger one is for the parser to refuse."""
STALLED = 30.0
"""Seconds a thread waits for the reader of much to take another piece."""
HELD = 8_000_000
"""Bytes of an answer that wait for its reader; what makes more of it waits, too."""
IN_MEMORY = 256_000
"""Bytes of them in memory; more of them are in a temporary file."""
PIECE = 65_536

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire(socket.socket):
    """An accepted socket; the system's own is non-blocking always."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        super().setblocking(False)
        self.came = bytearray()
        """The bytes of a request that were received and not yet read."""
        self.too_large = False
        """Whether the request's body is larger than what is gathered."""
        self._seen = 0
        self._told_to_go_on = False
        self._later: SpooledTemporaryFile[bytes] | None = None
        self._at = self._end = 0

    # --- For the main loop ---------------------------------------------------------------------

    def gather(self) -> bool | None:
        """Take what has come; None if that is nothing, False if there will be no more."""
        try:
            piece = super().recv(PIECE)
        except BlockingIOError:
            return None
        self.came += piece
        if self.came.startswith(b"\r\n"):  # empty lines before a request count for nothing
            self.came = self.came.lstrip(b"\r\n")
        return bool(piece)

    def is_whole(self) -> bool:
        """Whether a request is there, or as much of one as a thread needs to refuse it."""
        end = self.came.find(b"\r\n\r\n", max(0, self._seen - 3))
        if end < 0:
            self._seen = len(self.came)
            return len(self.came) > LARGEST_HEAD
        self._seen = end  # found again at once
        head = bytes(self.came[: end + 2])
        if _CHUNKED.search(head):
            self.too_large = len(self.came) > end + LARGEST_REQUEST
            ends = self.came.endswith(b"\r\n\r\n") and b"\r\n0\r\n" in self.came[end + 2 :]
            whole = self.too_large or ends
        else:
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            self.too_large = length > LARGEST_REQUEST
            whole = self.too_large or len(self.came) >= end + 4 + length
        if not whole and not self._told_to_go_on and _EXPECT.search(head):
            self._told_to_go_on = True
            super().send(_CONTINUE)
        return whole

    def flush(self) -> int:
        """Send what the reader takes now; how many bytes are still held.

        Raises:
            OSError: the reader is gone.
        """
        while self._later:
            self._later.seek(self._at)
            piece = self._later.read(PIECE)
            sent = self._send(piece)
            self._at += sent
            if self._at == self._end:
                self._forget()
            elif sent < len(piece):
                break
        return self.held

    def discard(self) -> bool:
        """Read what is left to nobody; whether there may be more."""
        try:
            return bool(super().recv(PIECE))
        except BlockingIOError:
            return True

    @property
    def held(self) -> int:
        """Bytes of the answer that its reader has not taken."""
        return self._end - self._at

    # --- For the thread, as a socket -----------------------------------------------------------

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The next bytes of those gathered; a thread waits for no others.

        Raises:
            ConnectionResetError: the parser wants more than looked like a whole request.
        """
        del flags
        if not self.came:
            raise ConnectionResetError(errno.ECONNRESET, "the request is not whole")
        piece = bytes(self.came[:size])
        del self.came[:size]
        self._seen, self._told_to_go_on = 0, False
        return piece

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send, or keep for the main loop what the reader does not take now.

        Raises:
            ConnectionResetError: much is kept, and the reader takes nothing.
        """
        del flags
        piece = memoryview(data).cast("B")
        if not self.flush():
            piece = piece[self._send(piece) :]
        if piece:
            if self._later is None:
                self._later = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (kept open)
            self._later.seek(self._end)
            self._later.write(piece)
            self._end += len(piece)
        until = time.monotonic() + STALLED
        while self.held > HELD:
            self._wait_until_it_takes(until)
            self.flush()

    def settimeout(self, value: float | None) -> None:
        """For gunicorn, which asks for waits; there are none here."""

    def gettimeout(self) -> float | None:
        """No wait, to gunicorn a time like another."""
        return 0.0

    def setblocking(self, flag: bool) -> None:
        """As `settimeout`."""

    def close(self) -> None:
        """Close, and forget what nobody will take."""
        self._forget()
        super().close()

    def _send(self, piece: Any) -> int:
        try:
            return super().send(piece)
        except BlockingIOError:
            return 0

    def _forget(self) -> None:
        if self._later is not None:
            self._later.close()
        self._later = None
        self._at = self._end = 0

    def _wait_until_it_takes(self, until: float) -> None:
        poll = select.poll()
        poll.register(self, select.POLLOUT)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise ConnectionResetError(errno.ECONNRESET, "the reader takes nothing")
