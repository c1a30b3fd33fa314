"""From « terminer » to a console account that works, and every way it can be disturbed (USERS-8).

Each test runs on the stand-in and on a real Keystone: `iam` is the driver the portal uses.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from selfcare.background import claims
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import ConsoleAccess, now
from selfcare.services.console import sweeps as console_sweeps
from selfcare.services.mail.outbox import write
from tests.jobs.converging import LOGIN, change, converge
from tests.plugin_console import peers
from tests.wizard import add

WORKER = """
import sys
from app import app
from selfcare.services.console.access import converge
with app.app_context():
    converge(int(sys.argv[1]))
"""


@pytest.mark.parametrize("console", peers(), indirect=True)  # Keystone with either database
class TestTheWholeWay:
    def test_users_4_power_user_gets_an_account_and_two_mails_in_order(
        self, app, referent, users, ref, iam, access, outbox, mailing, worker
    ):
        add(referent, console=("power_user",), users=users)
        page = referent.get(users)
        assert "being prepared" in page.words
        assert page.all("#refresh[data-hx-get]")
        worker.run()
        assert access().state == "done"
        assert iam.groups_of(ref, LOGIN) == {"power_user"}
        page = referent.get(users)
        assert not page.all("#refresh")
        mails = [received.message for received in mailing.messages]
        assert [str(mail["Subject"]) for mail in mails] == [
            f"Votre accès au contrat {ref}",
            f"Votre accès à la console technique du contrat {ref}",
        ]
        console_mail = mails[1].get_body(("plain",)).get_content()
        assert LOGIN in console_mail
        assert ref in console_mail

    def test_users_6_removal_shuts_both_doors_and_says_when(
        self, app, referent, users, ref, iam, browse_as, id_of, worker, mailing
    ):
        add(referent, console=("power_user",), users=users, orders="visitor")
        worker.run()
        sophie = browse_as(LOGIN)
        assert sophie.get(f"/contracts/{ref}/orders").status == 200
        path = f"{users}/{id_of(LOGIN, ref)}/remove"
        assert LOGIN in referent.get(path).words
        receipt = referent.post(path)
        assert sophie.get(f"/contracts/{ref}/orders").status == 404
        assert "in progress" in referent.get(receipt.location).words
        worker.run()
        assert iam.groups_of(ref, LOGIN) is None
        page = referent.get(receipt.location)
        assert "in progress" not in page.words
        assert "Console account deleted" in page.words
        assert LOGIN not in referent.get(users).words.replace("Removal", "")
        assert referent.post(path).location == receipt.location  # a second click

    def test_users_6_keys_the_portal_is_not_told_of_are_gone_all_the_same(
        self, app, referent, users, ref, iam, id_of, worker, mailing, faulty
    ):
        add(referent, console=("guest",), users=users)
        worker.run()
        receipt = referent.post(f"{users}/{id_of(LOGIN, ref)}/remove")
        faulty.fail("/credentials/OS-EC2", status=403)
        worker.run()
        assert iam.groups_of(ref, LOGIN) is None
        assert "all, with the account" in referent.get(receipt.location).words

    def test_users_5_more_fewer_and_none(
        self, app, referent, users, ref, iam, access, id_of, outbox, portal_mail_is_sent
    ):
        add(referent, users=users)
        portal_mail_is_sent()
        for console in (("guest",), ("guest", "admin"), ("admin",)):
            change(referent, users, id_of(LOGIN, ref), console)
            assert converge(app, access().id) is None
            assert iam.groups_of(ref, LOGIN) == set(console)
        change(referent, users, id_of(LOGIN, ref))
        converge(app, access().id)
        assert iam.groups_of(ref, LOGIN) is None
        assert outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_4_the_console_mail_waits_for_the_portal_s_own(
        self, app, referent, users, ref, access, outbox, portal_mail_is_sent
    ):
        add(referent, console=("guest",), users=users)
        converge(app, access().id)
        assert outbox("console_access") == []
        portal_mail_is_sent()
        for _ in range(2):
            with app.app_context():
                console_sweeps.wake_consoles()
        assert outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_4_two_sweeps_at_once_write_one_mail(
        self, app, referent, users, ref, access, outbox, portal_mail_is_sent, monkeypatch
    ):
        add(referent, console=("guest",), users=users)
        converge(app, access().id)
        portal_mail_is_sent()
        others: list[threading.Thread] = []

        def sweep():
            with app.app_context():
                console_sweeps.wake_consoles()

        def another_sweep_is_at_it(*args, **kwargs):
            if not others:
                others.append(threading.Thread(target=sweep))
                others[0].start()
                others[0].join(timeout=1)  # on SQLite it waits for us
            return write(*args, **kwargs)

        monkeypatch.setattr("selfcare.services.mail.outbox.write", another_sweep_is_at_it)
        sweep()
        others[0].join()
        assert outbox("console_access") == ["sophie.dupont@example.com"]


class TestDisturbed:
    """The end state equals the wish each time; nobody gets two accounts or two mails."""

    @pytest.fixture
    def sophie(self, referent, users, portal_mail_is_sent, access):
        add(referent, console=("power_user",), users=users)
        portal_mail_is_sent()
        return access().id

    @staticmethod
    def in_the_end(app, ref, iam, access, outbox, sophie):
        with app.app_context():
            long_after = now() + timedelta(hours=5)
            due = claims.overdue(ConsoleAccess, at=long_after)
            db.session.execute(update(ConsoleAccess).values(due_at=now()))
            db.session.commit()
        for access_id in due:  # as if the hours had passed: no clock of the driver's is turned
            converge(app, access_id)
        assert access().state == "done"
        assert iam.groups_of(ref, LOGIN) == {"power_user"}
        assert [user.username for user in iam.overview(ref).users.values()] == [LOGIN]
        assert outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_8_the_job_run_twice(self, app, ref, iam, access, outbox, sophie):
        converge(app, sophie)
        converge(app, sophie)
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    @pytest.mark.parametrize("call", ["GET /v3/groups", "POST /v3/users", "PUT /v3/groups"])
    @pytest.mark.parametrize("after", [False, True])
    def test_users_8_a_500_before_or_after_any_call(
        self, app, ref, iam, access, outbox, sophie, faulty, call, after
    ):
        faulty.fail(call, after=after)
        assert converge(app, sophie)
        found = access()
        assert (found.told, found.problem) == ("failed", "unavailable")
        assert found.due_at is not None
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_down_for_a_while_is_said_and_made_good(
        self, app, ref, iam, access, outbox, sophie, faulty, referent, users, id_of
    ):
        faulty.fail("", times=20, status=503, body="<html>maintenance</html>")
        for _ in range(3):
            converge(app, sophie)
        page = referent.get(f"{users}/{id_of(LOGIN, ref)}")
        assert "The console does not answer at the moment." in page.words
        assert "Next try:" in page.words
        faulty.faults.clear()
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    @pytest.mark.parametrize("call", ["PUT /v3/groups", "POST /v3/users"])
    def test_users_8_what_was_deleted_there_meanwhile_is_looked_at_again(
        self, app, ref, iam, access, outbox, sophie, faulty, call
    ):
        faulty.fail(call, status=404, body="{}")
        assert converge(app, sophie)
        assert access().due_at
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_a_contract_an_operator_has_yet_to_open_is_tried_again(
        self, app, ref, iam, access, outbox, sophie, monkeypatch
    ):
        with monkeypatch.context() as patch:  # as Flexible Engine: domains are not ours to make
            patch.setattr(iam, "prepare_contract", iam._domain_id)
            assert converge(app, sophie)
            assert access().problem == "contract_missing"
            assert access().due_at
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_slow_is_said(self, app, ref, iam, access, outbox, sophie, faulty):
        faulty.fail("POST /v3/users", hang=9, after=True)
        assert converge(app, sophie)
        assert access().problem == "slow"
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_throttled_waits_as_long_as_asked(
        self, app, ref, iam, access, outbox, sophie, faulty
    ):
        faulty.fail("POST /v3/users", status=429, headers={"Retry-After": "600"})
        converge(app, sophie)
        assert access().due_at > now() + timedelta(seconds=500)
        calls = len(faulty.calls)
        converge(app, sophie)  # the queue's own retry comes too early: nothing is asked
        assert len(faulty.calls) == calls
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_a_worker_killed_between_two_calls(
        self, app, ref, iam, access, outbox, sophie, faulty, console
    ):
        settings = app.extensions["settings"]
        environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "IAM_URL": faulty.url,
            "IAM_USERNAME": console.username,
            "IAM_PASSWORD": console.password,
        }
        workers: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            workers[0].kill()

        faulty.fail("PUT /v3/groups", action=kill, drop=True)
        workers.append(
            subprocess.Popen([sys.executable, "-c", WORKER, str(sophie)], env=environment, cwd=ROOT)
        )
        assert workers[0].wait(60) == -signal.SIGKILL
        assert access().state == "running"
        self.in_the_end(app, ref, iam, access, outbox, sophie)

    def test_users_8_a_wish_changed_while_a_worker_is_busy(
        self, app, ref, iam, access, outbox, sophie, faulty, referent, users, id_of
    ):
        membership = id_of(LOGIN, ref)
        faulty.fail(
            "PUT /v3/groups",
            after=True,
            status=204,
            action=lambda: change(referent, users, membership, ("guest", "admin")),
        )
        converge(app, sophie)
        found = access()
        assert (found.state, sorted(found.wanted_groups)) == ("queued", ["admin", "guest"])
        converge(app, sophie)
        assert iam.groups_of(ref, LOGIN) == {"guest", "admin"}
        assert access().state == "done"
        assert outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_8_only_one_worker_at_a_time_is_busy_with_a_person(
        self, app, ref, iam, access, sophie, faulty
    ):
        calls: list[int] = []

        def another_one() -> None:
            before = len(faulty.calls)
            converge(app, sophie)
            calls.append(len(faulty.calls) - before)

        faulty.fail("PUT /v3/groups", after=True, status=204, action=another_one)
        converge(app, sophie)
        assert calls == [0]

    def test_users_8_redis_away_is_left_to_the_sweep(
        self, app, ref, iam, access, outbox, sophie, worker
    ):
        worker.redis.flushdb()
        with time_machine.travel(now() + timedelta(minutes=1), tick=True), app.app_context():
            console_sweeps.wake_consoles()
        worker.run()
        self.in_the_end(app, ref, iam, access, outbox, sophie)


class TestNoConsole:
    def test_users_8_a_portal_without_console_tries_nothing_until_it_has_one(
        self, app, referent, users, stand_in_iam, access, worker
    ):
        add(referent, console=("guest",), users=users)
        app.extensions["iam"] = None
        worker.run()
        assert (access().told, access().problem) == ("failed", "not_configured")
        with time_machine.travel(now() + timedelta(days=1), tick=True), app.app_context():
            console_sweeps.wake_consoles()
            console_sweeps.look_at_consoles()
            assert worker.waiting() == []
            app.extensions["iam"] = stand_in_iam
            console_sweeps.wake_consoles()
            worker.run()
            assert access().state == "done"
