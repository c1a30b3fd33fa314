"""Several processes in one terminal: started, watched, restarted, stopped together.

honcho prints their lines. Its `Manager` does not run them: it stops all when one ends, in no
order, and leaves them running when it is killed itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from demo.children import start

STOP_WITHIN = 25.0  # seconds: what a platform leaves a process, too
_AT_ONCE = 3.0  # seconds; a process that ends this soon after its first start cannot work at all
_HEALTHY = 30.0  # seconds; a process that ran this long has its former falls forgiven
_LONGEST_DELAY = 30.0
_TICK = 0.1
_REMINDED_EVERY = 20


class StartFailedError(RuntimeError):
    """A process ended at once; the message has its last lines."""


class Terminal:
    """Lines of many processes, told apart by time, name and colour as honcho prints them."""

    def __init__(self, output: TextIO = sys.stdout, *, names: Sequence[str] = ()) -> None:
        """Write to `output`; knowing the names beforehand keeps the lines aligned."""
        width, in_colour = max(map(len, names), default=0), not os.environ.get("NO_COLOR")
        self._printer = Printer(output, width=width, colour=in_colour)
        self._colours = dict(zip(names, get_colours(), strict=False))
        self._lock = threading.Lock()
        self._lines = 0
        self.reminder = ""
        """Text that is repeated after every `_REMINDED_EVERY` lines, so that it stays in sight."""

    def line(self, name: str, text: str) -> None:
        """Write one line of the process `name`."""
        message = Message(
            "line", text or " ", datetime.now().astimezone(), name, self._colours.get(name)
        )
        self._write(lambda: self._printer.write(message))
        self._lines += 1
        if self.reminder and self._lines >= _REMINDED_EVERY:
            self.block(self.reminder)

    def block(self, text: str) -> None:
        """Write a text of the demo itself, in one piece."""
        self._write(lambda: print(text, file=self._printer.output, flush=True))
        self._lines = 0

    def _write(self, write: Callable[[], None]) -> None:
        # A terminal that went away must not keep us from stopping what we started.
        with self._lock, contextlib.suppress(OSError, ValueError):
            write()


@dataclass
class Child:
    """One of the processes: its command and its state."""

    name: str
    command: Sequence[str | Path]
    serves_the_others: bool = False
    sockets: Sequence[socket.socket] = ()
    is_quiet: bool = False
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    falls: int = 0
    started_at: float = 0.0
    due_at: float = 0.0
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    reader: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def how_it_ended(self) -> str:
        """Return the way it ended, in words."""
        code = self.process.returncode if self.process else 0
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}" if code else "ended by itself"


class Supervisor:
    """Keeps processes running until it is told to stop; then it leaves none behind.

    Everything happens in the thread that calls, which is also the one the children die with.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Give all processes the same environment, by default that of this process."""
        self.terminal = terminal
        self.environment = environment
        self.children: list[Child] = []
        self.stopping = False
        self._clock = clock

    def request_stop(self, *_: object) -> None:
        """Make `watch` and `finish` return soon; can be a signal handler."""
        self.stopping = True

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        serves_the_others: bool = False,
        sockets: Sequence[socket.socket] = (),
        is_quiet: bool = False,
    ) -> Child:
        """Start a process that shall run until the end.

        Args:
            serves_the_others: it ends after them.
            sockets: those that it inherits, each time it is started.
            is_quiet: what it says is kept for the case that it fails.
        """
        child = Child(name, command, serves_the_others, sockets, is_quiet)
        self.children.append(child)
        self._launch(child)
        return child

    def finish(self, name: str, command: Sequence[str]) -> bool:
        """Run a process to its end: false if it was stopped, an error if it failed."""
        child = self.start(name, command, is_quiet=True)
        while child.is_running and not self.stopping:
            time.sleep(_TICK / 4)
        if self.stopping:
            return False
        self.children.remove(child)
        self._hear_out(child)
        if child.process and child.process.returncode:
            raise StartFailedError(_obituary(child))
        return True

    def watch(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Restart what falls, until told to stop (false) or until the condition holds (true)."""
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            if until():
                return True
            time.sleep(_TICK)
        return False

    def stop(self, *, within: float = STOP_WITHIN) -> None:
        """Stop all processes, the last started first; kill those that do not end in time."""
        for serves in (False, True):
            some = [child for child in self.children if child.serves_the_others == serves]
            self._stop(some, within=within)
        self.children.clear()

    def _stop(self, children: Sequence[Child], *, within: float) -> None:
        deadline = self._clock() + within
        running = [child for child in reversed(children) if child.is_running]
        for child in running:
            _signal(child, signal.SIGTERM)
        while any(child.is_running for child in running) and self._clock() < deadline:
            time.sleep(_TICK / 4)
        for child in running:
            if child.is_running:
                self.terminal.line(child.name, f"killed: still there after {within:.0f} s")
            _signal_group(child, signal.SIGKILL)  # also what a dead one has left
            if child.process:
                child.process.wait()
            self._hear_out(child)

    def _launch(self, child: Child) -> None:
        child.process = start(
            child.command,
            when_orphaned=signal.SIGTERM,
            environment=self.environment,
            sockets=child.sockets,
        )
        child.starts += 1
        child.started_at = self._clock()
        child.reader = threading.Thread(
            target=self._relay, args=(child, child.process), name=child.name, daemon=True
        )
        child.reader.start()

    def _relay(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        if not process.stdout:
            return
        with process.stdout as output:
            for line in output:
                text = line.decode("utf-8", "replace").rstrip()
                child.last_lines.append(text)
                if not child.is_quiet:
                    self.terminal.line(child.name, text)

    def _look_after(self, child: Child) -> None:
        if child.is_running:
            return
        now = self._clock()
        if child.due_at:
            if now >= child.due_at:
                child.due_at = 0.0
                self._launch(child)
            return
        _signal_group(child, signal.SIGTERM)  # its own children, if it left any
        self._hear_out(child)
        lasted = now - child.started_at
        ended_itself = child.process is not None and child.process.returncode >= 0
        if ended_itself and child.starts == 1 and lasted < _AT_ONCE:
            raise StartFailedError(_obituary(child))
        child.falls = 1 if lasted >= _HEALTHY else child.falls + 1
        delay = min(2.0 ** (child.falls - 1), _LONGEST_DELAY)
        child.due_at = now + delay
        said = f"{child.name} {child.how_it_ended()}; it starts again in {delay:.0f} s"
        self.terminal.line(child.name, said)

    def _hear_out(self, child: Child) -> None:
        """Wait for the last lines, but not for long: a grandchild may hold the pipe open."""
        if child.reader:
            child.reader.join(1.0)


def _obituary(child: Child) -> str:
    last = "\n".join(f"    {line}" for line in child.last_lines) or "    (it said nothing)"
    return f"{child.name} {child.how_it_ended()}. Its last lines:\n{last}"


def _signal(child: Child, signum: signal.Signals) -> None:
    if child.process:
        child.process.send_signal(signum)  # does nothing when it has been waited for


def _signal_group(child: Child, signum: signal.Signals) -> None:
    # A process leads a group of its own, with its id; the id is not given anew while any is left.
    if child.process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signum)
