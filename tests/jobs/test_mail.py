"""The outbox: every mail leaves once, whatever is away meanwhile (MAIL)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from demo.mails import CapturingServer
from selfcare.background import claims
from selfcare.background.jobs import DELAYS
from selfcare.database import db
from selfcare.models import Account, Mail, WishState, now
from selfcare.services import schedule
from selfcare.services.mail import outbox
from tests.cast import account_of
from tests.jobs.processes import until

AT = "2026-11-03T09:00:00+00:00"


@pytest.fixture
def write(app, cast) -> Callable[..., int]:
    """Write the notice of AUTH-6 to somebody's outbox."""

    def write(login: str = "paul.dupont", *, locale: str = "en") -> int:
        cast.account(login, locale=locale)
        with app.app_context():
            row = outbox.write("failed_sign_ins", account_of(login), ip="192.0.2.9", at=AT)
            db.session.commit()
            return row.id

    return write


@pytest.fixture
def row(app) -> Callable[[int], Mail]:
    def row(mail_id: int) -> Mail:
        with app.app_context():
            found = db.session.get_one(Mail, mail_id)
            db.session.expunge(found)
            return found

    return row


@pytest.fixture
def sweep(app, worker) -> Callable[[], None]:
    """What cron has done every minute, here and now."""

    def sweep() -> None:
        with app.app_context():
            schedule.wake_wishes()
        worker.run()

    return sweep


class TestMail:
    def test_mail_has_text_and_html_in_the_addressee_s_language(self, write, worker, mailing):
        write("paul.dupont", locale="en")
        worker.run()
        [got] = mailing.wait_for(1)
        message = got.message
        text = message.get_body(("plain",)).get_content()
        html = message.get_body(("html",)).get_content()
        for body in (text, html):
            assert "paul.dupont" in body
            assert "192.0.2.9" in body
            assert "03/11/2026 10:00" in body
            assert "http://portal.test" in body
            assert "{{" not in body
            assert "%(" not in body
        assert "Hello Paul DUPONT," in text
        assert "<img" not in html
        assert '<html lang="en">' in html

    @pytest.mark.parametrize("locale", ["fr", "en"])
    def test_mail_speaks_the_addressee_s_language_not_the_reader_s(
        self, app, write, worker, mailing, locale
    ):
        with app.test_request_context(
            headers={"Accept-Language": "fr" if locale == "en" else "en"}
        ):
            write("paul.dupont", locale=locale)
        worker.run()
        [got] = mailing.wait_for(1)
        assert got.message["Content-Language"] == locale
        html = got.message.get_body(("html",)).get_content()
        assert f'<html lang="{locale}">' in html

    def test_mail_headers_say_what_it_is(self, write, row, worker, mailing):
        mail_id = write()
        worker.run()
        [got] = mailing.wait_for(1)
        message = got.message
        assert message["Message-ID"] == f"<{row(mail_id).message_id}>"
        assert message["Message-ID"].endswith("@portal.test>")
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["To"] == "Paul DUPONT <paul.dupont@example.com>"
        assert "no-reply@example.com" in message["From"]
        assert "Espace Client Cloud" in message["From"]
        assert message["Date"]
        assert "\n" not in message["Subject"].strip()

    @pytest.mark.parametrize("name", ["Zoé", 'Ann "O", Neil', "<b>x</b>", "李", "a@b"])
    def test_mail_odd_names_arrive(self, app, cast, worker, mailing, name):
        cast.account("odd.name", first_name=name)
        with app.app_context():
            outbox.write("failed_sign_ins", account_of("odd.name"), ip="::1", at=AT)
            db.session.commit()
        worker.run()
        [got] = mailing.wait_for(1)
        assert got.recipients == ("odd.name@example.com",)
        assert "<b>x" not in got.message.get_body(("html",)).get_content()

    def test_mail_is_marked_sent(self, write, row, worker, mailing):
        mail_id = write()
        assert row(mail_id).state == WishState.QUEUED
        worker.run()
        sent = row(mail_id)
        assert (sent.state, sent.problem) == (WishState.DONE, None)
        assert sent.sent_at

    def test_mail_is_not_written_when_its_cause_is_rolled_back(self, app, cast, worker, mailing):
        cast.account("paul.dupont")
        with app.app_context():
            outbox.write("failed_sign_ins", account_of("paul.dupont"), ip="::1", at=AT)
            db.session.rollback()
        assert worker.waiting() == []
        with app.app_context():
            assert db.session.execute(select(Mail)).all() == []


