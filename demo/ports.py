"""TCP ports of this machine."""

from __future__ import annotations

import socket
from contextlib import suppress

HOST = "127.0.0.1"
_TRIED = 200


def listen(usual: int) -> socket.socket:
    """Listen on the usual port, or on the next one that is free; on any free one for 0.

    The socket is for a process to inherit. A port that was only looked for could be lost to
    another program before that process listens.
    """
    for port in range(usual, min(usual + _TRIED, 65536)):
        listening = socket.socket()
        # Servers do the same: a port whose last connections are just closing counts as free.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # taken, or not for us to take (below 1024)
            listening.bind((HOST, port))
            listening.listen(128)  # of two that were bound at once, one gets to listen
            return listening
        listening.close()
    msg = f"No free port between {usual} and {min(usual + _TRIED, 65536) - 1}."
    raise OSError(msg)


def port_of(listening: socket.socket) -> int:
    """Return the port that a socket listens on."""
    return int(listening.getsockname()[1])


def free_port() -> int:
    """Give a port that nobody listens on at this moment."""
    with listen(0) as listening:
        return port_of(listening)
