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
from selfcare.services.mail.outbox import write_many
from tests.jobs.converging import LOGIN
from tests.plugin_console import peers

WORKER = """
import sys
from app import app
from selfcare.services.console.converging import converge
with app.app_context():
    converge(int(sys.argv[1]))
"""


@pytest.mark.parametrize("console", peers(), indirect=True)  # Keystone with either database
class TestTheWholeWay:
    def test_users_4_power_user_gets_an_account_and_two_mails_in_order(
        self, world, mailing, worker
    ):
        world.add(console=("power_user",))
        page = world.referent.get(world.users)
        assert "being prepared" in page.words
        assert page.all("#refresh[data-hx-get]")
        worker.run()
        assert world.access().state == "done"
        assert world.groups() == {"power_user"}
        page = world.referent.get(world.users)
        assert not page.all("#refresh")
        mails = [received.message for received in mailing.messages]
        assert [str(mail["Subject"]) for mail in mails] == [
            f"Votre accès au contrat {world.ref}",
            f"Votre accès à la console technique du contrat {world.ref}",
        ]
        console_mail = mails[1].get_body(("plain",)).get_content()
        assert LOGIN in console_mail
        assert world.ref in console_mail

    def test_users_6_removal_shuts_both_doors_and_says_when(
        self, world, browse_as, worker, mailing
    ):
        world.add(console=("power_user",), orders="visitor")
        worker.run()
        sophie = browse_as(LOGIN)
        assert sophie.get(f"/contracts/{world.ref}/orders").status == 200
        path = f"{world.users}/{world.member_id()}/remove"
        assert LOGIN in world.referent.get(path).words
        receipt = world.referent.post(path)
        assert sophie.get(f"/contracts/{world.ref}/orders").status == 404
        assert "in progress" in world.referent.get(receipt.location).words
        worker.run()
        assert world.groups() is None
        page = world.referent.get(receipt.location)
        assert "in progress" not in page.words
        assert "Console account deleted" in page.words
        assert LOGIN not in world.referent.get(world.users).words.replace("Removal", "")
        assert world.referent.post(path).location == receipt.location  # a second click

    def test_users_6_keys_the_portal_is_not_told_of_are_gone_all_the_same(
        self, world, worker, mailing
    ):
        world.add(console=("guest",))
        worker.run()
        receipt = world.referent.post(f"{world.users}/{world.member_id()}/remove")
        world.faulty.fail("/credentials/OS-EC2", status=403)
        worker.run()
        assert world.groups() is None
        words = world.referent.get(receipt.location).words
        assert "(those made through the portal; any others ended with the account)" in words

    def test_users_5_more_fewer_and_none(self, world):
        world.add()
        world.portal_mail_is_sent()
        for console in (("guest",), ("guest", "admin"), ("admin",)):
            world.change(console)
            assert world.converge() is None
            assert world.groups() == set(console)
        world.change()
        world.converge()
        assert world.groups() is None
        assert world.outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_4_the_console_mail_waits_for_the_portal_s_own(self, world):
        world.add(console=("guest",))
        world.converge()
        assert world.outbox("console_access") == []
        world.portal_mail_is_sent()
        for _ in range(2):
            with world.app.app_context():
                console_sweeps.wake_consoles()
        assert world.outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_4_two_sweeps_at_once_write_one_mail(self, world, monkeypatch):
        world.add(console=("guest",))
        world.converge()
        world.portal_mail_is_sent()
        others: list[threading.Thread] = []

        def sweep():
            with world.app.app_context():
                console_sweeps.wake_consoles()

        def another_sweep_is_at_it(*args, **kwargs):
            if not others:
                others.append(threading.Thread(target=sweep))
                others[0].start()
                others[0].join(timeout=1)  # on SQLite it waits for us
            return write_many(*args, **kwargs)

        monkeypatch.setattr("selfcare.services.mail.outbox.write_many", another_sweep_is_at_it)
        sweep()
        others[0].join()
        assert world.outbox("console_access") == ["sophie.dupont@example.com"]