class TestAway:
    def test_safe_redis_away_the_mail_waits_and_the_sweep_sends_it_once(
        self, cast, another_app, row, sweep, worker, mailing
    ):
        cast.account("paul.dupont")
        portal = another_app(redis_url="unix:///nowhere/redis.sock")
        with portal.app_context():
            account = account_of("paul.dupont")
            written = outbox.write("failed_sign_ins", account, ip="::1", at=AT)
            db.session.commit()
            mail_id = written.id
        assert worker.waiting() == []
        with time_machine.travel(now() + timedelta(minutes=1)):
            sweep()
            sweep()
        assert len(mailing.messages) == 1
        assert row(mail_id).state == WishState.DONE

    def test_safe_smtp_away_is_tried_again_later_and_later(self, app, write, row, mailing):
        mailing.stop()
        mail_id = write()
        waits = []
        with time_machine.travel(now(), tick=False) as clock:
            for _ in range(len(DELAYS)):
                with app.app_context(), pytest.raises(OSError, match="refused"):
                    outbox.deliver(mail_id)
                state = row(mail_id)
                assert state.state == WishState.QUEUED
                assert "ConnectionRefusedError" in state.problem
                waits.append(round((state.due_at - now()).total_seconds()))
                clock.shift(timedelta(seconds=waits[-1]))
            assert waits == list(DELAYS)
            with app.app_context(), pytest.raises(OSError, match="refused"):
                outbox.deliver(mail_id)
        failed = row(mail_id)
        assert failed.state == WishState.FAILED, "for good, and visible"
        assert failed.attempts == len(DELAYS) + 1

    def test_safe_the_queue_itself_retries(self, write, worker, mailing):
        from rq.registry import ScheduledJobRegistry

        mailing.stop()
        write()
        worker.run()
        scheduled = [
            job_id for q in worker.queues for job_id in ScheduledJobRegistry(queue=q).get_job_ids()
        ]
        assert len(scheduled) == 1

    def test_safe_woken_too_often_it_is_tried_no_more_often(self, app, write, row, worker, mailing):
        """A sweep wakes what still waits in the queue; that must not use the tries up."""
        mailing.stop()
        mail_id = write()
        with app.app_context():
            for _ in range(7):
                outbox.deliver.enqueue(mail_id)
        worker.run()
        assert (row(mail_id).attempts, row(mail_id).state) == (1, WishState.QUEUED)

    def test_safe_smtp_back_again_the_mail_leaves_once(self, app, write, row, sweep, mailing):
        mailing.stop()
        mail_id = write()
        with app.app_context(), pytest.raises(OSError, match="refused"):
            outbox.deliver(mail_id)
        mailing.start()
        with time_machine.travel(now() + timedelta(minutes=1)):
            sweep()
            sweep()
        assert len(mailing.messages) == 1
        assert row(mail_id).state == WishState.DONE

    def test_safe_a_refused_address_fails_at_once_and_shows(self, write, row, worker, mailing):
        mailing.refuse("550 5.1.1 No such mailbox")
        mail_id = write()
        worker.run()
        failed = row(mail_id)
        assert failed.state == WishState.FAILED
        assert "No such mailbox" in failed.problem

    def test_safe_a_later_please_is_tried_again(self, write, row, worker, sweep, mailing):
        mailing.refuse("451 4.3.0 Later")
        mail_id = write()
        worker.run()
        assert row(mail_id).state == WishState.QUEUED
        assert row(mail_id).attempts == 1
        mailing.accept()
        with time_machine.travel(now() + timedelta(minutes=1)):
            sweep()
        assert row(mail_id).state == WishState.DONE

    def test_safe_a_silent_server_is_away_after_the_timeout(
        self, another_app, write, row, smtp_server
    ):
        smtp_server.hang()
        portal = another_app(mail_port=smtp_server.port, mail_timeout=1)
        mail_id = write()
        with portal.app_context(), pytest.raises(OSError, match="timed out"):
            outbox.deliver(mail_id)
        assert row(mail_id).state == WishState.QUEUED

    def test_safe_a_server_that_hangs_up_after_taking_the_mail_has_it(
        self, app, write, row, monkeypatch
    ):
        """The goodbye fails, the mail is sent all the same: not twice."""

        class HangsUp(CapturingServer):
            async def handle_QUIT(self, server, _session, _envelope):  # noqa: N802
                server.transport.abort()
                return "221 Bye"

        with HangsUp() as server:
            monkeypatch.setattr(app.extensions["mail"], "port", server.port)
            mail_id = write()
            with app.app_context():
                outbox.deliver(mail_id)
            assert len(server.messages) == 1
        assert row(mail_id).state == WishState.DONE

    def test_safe_a_mail_that_cannot_be_made_fails_visibly(self, app, write, row):
        mail_id = write()
        with app.app_context():
            db.session.execute(update(Mail).values(name="no_such_mail"))
            db.session.commit()
        with time_machine.travel(now(), tick=False) as clock:
            for delay in (*DELAYS, 0):
                with app.app_context(), pytest.raises(Exception, match="no_such_mail"):
                    outbox.deliver(mail_id)
                clock.shift(delay)
        assert row(mail_id).state == WishState.FAILED

    def test_safe_a_deleted_account_s_mail_does_not_block_the_others(
        self, app, write, row, worker, mailing
    ):
        gone, other = write("gone.person"), write("paul.dupont")
        with app.app_context():
            db.session.delete(
                db.session.execute(select(Account).filter_by(login="gone.person")).scalar_one()
            )
            db.session.commit()
        worker.run()
        assert row(other).state == WishState.DONE
        assert row(gone).state in {WishState.DONE, WishState.QUEUED, WishState.FAILED}


