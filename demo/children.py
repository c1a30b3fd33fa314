"""Child processes that never outlive their parent, and short-lived folders for them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
# The path of a Unix socket holds 107 bytes; the longest name in a scratch folder has 13.
_LONGEST_SOCKET_FOLDER = 90


def start(
    command: Sequence[str | Path],
    *,
    when_orphaned: signal.Signals,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | int = subprocess.PIPE,
    folder: Path | None = None,
    account: Mapping[str, Any] | None = None,
    sockets: Sequence[socket.socket] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in its own session; the kernel ends it when its parent is gone.

    This holds even for SIGKILL, which leaves us no time to clean up. (On Linux: elsewhere the
    child is stopped by our own code or not at all.) The kernel watches the *thread* that starts
    the child, so start children from one that lives as long as they shall.

    Args:
        sockets: those that the child inherits, under the same numbers.
    """
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[inherited.fileno() for inherited in sockets],
        start_new_session=True,  # Ctrl-C in the terminal is for us to pass on, in order
        preexec_fn=_dying_with_parent(when_orphaned),  # noqa: PLW1509 - it takes no lock
        **(account or {}),
    )


def _dying_with_parent(signum: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: little is safe between fork and exec
    parent = os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # we died before the line above
            os._exit(1)

    return arrange


def end(process: subprocess.Popen[bytes], signum: signal.Signals, *, within: float) -> None:
    """Ask a process to stop; kill it when it has not done so in time."""
    if process.poll() is None:
        process.send_signal(signum)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def scratch_folder(kind: str, *, in_memory: bool = False) -> Iterator[Path]:
    """Make a private folder, short enough for a Unix socket, and remove it afterwards.

    Folders that killed runs left are removed first: their names hold the dead owners' ids.
    """
    parent = _scratch_parent(in_memory=in_memory)
    prefix = f"selfcare-{kind}-"
    for leftover in parent.glob(f"{prefix}*"):
        if _is_abandoned(leftover, prefix):
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scratch_parent(*, in_memory: bool) -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private
    if in_memory and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return memory
    usual = Path(tempfile.gettempdir())
    return usual if len(bytes(usual)) <= _LONGEST_SOCKET_FOLDER - 40 else Path("/tmp")  # noqa: S108


def _is_abandoned(folder: Path, prefix: str) -> bool:
    owner = folder.name.removeprefix(prefix).partition("-")[0]
    if not owner.isdecimal():
        return False
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
