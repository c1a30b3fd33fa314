"""A worker and a mail server for browser tests whose pages wait for either."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.mails import CapturingServer
from tests.work import Worker


@pytest.fixture
def smtp_server():
    """A real SMTP server, begun in a thread: in this one, Playwright's loop runs already."""
    server = CapturingServer()
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(server.start).result()
        yield server
        elsewhere.submit(server.stop).result()


@pytest.fixture
def worked(portal, marie, smtp_server, stand_in_iam):
    """Runs what waits: mails to a real server, the password to the stand-in."""
    portal.extensions["mail"].port = smtp_server.port
    portal.extensions["iam"] = stand_in_iam
    worker = Worker(portal)

    def run():
        worker.run()
        return [mail.message for mail in smtp_server.messages]

    return run
