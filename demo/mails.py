"""The mail catcher: an SMTP server that keeps what it gets, in memory for tests or in a folder.

`python -m demo.mails` is the demo's: every mail becomes an `.eml` file, shown on a web page.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import make_server

from selfcare.config import Settings

_LARGEST_MAIL = 32 * 1024 * 1024
ACCEPTED = "250 2.0.0 OK"


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as the SMTP server received it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail's headers and parts."""
        return message_from_bytes(self.content, policy=SMTP_POLICY)


class MailFolder:
    """Mails as `.eml` files whose names sort by time of arrival."""

    def __init__(self, path: Path) -> None:
        """Use the folder, which is made when the first mail arrives."""
        self.path = path

    def save(self, mail: ReceivedMail) -> Path:
        """Keep a mail; a reader of the folder sees it whole or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        recipient = re.sub(r"[^\w.@+-]", "_", mail.recipients[0], flags=re.ASCII)[:80]
        file = self.path / f"{now}-{recipient}.eml"
        # The headers don't tell who really got it (blind copies): the server adds that, as usual.
        envelope = "".join(f"Delivered-To: {recipient}\r\n" for recipient in mail.recipients)
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(envelope.encode("utf-8", "replace") + mail.content)
        unfinished.rename(file)
        return file

    def newest_first(self) -> list[Path]:
        """List the mails' files."""
        return sorted(self.path.glob("*.eml"), reverse=True)


class CapturingServer:
    """A real SMTP server in a thread; it keeps every mail and fails on request.

    with CapturingServer() as server:
        … send to server.host, server.port …
        [mail] = server.wait_for(1)
    """

    def __init__(
        self,
        on_mail: Callable[[ReceivedMail], object] | None = None,
        *,
        inherited: socket.socket | None = None,
    ) -> None:
        """Hand each mail to `on_mail`, or keep it in `messages`.

        Args:
            inherited: a socket that listens already, in place of any free port.
        """
        self.host = "127.0.0.1"
        self.port = 0  # once started: the real one, which stays ours over stop() and start()
        self._inherited = inherited
        self.messages: list[ReceivedMail] = []
        self._keep = on_mail or self.messages.append
        self._refusal: str | None = None
        self._silent = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[asyncio.BaseTransport] = set()

    def __enter__(self) -> Self:
        """Start listening."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self.stop()

    # How it behaves, from the next mail or connection on

    def accept(self) -> None:
        """Behave well again."""
        self._refusal, self._silent = None, False

    def refuse(self, reply: str = "550 5.1.1 No such mailbox") -> None:
        """Refuse every recipient: for good with a 5xx reply, for now with a 4xx one."""
        self._refusal = reply

    def hang(self) -> None:
        """Accept connections and never say a word."""
        self._silent = True

    def wait_for(self, count: int, *, within: float = 10.0) -> list[ReceivedMail]:
        """Give the mails once there are `count` of them, and fail when they don't come."""
        deadline = time.monotonic() + within
        while len(self.messages) < count:
            if time.monotonic() > deadline:
                msg = f"{len(self.messages)} of {count} mails came within {within} s"
                raise TimeoutError(msg)
            time.sleep(0.01)
        return list(self.messages)

    # Its life

    def start(self) -> None:
        """Listen; on the same port as before when it was stopped."""
        self._loop = asyncio.new_event_loop()
        where: dict[str, Any] = {"host": self.host, "port": self.port}
        if self._inherited:
            where = {"sock": self._inherited}
        try:
            listening = self._loop.run_until_complete(
                self._loop.create_server(self._serve_connection, **where)
            )
        except OSError:
            self._loop.close()
            self._loop = None
            raise
        self.port = listening.sockets[0].getsockname()[1]
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, listening), name="smtp-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections and cut those there are; safe when it is stopped already."""
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop = self._thread = None

    def _run(self, loop: asyncio.AbstractEventLoop, listening: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        listening.close()
        for connection in list(self._connections):
            connection.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(asyncio.sleep(0))  # lets the closed connections take their leave
        loop.close()

    def _serve_connection(self) -> asyncio.BaseProtocol:
        if self._silent:
            return _Silence(self._connections)
        return _Conversation(self, self._loop, self._connections)

    # What the SMTP protocol asks of us (aiosmtpd finds these by their names)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take or refuse a recipient."""
        if self._refusal:
            return self._refusal
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        content = envelope.original_content or b""
        mail = ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        self._keep(mail)
        return ACCEPTED


class _Silence(asyncio.Protocol):
    """A connection that is never answered."""

    def __init__(self, connections: set[asyncio.BaseTransport]) -> None:
        self.connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.connections.add(transport)


class _Conversation(SMTP):
    """An SMTP conversation that can be cut from outside."""

    def __init__(
        self,
        handler: CapturingServer,
        loop: asyncio.AbstractEventLoop | None,
        connections: set[asyncio.BaseTransport],
    ) -> None:
        super().__init__(
            handler,
            hostname="localhost",  # else it asks the name server at every connection
            data_size_limit=_LARGEST_MAIL,
            enable_SMTPUTF8=True,
            loop=loop,
        )
        self.connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.connections.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport:
            self.connections.discard(self.transport)
        super().connection_lost(error)


def main() -> None:
    """Run the demo's mail catcher until it is told to stop."""
    from demo.mail_pages import create_app  # noqa: PLC0415 - tests need no web pages

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("smtp", "web"):
        parser.add_argument(f"--{name}-socket", type=int, required=True, help="an open one")
    wanted = parser.parse_args()

    folder = MailFolder(wanted.folder)

    def keep(mail: ReceivedMail) -> None:
        file = folder.save(mail)
        print(f"mail for {', '.join(mail.recipients)}: {os.path.relpath(file)}", flush=True)

    pages = create_app(folder, zone=os.environ.get("TIMEZONE") or Settings.timezone)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    web = make_server("127.0.0.1", 0, pages, threaded=True, fd=wanted.web_socket)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listening = socket.socket(fileno=wanted.smtp_socket)
    with contextlib.suppress(KeyboardInterrupt), CapturingServer(keep, inherited=listening):
        web.serve_forever()


if __name__ == "__main__":
    main()
