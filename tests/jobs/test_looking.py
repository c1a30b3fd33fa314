"""Looks at contracts' consoles hold nobody up: in rounds, rarer where nothing changes (USERS-8)."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from redis import Redis
from sqlalchemy import select

from demo.console import api
from selfcare.background import claims
from selfcare.database import db
from selfcare.models import ConsoleLook, Contract, WishState, now
from selfcare.services.console import domains, looking, sweeps
from selfcare.services.console.iam import connect
from selfcare.services.console.iam.keystone import survey
from selfcare.services.console.iam.port import Holder
from tests.faulty import Faulty
from tests.jobs.processes import until

LIMIT = 6
CROWD = 3 * LIMIT
GUEST = frozenset({"guest"})


@pytest.fixture
def contract_id(app, cast, ref, stand_in_iam):
    cast.member("paul.dupont", ref=ref, referent=True)
    with app.app_context():
        found = db.session.execute(select(Contract.id).filter_by(ref=ref)).scalar_one()
        domains.prepared(found, ref)
        return found


@pytest.fixture
def crowd(app, contract_id, ref, stand_in_iam, monkeypatch):
    """More people in one role than a list of the console holds."""
    monkeypatch.setattr(api, "LIST_LIMIT", LIMIT)
    with app.app_context():
        for number in range(CROWD):
            stand_in_iam.set_groups(
                ref, Holder(f"{'abcd'[number % 4]}.{number}", "x@example.com"), GUEST
            )
    return ref


@pytest.fixture
def row(app, contract_id):
    def row() -> ConsoleLook:
        with app.app_context():
            found = db.session.get_one(ConsoleLook, contract_id)
            _ = found.rest
            db.session.expunge(found)
            return found

    return row


def held(overview):
    return {found.username: found.groups for found in overview.users.values()}


class TestCutLists:
    def test_users_8_people_a_list_leaves_out_are_asked_for_by_their_names(
        self, app, crowd, stand_in_iam, monkeypatch
    ):
        asked = []
        call = stand_in_iam._call

        def noted(*args, **values):
            asked.append(args)
            return call(*args, **values)

        monkeypatch.setattr(stand_in_iam, "_call", noted)
        with app.app_context():
            seen = stand_in_iam.overview(crowd)
        assert set(held(seen).values()) == {GUEST}
        assert len(seen.users) == CROWD
        assert len(asked) < CROWD

    @pytest.mark.parametrize("understood", ["ignored", "case"])
    def test_users_8_where_names_are_not_understood_each_person_is_asked_for(
        self, app, crowd, stand_in_iam, monkeypatch, understood
    ):
        members = stand_in_iam._members

        def odd(ref, found, group, **query):
            if understood == "ignored":
                return members(ref, found, group)
            return ([], True) if query else members(ref, found, group)

        monkeypatch.setattr(stand_in_iam, "_members", odd)
        with app.app_context():
            seen = stand_in_iam.overview(crowd)
        assert set(held(seen).values()) == {GUEST}

    @pytest.mark.parametrize("at_most", [1, 3, 50])
    def test_users_8_names_are_shared_out_by_how_they_begin(self, at_most):
        names = ["a", "ab", "abc", "b.1", "b.2", "b.22", "Été", "same"]
        found = survey.beginnings(names, at_most=at_most)
        for name in names:
            assert [one for one in found if name.startswith(one)], name
        for one in found:
            own = [name for name in names if name.startswith(one)]
            assert len(own) <= at_most or one in own

    def test_users_8_a_look_in_rounds_sees_what_one_at_once_sees(self, app, crowd, stand_in_iam):
        with app.app_context():
            whole = stand_in_iam.overview(crowd)
            part, rounds = stand_in_iam.overview(crowd, within=0), 1
            while part.rest is not None:
                assert part.rest["steps"]
                part = stand_in_iam.overview(crowd, rest=part.rest, within=0.0001)
                rounds += 1
        assert rounds > 1
        assert held(part) == held(whole)


class TestRounds:
    def test_users_8_what_was_read_is_kept_and_the_rest_read_later(
        self, app, crowd, row, worker, monkeypatch
    ):
        monkeypatch.setattr(looking, "ROUND", 0.0)
        with app.app_context():
            looking.look(row().contract_id)
        kept = row()
        assert (kept.state, bool(kept.rest), bool(kept.began_at)) == ("queued", True, True)
        monkeypatch.undo()
        monkeypatch.setattr(api, "LIST_LIMIT", LIMIT)
        worker.run()
        done = row()
        assert (done.rest, done.began_at) == (None, None)
        assert done.due_at > now() + timedelta(minutes=10)

    def test_users_8_a_worker_that_died_looking_is_followed_by_another(
        self, app, contract_id, row, worker
    ):
        with app.app_context():
            assert claims.claim(ConsoleLook, contract_id)  # and then it dies
            looking.look_on()
        assert row().state == WishState.RUNNING
        with time_machine.travel(now() + ConsoleLook.LEASE + timedelta(seconds=2), tick=True):
            with app.app_context():
                sweeps.look_at_consoles()
            worker.run()
            assert row().state == WishState.QUEUED
            assert row().due_at > now()

    def test_users_8_where_nothing_changes_it_is_looked_at_more_rarely(
        self, app, ref, contract_id, row, stand_in_iam
    ):
        pauses = []
        with time_machine.travel(now(), tick=False) as clock:
            for turn in range(6):
                if turn == 5:
                    with app.app_context():
                        stand_in_iam.set_groups(ref, Holder("new.there", "x@example.com"), GUEST)
                with app.app_context():
                    looking.look_on()
                pauses.append((row().due_at - now()) / timedelta(minutes=1))
                clock.shift(timedelta(minutes=pauses[-1]))
        assert pauses == [15, 30, 60, 60, 60, 15]

    def test_users_8_an_outage_is_looked_past(self, app, contract_id, row, stand_in):
        app.extensions["iam"] = connect(settings_for(app, "http://127.0.0.1:9/v3", stand_in))
        with app.app_context():
            looking.look_on()
        assert row().state == WishState.QUEUED
        assert row().due_at > now()

    @pytest.mark.slow
    def test_safe_a_worker_told_to_stop_does_not_wait_for_a_look(
        self, app, contract_id, row, stand_in, start
    ):
        with Faulty(stand_in.url) as silent, app.app_context():
            silent.fail("/v3/", hang=60, times=50)
            looking.look_on.enqueue()
            process = start(
                "worker",
                IAM_URL=silent.url,
                IAM_USERNAME=stand_in.username,
                IAM_PASSWORD=stand_in.password,
                IAM_TIMEOUT="60",
            )
            until(lambda: silent.calls)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert time.monotonic() - began < 10
        assert row().state == WishState.RUNNING, "until its claim ends: then it is looked at anew"


def test_safe_one_token_serves_several_jobs_and_is_legible_nowhere(app, ref, stand_in, settings):
    with Faulty(stand_in.url) as proxy, app.app_context():
        drivers = [connect(settings_for(app, proxy.url, stand_in)) for _ in range(3)]
        for driver in drivers:  # one for each job's process
            driver.prepare_contract(ref)
        assert len([call for call in proxy.calls if "/auth/tokens" in call]) == 1
        with Redis.from_url(settings.redis_url) as client:
            [name] = client.keys("*iam-token*")
            kept = client.get(name)
        assert str(drivers[0]._adapter(None).get_token()).encode() not in kept


def test_safe_a_kept_token_that_ended_is_replaced(app, ref, stand_in):
    with app.app_context():
        connect(settings_for(app, stand_in.url, stand_in)).prepare_contract(ref)
        with Faulty(stand_in.url) as proxy:
            other = connect(settings_for(app, stand_in.url, stand_in))
            other.url = proxy.url
            proxy.fail("GET /v3/domains", status=401, times=1)
            other.prepare_contract(ref)
            assert len(other.overview(ref).groups) == 3


def settings_for(app, url, console):
    return replace(
        app.extensions["settings"],
        iam_url=url,
        iam_username=console.username,
        iam_password=console.password,
    )
