"""What becomes of a new API password in the console: at once, late, never, killed (API-1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ApiPassword, ConsoleAccess, SealedSecret, now
from selfcare.services.accounts import barring
from selfcare.services.console.credentials import passwords
from tests.cast import account_of
from tests.credentials.conftest import API_PASSWORD, AT, NEW, REF


@pytest.fixture
def sent(begun, code_asked, mailed_code, chosen):
    """Everything up to « Prochain »."""

    def send():
        browser = begun()
        code_asked(browser)
        return browser, chosen(browser, mailed_code()).location

    return send


def test_api_1_a_console_that_is_away_is_said_with_what_happens_next(
    newest, app, marie, faulty_stand_in, sent, worker
):
    faulty_stand_in.fail("PATCH /v3/users", status=503)
    browser, finish = sent()
    worker.run()
    page = browser.get(finish)
    assert "The console does not answer at the moment." in page.words
    assert "We try again until" in page.words
    assert page.one("meta[http-equiv=refresh]")
    with time_machine.travel(now() + timedelta(seconds=11)), app.app_context():
        passwords.carry_out(newest(ApiPassword))
    assert "Your API password is set" in browser.get(finish).words


def test_api_1_after_two_minutes_it_is_given_up_and_nothing_is_kept(
    newest, app, marie, faulty_stand_in, sent, worker
):
    faulty_stand_in.fail("PATCH /v3/users", status=503, times=9)
    browser, finish = sent()
    worker.run()
    with time_machine.travel(now() + timedelta(minutes=3)):
        with app.app_context():
            passwords.carry_out(newest(ApiPassword))
        page = browser.get(finish)
        assert "did not answer in time" in page.words
        assert page.one("main a.primary")["href"].startswith(AT)
    with app.app_context():
        assert not [c for c in faulty_stand_in.calls if NEW in c]
        assert db.session.execute(select(SealedSecret)).first() is None


def test_api_1_what_the_consoles_rules_refuse_is_said_and_chosen_again(
    marie, faulty_stand_in, sent, worker, chosen
):
    body = '{"error": {"code": 400, "message": "The password does not match the requirements"}}'
    faulty_stand_in.fail("PATCH /v3/users", status=400, body=body)
    browser, finish = sent()
    worker.run()
    page = browser.get(finish)
    assert "The console’s own rules refuse this password" in page.words
    assert page.one("main a.primary")["href"] == f"{AT}/new"
    assert chosen(browser, password="Encore-Mieux.88").location == finish


@pytest.mark.parametrize("call", ["PATCH /v3/users", "POST /v3/auth/tokens"])
def test_api_1_a_worker_killed_after_any_call_leaves_no_doubt_unsaid(
    newest, app, marie, faulty_stand_in, sent, worker, stand_in_iam, call
):
    """`KeyboardInterrupt` stands for the kill: nothing after it runs."""

    browser, finish = sent()
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        driver = type(app.extensions["iam"])
        verb = "set_password" if call.startswith("PATCH") else "sign_in"
        real = getattr(driver, verb)

        def dying(*args, **kwargs):
            real(*args, **kwargs)
            raise KeyboardInterrupt

        patch.setattr(driver, verb, dying)
        with pytest.raises(KeyboardInterrupt):
            passwords.carry_out(newest(ApiPassword))
    with time_machine.travel(now() + timedelta(minutes=5)):
        with app.app_context():
            passwords.carry_out(newest(ApiPassword))
        words = browser.get(finish).words
    if call.startswith("PATCH"):
        assert "it is not certain which one is in force" in words
    else:
        assert "Your API password is set" in words


def test_api_1_nothing_is_set_once_the_last_role_is_gone(app, marie, sent, worker, stand_in_iam):
    browser, finish = sent()
    with app.app_context():
        db.session.execute(select(ConsoleAccess)).scalar_one().wanted_groups = []
        db.session.commit()
    worker.run()
    assert "nothing was changed" in browser.get(finish).words
    assert stand_in_iam.check_password(REF, marie, API_PASSWORD)


def test_api_1_signing_in_works_as_soon_as_the_page_says_so(app, marie, sent, worker):
    """The IAM revokes tokens by the second: the outcome waits for the next one."""
    sent()
    worker.run()
    with app.app_context():
        row = db.session.execute(select(ApiPassword)).scalar_one()
        assert row.set_at
        assert now() - row.set_at >= passwords.SETTLES


def test_staff_3_nothing_is_set_once_the_account_is_disabled(
    app, marie, sent, worker, stand_in_iam
):
    sent()
    with app.app_context():
        barring.disable(account_of(marie))
        db.session.commit()
    worker.run()
    with app.app_context():
        barring.enable(account_of(marie))
        db.session.commit()
    worker.run()
    assert stand_in_iam.check_password(REF, marie, API_PASSWORD)


def test_staff_3_a_code_given_before_the_account_was_disabled_proves_nothing(
    app, marie, begun, code_asked, mailed_code, chosen
):
    browser = begun()
    code_asked(browser)
    assert chosen(browser, mailed_code(), confirm="Another-One.1").status == 422
    assert "code" not in [field["name"] for field in browser.get(f"{AT}/new").all("input[name]")]
    with app.app_context():
        barring.disable(account_of(marie))
        barring.enable(account_of(marie))
        db.session.commit()
    assert chosen(browser).status == 422
    with app.app_context():
        assert db.session.execute(select(ApiPassword)).first() is None
