"""A wish is a row, a job its wake-up: enqueued once the row is there, never for nothing."""

from __future__ import annotations

import pytest

from selfcare.background import jobs
from selfcare.background.jobs import QUEUES, job
from selfcare.database import db
from selfcare.services import schedule
from tests.cast import account_of

ran: list[int] = []


@job(queue="mail")
def remember(number: int) -> None:
    ran.append(number)


@pytest.fixture
def wishes(app, worker):
    """Numbers of the wake-ups in the queue."""
    ran.clear()

    def numbers() -> list[int]:
        return [waiting.args[0] for waiting in worker.waiting()]

    with app.app_context():
        db.session.connection()
        yield numbers


def test_design_a_wakeup_leaves_after_the_commit(wishes):
    remember.after_commit(1)
    assert wishes() == []
    db.session.commit()
    assert wishes() == [1]


def test_design_a_rolled_back_change_wakes_nobody(wishes):
    remember.after_commit(1)
    db.session.rollback()
    db.session.connection()
    db.session.commit()
    assert wishes() == []


def test_design_the_next_transaction_does_not_wake_again(wishes):
    remember.after_commit(1)
    db.session.commit()
    db.session.connection()
    db.session.commit()
    assert wishes() == [1]


def test_design_the_same_wish_twice_is_one(wishes):
    remember.after_commit(1)
    remember.after_commit(1)
    remember.after_commit(2)
    db.session.commit()
    assert wishes() == [1, 2]


def test_design_a_wish_left_in_a_closed_session_is_forgotten(app, wishes):
    remember.after_commit(1)
    db.session.rollback()
    with app.app_context():
        db.session.connection()
        remember.after_commit(2)  # its context ends without a commit
    with app.app_context():
        db.session.connection()
        db.session.commit()
    assert wishes() == []


class TestSavepoints:
    def test_design_a_savepoint_s_release_is_no_commit(self, wishes):
        with db.session.begin_nested():
            remember.after_commit(1)
        assert wishes() == []
        db.session.commit()
        assert wishes() == [1]

    def test_design_a_savepoint_s_rollback_takes_back_its_own_wishes_only(self, wishes):
        remember.after_commit(1)
        savepoint = db.session.begin_nested()
        remember.after_commit(2)
        savepoint.rollback()
        remember.after_commit(3)
        db.session.commit()
        assert wishes() == [1, 3]

    def test_design_savepoints_in_savepoints(self, wishes):
        outer = db.session.begin_nested()
        remember.after_commit(1)
        inner = db.session.begin_nested()
        remember.after_commit(2)
        inner.commit()
        remember.after_commit(3)
        outer.rollback()
        remember.after_commit(4)
        db.session.commit()
        assert wishes() == [4]

    def test_design_rolling_everything_back_takes_savepoints_along(self, wishes):
        remember.after_commit(1)
        db.session.begin_nested()
        remember.after_commit(2)
        db.session.rollback()
        db.session.connection()
        db.session.commit()
        assert wishes() == []


class TestSweeping:
    """What a sweep finds is woken once, however slow the queue."""

    def test_design_what_is_lost_is_woken(self, wishes):
        remember.wake([1, 2, 3])
        assert wishes() == []
        db.session.commit()
        assert wishes() == [1, 2, 3]

    def test_design_a_long_queue_is_not_put_into_itself_again(self, wishes, monkeypatch):
        monkeypatch.setattr(jobs, "SHORT", 2)
        for _ in range(3):
            remember.wake([1, 2, 3, 4])
            db.session.commit()
            db.session.connection()
        assert wishes() == [1, 2, 3, 4]
        remember.wake([5, 1, 2, 3, 4])
        db.session.commit()
        assert wishes() == [1, 2, 3, 4, 5]

    def test_safe_a_sweep_saves_what_it_did_though_redis_is_away(self, another_app, cast):
        cast.account("paul.dupont")
        portal = another_app(redis_url="unix:///nowhere/redis.sock")
        with portal.app_context():
            account_of("paul.dupont").phone = "+33 1 99 00 12 34"
            remember.wake([1])
            db.session.commit()
        with portal.app_context():
            assert account_of("paul.dupont").phone == "+33 1 99 00 12 34"


def test_design_where_somebody_waits_for_just_this_one_it_goes_first(wishes):
    for number in (1, 2):
        remember.after_commit(number)
    remember.after_commit(3, first=True)
    db.session.commit()
    assert wishes() == [3, 1, 2]


def test_safe_sweeps_add_nothing_to_a_queue_that_is_full(wishes, monkeypatch):
    monkeypatch.setattr(jobs, "CROWDED", 3)
    for few in ([1, 2], [3]):
        remember.wake(few)
        db.session.commit()
    assert wishes() == [1, 2, 3], "two waiting are not a crowd yet"
    remember.wake([4])
    db.session.commit()
    assert wishes() == [1, 2, 3]


class TestRunning:
    def test_design_a_job_runs_in_a_transaction_of_its_own(self, app, cast, worker):
        """Its context ends with a commit, so `wake_wishes` can enqueue in turn."""
        with app.app_context():
            schedule.wake_wishes.enqueue()
        worker.run()
        assert worker.waiting() == []

    def test_design_an_unknown_queue_is_refused(self):
        with pytest.raises(ValueError, match="unknown queue"):
            job(queue="nowhere")

    def test_design_everything_cron_wakes_goes_to_a_queue_workers_serve(self):
        for one in schedule.SCHEDULE:
            assert one.queue in QUEUES
            assert one.path.startswith("selfcare.")

    def test_safe_redis_away_at_commit_costs_nothing_but_time(self, another_app, capfd):
        portal = another_app(redis_url="unix:///nowhere/redis.sock")
        with portal.app_context():
            db.session.connection()
            for number in (1, 2, 3):
                remember.after_commit(number)
            db.session.commit()  # no error, the sweep will find the rows
        said = capfd.readouterr().err  # asked once: somebody waits for the page
        assert (said.count("job_left_to_the_sweep"), '"left": 3' in said) == (1, True)

    def test_design_retries_wait_longer_and_longer(self):
        assert list(jobs.DELAYS) == sorted(set(jobs.DELAYS))
