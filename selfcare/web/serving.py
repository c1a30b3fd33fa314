"""The web server's worker: nobody's slow line holds a thread.

gunicorn's `gthread` hands a connection to a thread before the request is there, and the thread
stays until the reader has taken the last byte of the answer. Sixty-four half-sent requests, or
eighteen exports that nobody reads, stop it for everybody. Here the main loop, which waits for
nobody, gathers each request and delivers each answer; a thread has a request only while the
portal works on it.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.errors import ConfigError
from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from selfcare.config import LARGEST_REQUEST
from selfcare.logs import MaskedRecords
from selfcare.web.wire import Wire

REQUEST_WITHIN = 120.0
"""Seconds from a request's first byte to its last: 1 MB on a slow phone's line."""
TAKEN_WITHIN = 30.0
"""Seconds without one byte of an answer taken after which its reader counts as gone."""
ANSWER_WITHIN = 900.0
"""Seconds in which the rest of an answer has to be taken, once it is made."""
LINGER = 2.0
"""Seconds in which a closed connection's last bytes are still listened to (RFC 9112, 9.6)."""
LEAVES_WITHIN = 3.5
"""Seconds in which a worker that was told to stop still takes a request on a connection that was
kept open: its proxy may have sent one before it could learn that the connection ends."""
GATHERED = 64_000_000
"""Bytes of unfinished requests that one process keeps; the largest goes when there are more."""


class Connection(TConn):  # type: ignore[misc]
    """One accepted connection, and what the main loop waits for on it."""

    sock: Wire

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.data_ready = True  # a thread gets it with its request
        self.goes_on = False
        """Whether another request may come once the answer is delivered."""
        self.last = 0.0
        """When the answer has to be delivered, whatever is taken meanwhile."""

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun, and no answer is on its way."""
        return not self.sock.came and not self.sock.held


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Threads for work, the main loop for waiting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Connection, float] = {}
        """Connections in the poller, and the moment each is given up."""
        self.leaves = 0.0
        """When idle connections are cut, once the worker was told to stop."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do.

        Raises:
            ConfigError: gunicorn shall speak TLS itself.
        """
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise ConfigError("TLS is for the proxy in front to end: see docs/deploy.md")

    def init_process(self) -> None:
        """As the parent; what gunicorn itself says of requests tells no token, and is not long."""
        self.log.error_log.addFilter(MaskedRecords())
        wsgi.SERVER = "portal"  # nobody has to know by what, and of which version, it is served
        super().init_process()

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """A body too large is refused unread, so nothing can follow it on its connection."""
        if conn.sock.too_large:
            req.force_close()
        return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """What the portal did not read is here already: all of it is passed over."""
        if not keepalive:
            return False
        return bool(conn.parser.finish_body(time.monotonic() + LINGER, 2 * LARGEST_REQUEST))

    def set_accept_enabled(self, enabled: bool) -> None:
        """As the parent; at the end, whoever comes is refused at once and asks somebody else."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            self._stop_listening()

    def _stop_listening(self) -> None:
        """Take those whom the system has let in already; a closed listener would cut them off."""
        self.leaves = time.monotonic() + LEAVES_WITHIN
        for listener in self.sockets:
            while self.accept(listener):
                pass
            listener.close()

    def accept(self, listener: socket.socket) -> bool:
        """Take a new connection, if there is one; whoever waits longest goes for one too many."""
        try:
            accepted, client = listener.accept()
        except OSError as problem:
            if problem.errno in {errno.EMFILE, errno.ENFILE}:
                self._make_room()
            return False
        self.nr_conns += 1
        conn = Connection(self.cfg, Wire(accepted), client, listener.getsockname())
        self._listen(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        return True

    def finish_request(self, conn: Connection, future: Future[Any]) -> None:
        """A thread is done with it: deliver what the reader has not taken yet, then go on."""
        done = not future.cancelled() and future.exception() is None
        conn.goes_on = bool(done and future.result())  # the answer has said so
        if conn.goes_on:  # a next request may have come with this one
            conn.sock.came[:0] = conn.parser.unreader.take_buffered()
        conn.last = time.monotonic() + ANSWER_WITHIN
        self._deliver(conn)

    def murder_keepalived(self) -> None:
        """Give up the connections whose time is over, and at the end those that are idle."""
        present = time.monotonic()
        leaving = self.leaves and present >= self.leaves
        for conn, until in list(self.waiting.items()):
            if until <= present or (leaving and conn.is_idle):
                self._drop(conn)

    def murder_pending(self) -> None:
        """There is one kind of waiting only."""

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look round often: the parent waits a whole grace period for idle connections."""
        self.murder_keepalived()
        super().wait_for_and_dispatch_events(min(timeout, 0.2 if self.leaves else 1.0))

    def _listen(self, conn: Connection) -> None:
        """Wait for a request; most have come already."""
        idle = conn.is_idle
        self._watch(conn, selectors.EVENT_READ, self._gather, self.cfg.keepalive)
        if not idle and conn.sock.is_whole():
            self._hand_over(conn)
        elif conn in self.waiting:
            self._gather(conn)

    def _gather(self, conn: Connection) -> None:
        begins = conn.is_idle
        try:
            more = conn.sock.gather()
        except OSError:
            more = False
        if more is False:
            self._drop(conn)
        elif more and conn.sock.is_whole():
            self._hand_over(conn)
        elif more:
            if begins:
                self.waiting[conn] = time.monotonic() + REQUEST_WITHIN
            self._bound_memory()

    def _hand_over(self, conn: Connection) -> None:
        self._unwatch(conn)
        self.enqueue_req(conn)

    def _deliver(self, conn: Connection) -> None:
        try:
            rest = conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        present = time.monotonic()
        if rest:
            within = min(TAKEN_WITHIN, conn.last - present)
            self._watch(conn, selectors.EVENT_WRITE, self._deliver, within)
        else:
            self._unwatch(conn)
            (self._listen if conn.goes_on else self._linger)(conn)

    def _linger(self, conn: Connection) -> None:
        """Close so that the reader gets the answer's end even if it has sent more than was read.

        Closing at once would send a reset, which takes the answer's last part away.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._watch(conn, selectors.EVENT_READ, self._discard, LINGER)

    def _discard(self, conn: Connection) -> None:
        try:
            open_still = conn.sock.discard()
        except OSError:
            open_still = False
        if not open_still:
            self._drop(conn)

    def _watch(
        self, conn: Connection, event: int, then: Callable[[Connection], None], seconds: float
    ) -> None:
        try:
            if conn in self.waiting:
                self.poller.modify(conn.sock, event, partial(_call, then, conn))
            else:
                self.poller.register(conn.sock, event, partial(_call, then, conn))
        except (OSError, ValueError, KeyError):  # closed meanwhile
            self._drop(conn)
        else:
            self.waiting[conn] = time.monotonic() + seconds

    def _unwatch(self, conn: Connection) -> None:
        if self.waiting.pop(conn, None) is not None:
            with suppress(OSError, ValueError, KeyError):
                self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._unwatch(conn)
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        if self.waiting:
            self._drop(min(self.waiting, key=self.waiting.__getitem__))

    def _bound_memory(self) -> None:
        if sum(len(conn.sock.came) for conn in self.waiting) > GATHERED:
            self._drop(max(self.waiting, key=lambda conn: len(conn.sock.came)))


def _call(then: Callable[[Connection], None], conn: Connection, _sock: object) -> None:
    then(conn)
