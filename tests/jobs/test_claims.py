"""Who may take a wish, and when: a claim ends by itself, and no clock that jumped holds one up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from selfcare.background import claims
from selfcare.background.jobs import DELAYS
from selfcare.database import db
from selfcare.models import Mail, WishState, now

MINUTE = timedelta(minutes=1)


@pytest.fixture
def wish(app):
    with app.app_context():
        row = Mail(name="x", recipient="x@example.com", locale="fr", message_id="x")
        db.session.add(row)
        db.session.commit()
        yield row


@pytest.mark.parametrize(
    ("state", "ahead", "taken"),
    [
        (WishState.QUEUED, -MINUTE, True),
        (WishState.QUEUED, MINUTE, False),
        (WishState.QUEUED, claims.LONGEST, False),
        (WishState.QUEUED, timedelta(days=2), True),
        (WishState.RUNNING, -MINUTE, True),
        (WishState.RUNNING, MINUTE, False),
        (WishState.RUNNING, Mail.LEASE, False),
        (WishState.RUNNING, Mail.LEASE + 2 * MINUTE, True),
        (WishState.RUNNING, timedelta(days=400), True),
        (WishState.DONE, -MINUTE, False),
        (WishState.FAILED, -MINUTE, False),
    ],
)
def test_safe_a_wish_is_taken_when_it_is_due_and_nobody_can_have_it(wish, state, ahead, taken):
    wish.state, wish.due_at = state, now() + ahead
    db.session.commit()
    assert list(claims.overdue(Mail)) == ([wish.id] if taken else [])
    claimed = claims.claim(Mail, wish.id)
    assert bool(claimed) == taken
    if claimed:
        assert claimed.state == WishState.RUNNING
        assert claims.claim(Mail, wish.id) is None, "somebody has it"


def test_safe_a_wish_that_waits_for_somebody_is_due_at_no_time(wish):
    wish.due_at = None
    db.session.commit()
    assert claims.overdue(Mail) == []
    assert claims.claim(Mail, wish.id) is None


def test_safe_a_claim_that_ended_is_not_held_by_who_had_it(wish):
    first = claims.claim(Mail, wish.id)
    assert first
    until = first.due_at
    assert claims.held(Mail, wish.id, until)
    first.due_at = now() - MINUTE  # the worker was too slow
    db.session.commit()
    assert claims.claim(Mail, wish.id)
    assert claims.held(Mail, wish.id, until) is None


def test_safe_tries_wait_longer_and_longer_and_end(wish):
    for delay in DELAYS:
        claims.postpone(wish, "no answer")
        assert wish.due_at
        assert abs(wish.due_at - now() - timedelta(seconds=delay)) < MINUTE / 12
    claims.postpone(wish, "no answer")
    assert (wish.state, wish.due_at, wish.problem) == (WishState.FAILED, None, "no answer")
    claims.want(wish)
    assert (wish.state, wish.attempts, wish.problem) == (WishState.QUEUED, 0, None)


def test_safe_whoever_asks_to_be_left_alone_is_but_not_for_days(wish):
    for _ in range(2 * len(DELAYS)):
        claims.postpone(wish, "busy", for_ever=True, at_least=timedelta(days=3))
        assert wish.state == WishState.QUEUED
        assert wish.due_at
        assert wish.due_at <= now() + claims.LONGEST
