"""Who may take a wish, and when: a claim ends by itself, and no clock that jumped holds one up."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import inspect, select

from selfcare.background import claims
from selfcare.background.jobs import DELAYS, Job, Overtaken, job
from selfcare.database import db
from selfcare.models import (
    ApiLogin,
    ApiPassword,
    Base,
    ConsoleAccess,
    ConsoleLook,
    ContractConsole,
    CredentialWish,
    Mail,
    OidcLogout,
    PreInvoice,
    UnknownAccount,
    UserImport,
    Wish,
    WishState,
    now,
)
from selfcare.models.console import ConsoleWish
from selfcare.services.console import converging, domains, looking, unknown
from selfcare.services.console.credentials import logins, making, passwords
from selfcare.services.console.sweeps import look_at_consoles, wake_consoles
from selfcare.services.mail import outbox
from selfcare.services.oidc import backchannel
from selfcare.services.pre_invoices import making as pre_invoices
from selfcare.services.schedule import SCHEDULE, wake_wishes
from selfcare.services.users import adding
from tests.jobs.processes import until
from tests.services.test_retention import Maker

MINUTE = timedelta(minutes=1)
ALL = sorted(
    (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Wish)),
    key=lambda kind: kind.__name__,
)
WOKEN_BY: dict[type[Wish], Job] = {
    ApiLogin: logins.look,
    ApiPassword: passwords.carry_out,
    ConsoleAccess: converging.converge_waiting,
    ConsoleLook: looking.look_on,
    ContractConsole: domains.prepare,
    CredentialWish: making.carry_out,
    Mail: outbox.deliver_waiting,
    OidcLogout: backchannel.tell,
    PreInvoice: pre_invoices.make_pdf,
    UnknownAccount: unknown.end,
    UserImport: adding.run,
}
"""The job that carries out a wish whose first wake-up was lost."""


def sweep_of(kind: type[Wish]) -> Job:
    if kind is ConsoleLook:
        return look_at_consoles
    return wake_consoles if issubclass(kind, ConsoleWish) else wake_wishes


def key_of(row):
    return inspect(row).identity[0]


def db_delete(row):
    db.session.delete(row)


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
        assert claimed.seen().state == WishState.RUNNING
        assert claims.claim(Mail, wish.id) is None, "somebody has it"


def test_safe_a_wish_that_waits_for_somebody_is_due_at_no_time(wish):
    wish.due_at = None
    db.session.commit()
    assert claims.overdue(Mail) == []
    assert claims.claim(Mail, wish.id) is None


def test_safe_a_claim_that_ended_is_not_held_by_who_had_it(wish):
    first = claims.claim(Mail, wish.id)
    assert first
    first.held().due_at = now() - MINUTE  # the worker was too slow
    db.session.commit()
    second = claims.claim(Mail, wish.id)
    assert second
    with pytest.raises(Overtaken):
        first.held()
    second.held()


@pytest.mark.parametrize("change", [claims.want, claims.settle, db_delete])
def test_safe_what_was_wished_anew_or_is_gone_is_not_settled_by_who_had_it(wish, change):
    mine = claims.claim(Mail, wish.id)
    assert mine
    change(wish)
    db.session.commit()
    with pytest.raises(Overtaken):
        mine.held()


def test_safe_a_worker_that_lives_keeps_its_claim_and_one_that_died_loses_it(wish, monkeypatch):
    monkeypatch.setattr(claims, "BEAT", 0.01)
    monkeypatch.setattr(Mail, "LEASE", timedelta(seconds=30))
    mine = claims.claim(Mail, wish.id)
    assert mine
    db.session.commit()
    first = end_of(wish)
    with mine:
        until(lambda: end_of(wish) > first)
        assert claims.claim(Mail, wish.id) is None
        row = mine.held()
        claims.settle(row)
        db.session.commit()
    assert end_of(wish) is None, "a claim that was settled is not made longer"


def end_of(wish):
    found = db.session.execute(select(Mail.due_at).filter_by(id=key_of(wish))).scalar_one()
    db.session.rollback()
    return found


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_safe_what_a_dead_worker_had_in_hand_is_taken_up_within_a_minute(kind):
    seconds = kind.LEASE.total_seconds() + SCHEDULE[sweep_of(kind)]
    assert seconds <= 60
    assert kind.LEASE.total_seconds() > claims.BEAT * 3


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_safe_what_nobody_took_is_woken_by_the_next_sweep(app, stand_in_iam, worker, kind):
    with app.app_context():
        Maker().row(kind, state=WishState.QUEUED, due_at=now() - MINUTE)
        db.session.commit()
        sweep_of(kind)()
    assert [one.func_name for one in worker.waiting()] == [WOKEN_BY[kind].path]


def test_safe_a_job_that_was_overtaken_ends_quietly_and_saves_nothing(app, wish):
    @job(queue="mail")
    def late() -> None:
        db.session.get_one(Mail, key_of(wish)).problem = "nobody may read this"
        raise Overtaken

    db.session.rollback()
    late()
    assert wish.problem is None


def test_safe_tries_wait_longer_and_longer_and_end(wish):
    with time_machine.travel(now(), tick=False):
        for delay in DELAYS:
            claims.postpone(wish, "no answer")
            assert wish.due_at == now() + timedelta(seconds=delay)
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