class TestDisturbed:
    """The end state equals the wish each time; nobody gets two accounts or two mails."""

    @pytest.fixture
    def sophie(self, world):
        world.add(console=("power_user",))
        world.portal_mail_is_sent()
        return world.access().id

    @staticmethod
    def in_the_end(world, sophie):
        with world.app.app_context():
            long_after = now() + timedelta(hours=5)
            due = claims.overdue(ConsoleAccess, at=long_after)
            db.session.execute(update(ConsoleAccess).values(due_at=now()))
            db.session.commit()
        for access_id in due:  # as if the hours had passed: no clock of the driver's is turned
            world.converge(access_id)
        assert world.access().state == "done"
        assert world.groups() == {"power_user"}
        assert [user.username for user in world.iam.overview(world.ref).users.values()] == [LOGIN]
        assert world.outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_8_the_job_run_twice(self, world, sophie):
        world.converge(sophie)
        world.converge(sophie)
        self.in_the_end(world, sophie)

    @pytest.mark.parametrize("call", ["GET /v3/groups", "POST /v3/users", "PUT /v3/groups"])
    @pytest.mark.parametrize("after", [False, True])
    def test_users_8_a_500_before_or_after_any_call(self, world, sophie, call, after):
        world.faulty.fail(call, after=after)
        assert world.converge(sophie)
        found = world.access()
        assert (found.told, found.problem) == ("failed", "unavailable")
        assert found.due_at is not None
        self.in_the_end(world, sophie)

    def test_users_8_down_for_a_while_is_said_and_made_good(self, world, sophie):
        world.faulty.fail("", times=20, status=503, body="<html>maintenance</html>")
        for _ in range(3):
            world.converge(sophie)
        page = world.referent.get(f"{world.users}/{world.member_id()}")
        assert "The console does not answer at the moment." in page.words
        assert "Next try:" in page.words
        world.faulty.faults.clear()
        self.in_the_end(world, sophie)

    @pytest.mark.parametrize("call", ["PUT /v3/groups", "POST /v3/users"])
    def test_users_8_what_was_deleted_there_meanwhile_is_looked_at_again(self, world, sophie, call):
        world.faulty.fail(call, status=404, body="{}")
        assert world.converge(sophie)
        assert world.access().due_at
        self.in_the_end(world, sophie)

    def test_users_8_a_contract_an_operator_has_yet_to_open_is_tried_again(
        self, world, sophie, monkeypatch
    ):
        with monkeypatch.context() as patch:  # as Flexible Engine: domains are not ours to make
            patch.setattr(world.iam, "prepare_contract", world.iam._domain_id)
            assert world.converge(sophie)
            assert world.access().problem == "contract_missing"
            assert world.access().due_at
        self.in_the_end(world, sophie)

    def test_users_8_slow_is_said(self, world, sophie, impatient):
        world.faulty.fail("POST /v3/users", hang=4, after=True)
        assert world.converge(sophie)
        assert world.access().problem == "slow"
        self.in_the_end(world, sophie)

    def test_users_8_throttled_waits_as_long_as_asked(self, world, sophie):
        world.faulty.fail("POST /v3/users", status=429, headers={"Retry-After": "600"})
        world.converge(sophie)
        assert world.access().due_at > now() + timedelta(seconds=500)
        calls = len(world.faulty.calls)
        world.converge(sophie)  # the queue's own retry comes too early: nothing is asked
        assert len(world.faulty.calls) == calls
        self.in_the_end(world, sophie)

    def test_users_8_a_worker_killed_between_two_calls(self, world, sophie, console):
        settings = world.app.extensions["settings"]
        environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "IAM_URL": world.faulty.url,
            "IAM_USERNAME": console.username,
            "IAM_PASSWORD": console.password,
        }
        workers: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            workers[0].kill()

        world.faulty.fail("PUT /v3/groups", action=kill, drop=True)
        workers.append(
            subprocess.Popen([sys.executable, "-c", WORKER, str(sophie)], env=environment, cwd=ROOT)
        )
        assert workers[0].wait(60) == -signal.SIGKILL
        assert world.access().state == "running"
        self.in_the_end(world, sophie)

    def test_users_8_a_wish_changed_while_a_worker_is_busy(self, world, sophie):
        membership = world.member_id()
        world.faulty.fail(
            "PUT /v3/groups",
            after=True,
            status=204,
            action=lambda: world.change(("guest", "admin"), membership_id=membership),
        )
        world.converge(sophie)
        found = world.access()
        assert (found.state, sorted(found.wanted_groups)) == ("queued", ["admin", "guest"])
        world.converge(sophie)
        assert world.groups() == {"guest", "admin"}
        assert world.access().state == "done"
        assert world.outbox("console_access") == ["sophie.dupont@example.com"]

    def test_users_8_only_one_worker_at_a_time_is_busy_with_a_person(self, world, sophie):
        calls: list[int] = []

        def another_one() -> None:
            before = len(world.faulty.calls)
            world.converge(sophie)
            calls.append(len(world.faulty.calls) - before)

        world.faulty.fail("PUT /v3/groups", after=True, status=204, action=another_one)
        world.converge(sophie)
        assert calls == [0]

    def test_users_8_redis_away_is_left_to_the_sweep(self, world, sophie, worker):
        worker.redis.flushdb()
        with time_machine.travel(now() + timedelta(minutes=1), tick=True), world.app.app_context():
            console_sweeps.wake_consoles()
        worker.run()
        self.in_the_end(world, sophie)


class TestNoConsole:
    def test_users_8_a_portal_without_console_tries_nothing_until_it_has_one(
        self, world, stand_in_iam, worker
    ):
        world.add(console=("guest",))
        world.app.extensions["iam"] = None
        worker.run()
        assert (world.access().told, world.access().problem) == ("failed", "not_configured")
        with time_machine.travel(now() + timedelta(days=1), tick=True), world.app.app_context():
            console_sweeps.wake_consoles()
            console_sweeps.look_at_consoles()
            assert worker.waiting() == []
            world.app.extensions["iam"] = stand_in_iam
            console_sweeps.wake_consoles()
            worker.run()
            assert world.access().state == "done"
