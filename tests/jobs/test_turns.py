"""Who is served first: where somebody waits, then everybody in turns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from selfcare.background import jobs
from selfcare.background.worker import TURN, TurnTakingWorker
from selfcare.config import ROOT
from selfcare.database import db
from selfcare.models import ConsoleAccess, Contract, LinkPurpose
from selfcare.services.console import access as console_access
from selfcare.services.console import converging
from selfcare.services.console import domains as console_domains
from selfcare.services.console import iam as port
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.mail import links
from selfcare.services.mail import outbox as mail_outbox
from selfcare.services.mail.kinds import access, account
from selfcare.services.users import joining
from selfcare.services.users.new_member import NewMember
from selfcare.services.users.roles import CONSOLE_ONLY_PROFILES, Roles
from tests.cast import account_of
from tests.wizard import SOPHIE

PEOPLE = 12


class TestTurns:
    @pytest.fixture
    def taken(self, app):
        """Takes waiting jobs as the worker would; each job lasts as long as its queue says."""
        connection = jobs.connect(app.extensions["settings"].redis_url)
        with app.app_context():
            queues = [jobs.queue(name, connection) for name in jobs.QUEUES]
        worker = TurnTakingWorker(queues, connection=connection)
        present = 0.0
        worker.clock = lambda: present

        def take(lasting: dict[str, float], *, arrivals: dict[int, str] | None = None):
            nonlocal present
            order: list[str] = []
            while True:
                if name := (arrivals or {}).get(len(order)):
                    with app.app_context():
                        jobs.queue(name, connection).enqueue("builtins.int")
                found = worker.dequeue_job_and_maintain_ttl(None)
                if found is None:
                    return order
                order.append(name_of := jobs.kind_of(found[1]))
                present += lasting[name_of]

        yield take
        connection.close()

    @staticmethod
    def fill(app, **counts):
        connection = jobs.connect(app.extensions["settings"].redis_url)
        with app.app_context():
            for name, count in counts.items():
                for _ in range(count):
                    jobs.queue(name, connection).enqueue("builtins.int")
        connection.close()

    def test_users_8_consoles_do_not_wait_for_all_mails_of_an_import(self, app, taken):
        self.fill(app, mail=200, iam=3)
        order = taken({"mail": 0.1, "iam": 20.0})
        assert order.index("iam") <= TURN / 0.1 + 2
        assert Counter(order) == {"mail": 200, "iam": 3}

    def test_mail_does_not_wait_for_all_consoles_of_an_import(self, app, taken):
        self.fill(app, mail=100, iam=50)
        order = taken({"mail": 0.1, "iam": 20.0})
        written = "".join(name[0] for name in order).rstrip("i")  # "mmmiimmm…"
        assert max(map(len, written.split("m"))) <= 2

    def test_design_where_somebody_waits_comes_first_whatever_was_served(self, app, taken):
        self.fill(app, mail=100, iam=2)
        order = taken({"mail": 1.0, "iam": 20.0, "interactive": 0.1}, arrivals={30: "interactive"})
        assert order[30] == "interactive"

    def test_users_8_looks_come_last_whatever_was_served(self, app, taken):
        self.fill(app, looks=5, mail=100, iam=2)
        order = taken({"mail": 1.0, "iam": 20.0, "looks": 10.0}, arrivals={103: "mail"})
        assert order.index("looks") == 102
        assert order[103] == "mail"

    def test_design_the_worker_command_takes_turns(self, app, monkeypatch):
        started = []
        monkeypatch.setattr(TurnTakingWorker, "work", lambda self, **_: started.append(self))
        app.test_cli_runner().invoke(args=["worker", "--burst"], catch_exceptions=False)
        assert [jobs.kind_of(queue) for queue in started[0].queues] == list(jobs.QUEUES)

    def test_fast_the_worker_loads_the_console_s_driver_once_not_in_each_job(
        self, app, monkeypatch
    ):
        monkeypatch.setattr(TurnTakingWorker, "work", lambda *_, **__: None)
        monkeypatch.setitem(app.extensions, "iam", port.LATER)
        app.test_cli_runner().invoke(args=["worker", "--burst"], catch_exceptions=False)
        assert isinstance(app.extensions["iam"], Keystone)


@pytest.mark.parametrize("name", ["set_password", "forgotten_login", "email_change"])
def test_mail_just_asked_for_leaves_before_an_import_s(app, cast, worker, name):
    cast.member("paul.dupont", referent=True)
    with app.app_context():
        paul = account_of("paul.dupont")
        contract = db.session.execute(select(Contract)).scalar_one()
        for _ in range(3):
            access.portal_access(paul, contract=contract)
        db.session.commit()
        link = links.create(paul, LinkPurpose.CONFIRM_EMAIL, email="new@example.com")
        ask = {
            "set_password": lambda: account.set_password(paul, link=link),
            "forgotten_login": lambda: account.forgotten_login(paul),
            "email_change": lambda: account.email_change(paul, link=link, to="new@example.com"),
        }
        asked = ask[name]()
        db.session.commit()
        first, other = worker.waiting()
        assert first.args == (asked.id,)
        assert other.func_name == mail_outbox.deliver_waiting.path, "one for all of them"


class TestManyAtOnce:
    """An import's worth of new console users, on the stand-in and on a real Keystone."""

    @pytest.fixture
    def contract_id(self, app, cast, ref, iam):
        cast.member("paul.dupont", ref=ref, referent=True)
        with app.app_context():
            paul = account_of("paul.dupont")
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            for number in range(PEOPLE):
                person = NewMember(
                    **{
                        **SOPHIE,
                        "login": f"person.{number:04}",
                        "email": f"person{number}@example.com",
                    }
                )
                joining.add(
                    contract,
                    person,
                    Roles(CONSOLE_ONLY_PROFILES, ("guest",)),
                    by=paul,
                    wake=False,
                )
            db.session.commit()
            return contract.id

    def test_users_9_costs_two_calls_a_person(
        self, app, contract_id, faulty, iam, ref, monkeypatch
    ):
        monkeypatch.setattr(converging, "ROUND", timedelta(hours=1))  # all in one, however slow
        with app.app_context():
            console_domains.prepared(contract_id, ref)
            faulty.calls.clear()
            converging.converge_waiting(contract_id)
        kinds = Counter(" ".join(re.findall(r"^\w+|/v3/\w+", call)) for call in faulty.calls)
        theirs = {"POST /v3/users": PEOPLE, "PUT /v3/groups": PEOPLE}
        assert theirs.items() <= kinds.items()
        assert kinds.total() - 2 * PEOPLE <= 4  # token, domain, and what it holds, once

    def test_users_9_two_workers_share_a_contract_and_double_nothing(
        self, app, contract_id, faulty, iam, ref, console, worker
    ):
        with app.app_context():
            for _ in range(2):  # one for each worker, though one would stand for both
                jobs.queue("iam").enqueue(converging.converge_waiting.path, contract_id)
        settings = app.extensions["settings"]
        environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "SECRET_KEY": settings.secret_key,
            "PORTAL_URL": settings.portal_url,
            "IAM_URL": faulty.url,
            "IAM_USERNAME": console.username,
            "IAM_PASSWORD": console.password,
        }
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "flask", "worker", "--burst"], cwd=ROOT, env=environment
            )
            for _ in range(2)
        ]
        assert [process.wait(120) for process in workers] == [0, 0]
        with app.app_context():
            states = db.session.execute(
                select(ConsoleAccess.state, func.count()).group_by(ConsoleAccess.state)
            ).all()
        assert [tuple(row) for row in states] == [("done", PEOPLE)]
        made = [call for call in faulty.calls if call == "POST /v3/users"]
        assert len(made) == PEOPLE
        assert len(iam.overview(ref).users) == PEOPLE

    def test_users_9_an_iam_that_is_away_costs_one_call_and_nobody_else_a_try(
        self, app, contract_id, faulty, iam, ref
    ):
        faulty.fail("POST /v3/users", times=100, status=503)
        with app.app_context():
            console_domains.prepared(contract_id, ref)
            with pytest.raises(IamProblem):
                converging.converge_waiting(contract_id)
            tried = db.session.execute(
                select(ConsoleAccess.state, ConsoleAccess.attempts, func.count())
                .group_by(ConsoleAccess.state, ConsoleAccess.attempts)
                .order_by(ConsoleAccess.attempts)
            ).all()
        assert [tuple(row) for row in tried] == [("queued", 0, PEOPLE - 1), ("queued", 1, 1)]
        assert faulty.calls.count("POST /v3/users") == 1

    def test_users_9_a_wish_that_changes_among_many_goes_again_and_the_others_do_not(
        self, app, contract_id, faulty, iam, ref, worker
    ):
        def change() -> None:
            with app.app_context():
                contract = db.session.get_one(Contract, contract_id)
                console_access.want(contract, account_of("person.0003"), ["admin", "guest"])
                db.session.commit()

        faulty.fail("PUT /v3/groups", action=change, after=True, status=204, body="")
        with app.app_context():
            converging.converge_waiting(contract_id)
        worker.run()
        found = {one.username: set(one.groups) for one in iam.overview(ref).users.values()}
        assert found.pop("person.0003") == {"admin", "guest"}
        assert list(found.values()) == [{"guest"}] * (PEOPLE - 1)
        with app.app_context():
            states = db.session.execute(select(ConsoleAccess.state)).scalars().all()
        assert states == ["done"] * PEOPLE
        assert faulty.calls.count("POST /v3/users") == PEOPLE

    def test_safe_a_turn_that_is_over_leaves_the_others_as_they_were(
        self, app, contract_id, faulty, iam, ref, worker, monkeypatch
    ):
        """Whoever stops a worker waits for one person, not for fifty, however slow the IAM is."""
        with app.app_context(), monkeypatch.context() as patched:
            patched.setattr(converging, "ROUND", timedelta())
            converging.converge_waiting(contract_id)
            states = db.session.execute(
                select(ConsoleAccess.state, ConsoleAccess.attempts, func.count())
                .group_by(ConsoleAccess.state, ConsoleAccess.attempts)
                .order_by(ConsoleAccess.state)
            ).all()
        assert [tuple(row) for row in states] == [("done", 0, 1), ("queued", 0, PEOPLE - 1)]
        assert faulty.calls.count("POST /v3/users") == 1
        worker.run()
        assert len(iam.overview(ref).users) == PEOPLE
