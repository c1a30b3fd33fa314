"""Mailed codes: good once, for a minute after the mail left, five tries (API-1, API-2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import CodePurpose, Contract, Mail, MailedCode, now
from selfcare.services.console.credentials import codes, sealed
from selfcare.services.console.credentials.codes import CodeOver, WrongCode
from selfcare.services.mail.kinds import access as mails
from selfcare.services.safety.throttling import TooManyAttempts
from tests.cast import account_of

KEY = CodePurpose.ACCESS_KEY


@pytest.fixture
def asked(app, cast):
    """Ask for a code; gives whom for."""
    cast.member("marie.dupont")

    def ask(purpose=KEY):
        with app.app_context():
            whom = account_of("marie.dupont"), db.session.execute(select(Contract)).scalar_one()
            codes.send(*whom, purpose=purpose)
            db.session.commit()

    return ask


@pytest.fixture
def give(app):
    """Give a code back; what comes of it."""

    def given(code, purpose=KEY):
        with app.app_context():
            whom = account_of("marie.dupont"), db.session.execute(select(Contract)).scalar_one()
            try:
                codes.check(*whom, code, purpose=purpose)
            except codes.CodeRefused as refused:
                db.session.commit()
                return refused
            db.session.commit()
            return None

    return given


def other(code):
    """Six other digits."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_api_1_a_code_is_good_once(asked, give, mailed_code):
    asked()
    code = mailed_code()
    assert give(f" {code[:3]} {code[3:]}") is None
    assert isinstance(give(code), CodeOver)


def test_api_1_its_minute_starts_when_the_mail_server_took_the_mail(
    app, asked, give, mailed_code, worker
):
    with time_machine.travel(now(), tick=False) as clock:
        asked()
        clock.shift(timedelta(minutes=3))  # the queue was long
        code = mailed_code()
        with app.app_context():
            row = db.session.execute(select(MailedCode)).scalar_one()
            assert codes.ends_at(row) == now() + timedelta(seconds=60)
        clock.shift(timedelta(seconds=59))
        assert isinstance(give(other(code)), WrongCode)
        assert give(code) is None
        asked()
        late = mailed_code()
        clock.shift(timedelta(seconds=60))
        assert isinstance(give(late), CodeOver)


def test_api_1_five_tries_then_even_the_right_one_is_refused(asked, give, mailed_code):
    asked()
    code = mailed_code()
    left = [give(other(code)) for _ in range(5)]
    assert [refused.tries_left for refused in left] == [4, 3, 2, 1, 0]
    assert isinstance(give(code), CodeOver)


def test_api_1_a_new_code_makes_the_former_one_void(asked, give, mailed_code):
    asked()
    former = mailed_code()
    asked()
    latest = mailed_code()
    assert former == latest or isinstance(give(former), WrongCode)
    assert give(latest) is None


def test_api_1_a_code_is_for_one_purpose_only(asked, give, mailed_code):
    asked()
    code = mailed_code()
    assert isinstance(give(code, CodePurpose.API_PASSWORD), CodeOver)
    asked(CodePurpose.API_PASSWORD)
    assert give(code) is None  # nor does another purpose's make it void


def test_api_1_codes_are_asked_for_only_so_often(asked):
    for _ in range(5):
        asked()
    with pytest.raises(TooManyAttempts):
        asked()


def test_api_1_a_code_leaves_before_everything_else(app, cast, asked, worker):
    cast.member("paul.dupont", referent=True)
    with app.app_context():
        paul = account_of("paul.dupont")
        contract = db.session.execute(select(Contract)).scalar_one()
        for _ in range(3):
            mails.portal_access(paul, contract=contract)
        db.session.commit()
    asked()
    with app.app_context():
        code_mail = db.session.execute(select(Mail.id).filter_by(name="api_code")).scalar_one()
    first = worker.waiting()[0]
    assert (first.origin.rpartition(":")[2], first.args[0]) == ("interactive", code_mail)


class TestSealed:
    def test_api_1_a_secret_is_read_once(self, app):
        with app.app_context():
            name = sealed.put("Nuage-Bleu.42", purpose="a")
            assert sealed.take(name, purpose="b") is None
            text, until = sealed.take(name, purpose="a") or ("", now())
            assert (text, until <= now() + timedelta(minutes=2)) == ("Nuage-Bleu.42", True)
            assert sealed.take(name, purpose="a") is None

    def test_api_1_a_secret_lives_for_two_minutes(self, app):
        with time_machine.travel(now(), tick=False) as clock, app.app_context():
            name = sealed.put("Nuage-Bleu.42", purpose="a")
            clock.shift(timedelta(seconds=121))
            assert sealed.take(name, purpose="a") is None
