"""Mails of one turn share a connection, and nothing else: no mail's trouble is another's (MAIL)."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from demo.mails import CapturingServer
from selfcare.database import db
from selfcare.models import Mail, WishState, now
from selfcare.services.mail import outbox
from tests.cast import account_of

MANY = 5


class Moody(CapturingServer):
    """A server that counts conversations, refuses one person, and ends conversations."""

    conversations = 0
    refused = ""
    most = 0
    """Mails after which it ends the conversation with 421; 0 for never."""
    hangs_up = False
    """Whether it breaks off after each mail, without a word."""
    _taken = 0

    async def handle_EHLO(self, _server, session, _envelope, _hostname, responses):  # noqa: N802
        self.conversations += 1
        self._taken = 0
        session.host_name = "x"
        return responses

    async def handle_MAIL(self, server, _session, envelope, address, _options):  # noqa: N802
        if self.most and self._taken >= self.most:
            server.transport.write(b"421 4.7.0 Enough for one connection\r\n")
            server.transport.close()
            return "421 4.7.0 Enough for one connection"
        self._taken += 1
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address == self.refused:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.hangs_up:
            server.loop.call_later(0, server.transport.abort)
        return answer


@pytest.fixture
def server(app, monkeypatch):
    with Moody() as server:
        monkeypatch.setattr(app.extensions["mail"], "port", server.port)
        yield server


@pytest.fixture
def written(app, cast):
    """Mails to five people, the ids in order."""
    ids = []
    for number in range(MANY):
        cast.account(f"person.{number}")
        with app.app_context():
            row = outbox.write(
                "failed_sign_ins", account_of(f"person.{number}"), ip="::1", at=now().isoformat()
            )
            db.session.commit()
            ids.append(row.id)
    return ids


def states(app):
    with app.app_context():
        return list(db.session.execute(select(Mail.state).order_by(Mail.id)).scalars())


def test_mail_one_turn_is_one_job_and_one_conversation(app, server, written, worker):
    assert len(worker.waiting()) == 1
    worker.run()
    assert states(app) == [WishState.DONE] * MANY
    assert (len(server.messages), server.conversations) == (MANY, 1)


def test_mail_a_refused_one_takes_no_other_with_it(app, server, written, worker):
    server.refused = "person.1@example.com"
    worker.run()
    assert states(app) == [WishState.DONE, WishState.FAILED, *[WishState.DONE] * 3]
    assert server.conversations == 1


def test_mail_one_that_cannot_be_made_takes_no_other_with_it(app, server, written, worker):
    with app.app_context():
        db.session.execute(update(Mail).where(Mail.id == written[0]).values(name="no_such_mail"))
        db.session.commit()
    worker.run()
    assert states(app) == [WishState.QUEUED, *[WishState.DONE] * 4]


@pytest.mark.parametrize("most", [1, 2])
def test_mail_a_server_that_takes_few_at_a_time_gets_all(app, server, written, worker, most):
    server.most = most
    worker.run()
    assert states(app) == [WishState.DONE] * MANY
    assert len(server.messages) == MANY, "none twice"


def test_mail_a_conversation_that_broke_off_is_begun_anew(app, server, written, worker):
    server.hangs_up = True
    worker.run()
    assert states(app) == [WishState.DONE] * MANY
    assert len(server.messages) == MANY, "none twice"
    assert server.conversations == MANY


def test_mail_a_server_that_is_away_costs_one_mail_its_try(app, server, written, worker):
    server.stop()
    worker.run()
    with app.app_context():
        tries = list(db.session.execute(select(Mail.attempts).order_by(Mail.id)).scalars())
    assert tries == [1, 0, 0, 0, 0]


def test_mail_a_turn_ends_and_what_remains_is_another_job(
    app, server, written, worker, monkeypatch
):
    worker.redis.flushdb()
    with app.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "TURN", -1.0)
            outbox.deliver_waiting()
        assert server.messages == []
        assert [job.func_name for job in worker.waiting()] == [outbox.deliver_waiting.path]
    worker.run()
    assert states(app) == [WishState.DONE] * MANY
