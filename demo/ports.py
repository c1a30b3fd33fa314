"""Free TCP ports on this machine."""

from __future__ import annotations

import socket
from collections.abc import Collection

HOST = "127.0.0.1"
_TRIED = 200


def free_port(usual: int, *, apart_from: Collection[int] = ()) -> int:
    """Give the usual port, or the next one that nobody listens on; any free one for 0."""
    if usual == 0:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return int(probe.getsockname()[1])
    for port in range(usual, min(usual + _TRIED, 65536)):
        if port not in apart_from and _is_free(port):
            return port
    msg = f"No free port between {usual} and {min(usual + _TRIED, 65536) - 1}."
    raise OSError(msg)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are just fading out counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:  # taken, or not for us to take (below 1024)
            return False
        return True