class TestTwoAtOnce:
    def test_safe_two_workers_on_one_mail_send_one(self, app, write, mailing):
        mail_id = write()
        start = threading.Barrier(4)

        def deliver() -> None:
            with app.app_context():
                start.wait()
                outbox.deliver(mail_id)

        threads = [threading.Thread(target=deliver) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(mailing.messages) == 1

    def test_safe_waking_a_sent_mail_again_does_nothing(self, app, write, worker, mailing):
        mail_id = write()
        worker.run()
        with app.app_context():
            outbox.deliver(mail_id)
            outbox.deliver(999_999)
        assert len(mailing.messages) == 1

    def test_safe_nothing_is_locked_while_the_server_takes_its_time(
        self, another_app, cast, write, smtp_server
    ):
        """Others write to the database while a mail waits for its server."""
        smtp_server.hang()
        portal = another_app(mail_port=smtp_server.port, mail_timeout=60)
        mail_id = write()

        def deliver() -> None:
            with portal.app_context(), pytest.raises(OSError, match="closed"):
                outbox.deliver(mail_id)

        thread = threading.Thread(target=deliver)
        thread.start()
        until(lambda: smtp_server._connections)
        cast.account("somebody.else")
        assert thread.is_alive()
        smtp_server.stop()
        thread.join()

    def test_safe_a_dead_worker_s_mail_is_taken_over_once_its_lease_is_over(
        self, app, write, row, sweep, worker, mailing
    ):
        mail_id = write()
        with app.app_context():
            assert claims.claim(Mail, mail_id)  # and then the worker dies
        worker.run()
        sweep()
        assert mailing.messages == []
        with time_machine.travel(datetime.now(UTC) + Mail.LEASE + timedelta(seconds=1)):
            sweep()
            sweep()
        assert len(mailing.messages) == 1
        assert row(mail_id).state == WishState.DONE
