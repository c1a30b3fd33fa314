"""A real SMTP server behind the portal, and a person who reads what arrives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from flask import Flask

from demo.mails import CapturingServer
from tests.work import Worker


class Mailbox:
    """What arrived, once the waiting jobs have run."""

    def __init__(self, server: CapturingServer, worker: Worker) -> None:
        self.server, self.worker = server, worker

    def all(self) -> list[EmailMessage]:
        """Every mail so far, oldest first."""
        self.worker.run()
        return [mail.message for mail in self.server.messages]

    def last(self, *, to: str = "") -> EmailMessage:
        """The latest mail, or the latest to somebody."""
        mails = [mail for mail in self.all() if to in str(mail["To"])]
        assert mails, f"no mail to {to or 'anybody'}"
        return mails[-1]

    def text(self, *, to: str = "") -> str:
        """The text of the latest mail."""
        part = self.last(to=to).get_body(("plain",))
        assert part
        return str(part.get_content())

    def link(self, *, to: str = "", has: str = "") -> str:
        """The path of the first link of the latest mail that has `has` in it."""
        found = re.findall(r"https?://\S+", self.text(to=to))
        return next(urlsplit(address).path for address in found if has in address)


@pytest.fixture
def mailbox(app: Flask, smtp_server: CapturingServer, worker: Worker) -> Iterator[Mailbox]:
    """Mails really sent: `mailbox.last()`, `mailbox.link()`."""
    mailer = app.extensions["mail"]
    port, mailer.port = mailer.port, smtp_server.port
    yield Mailbox(smtp_server, worker)
    mailer.port = port
