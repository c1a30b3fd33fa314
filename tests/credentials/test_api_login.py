"""*API Login*: what it opens, what it does not, how slowly it can be tried (CONSOLE-3, API-5)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ApiLogin, ConsoleAccess, Membership, SealedSecret, now
from selfcare.services.accounts import barring
from selfcare.services.console.credentials import logins
from selfcare.services.console.iam.errors import IamProblem
from selfcare.services.months import today
from tests.browsing import Browser
from tests.cast import account_of
from tests.credentials.conftest import API_PASSWORD, REF

PAGE = f"/contracts/{REF}/console/credentials/"


@pytest.mark.parametrize("name", ["marie.dupont", "Marie.Dupont", "marie.dupont@example.com"])
def test_console_3_opens_the_credentials_page_of_that_contract(
    marie, browse, api_login, name, audited
):
    done = api_login(browse, user_name=name)
    assert done.location == PAGE
    [entry] = audited("api_login.done")
    assert (entry.subject, entry.contract_ref, entry.ip) == (marie, REF, "192.0.2.10")
    page = browse.get(done.location)
    assert page.status == 200
    assert "Signed in by API Login until" in page.words


def test_console_3_the_mobile_number_is_a_name_as_well(app, marie, browse, api_login):
    with app.app_context():
        account_of(marie).mobile = "+33 6 01 02 03 04"
        db.session.commit()
    assert api_login(browse, user_name="06 01 02 03 04").location == PAGE


def test_api_5_it_opens_nothing_else(marie, cast, browse, api_login):
    cast.member(marie, ref="OCB0000777", console_roles=["guest"])
    api_login(browse)
    for path in ("/", f"/contracts/{REF}/", f"/contracts/{REF}/console", "/account/"):
        assert browse.get(path).location.startswith("/login"), path
    assert browse.get(PAGE.replace(REF, "OCB0000777")).location == "/console/api-login"


def test_api_5_it_ends_after_a_quarter_of_an_hour_and_by_signing_out(app, marie, browse, api_login):
    api_login(browse)
    assert browse.get(PAGE).status == 200
    with time_machine.travel(now() + timedelta(minutes=15, seconds=1)):
        assert browse.get(PAGE).location == "/console/api-login"
    browse.post("/console/api-login/end")
    browse.client.set_cookie("api_login", "anything", domain="portal.test")
    assert browse.get(PAGE).status == 303


def test_api_5_it_ends_with_the_last_console_role(app, marie, browse, api_login):
    api_login(browse)
    with app.app_context():
        db.session.execute(select(ConsoleAccess)).scalar_one().wanted_groups = []
        db.session.commit()
    assert browse.get(PAGE).status == 303


def test_users_10_it_ends_with_the_last_day_of_the_access(app, marie, browse, api_login):
    api_login(browse)
    for days, status in ((0, 200), (-1, 303)):
        with app.app_context():
            place = db.session.execute(select(Membership)).scalar_one()
            place.ends_on = today() + timedelta(days=days)
            db.session.commit()
        assert browse.get(PAGE).status == status


def test_staff_3_it_ends_with_the_sessions_that_an_operator_ends(app, marie, browse, api_login):
    api_login(browse)
    with app.app_context():
        barring.end_sessions(account_of(marie))
        db.session.commit()
    assert browse.get(PAGE).status == 303


@pytest.mark.parametrize(
    "fields",
    [{"password": "Faux-Nuage.42"}, {"user_name": "nobody.here"}, {"account": "OCB0000999"}],
)
def test_console_3_what_is_wrong_is_not_told(marie, browse, api_login, fields):
    page = api_login(browse, **fields)
    assert page.status == 200
    [told] = page.texts("#errors li")
    assert told.startswith("The company account, the user name or the API password is wrong")
    assert page.one("#account")["value"] == fields.get("account", REF)
    assert page.one("#user_name")["value"] == fields.get("user_name", marie)
    assert browse.get(PAGE).status == 303


def test_api_5_strangers_cost_the_console_the_same_calls(browse, marie, faulty_stand_in, api_login):
    told = []
    for name in (marie, "nobody.here"):
        faulty_stand_in.calls.clear()
        api_login(browse, user_name=name, password="Faux-Nuage.42")
        told.append(list(faulty_stand_in.calls))
    assert told[0] == told[1] == ["POST /v3/auth/tokens"]


def test_api_5_an_account_has_three_tries_whatever_it_is_called(app, marie, worker, api_login):
    names = ["marie.dupont", "marie.dupont@example.com", "MARIE.DUPONT"]
    for number, name in enumerate(names):
        browser = Browser(app, ip=f"192.0.2.{number + 1}")
        assert api_login(browser, user_name=name, password="Faux-Nuage.42").status == 200
    page = api_login(Browser(app, ip="192.0.2.9"), user_name="Marie.DUPONT@example.com")
    assert page.status == 429
    assert 0 < int(page.headers["Retry-After"]) <= 900


def test_api_5_the_right_password_gives_the_tries_back(app, marie, api_login):
    for number in range(3):
        browser = Browser(app, ip=f"192.0.2.{number + 1}")
        api_login(browser, password="Faux-Nuage.42" if number < 2 else API_PASSWORD)
    assert api_login(Browser(app, ip="192.0.2.9")).location == PAGE


def test_api_5_the_owner_gets_one_mail_on_a_burst(app, marie, outbox, api_login, audited):
    for number in range(2):
        api_login(Browser(app, ip=f"192.0.2.{number + 1}"), password="Faux-Nuage.42")
    told = [(entry.subject, entry.ip) for entry in audited("api_login.failed")]
    assert told == [(marie, "192.0.2.1"), (marie, "192.0.2.2")]
    assert outbox("wrong_api_passwords") == []
    for again in range(2):
        with time_machine.travel(now() + again * timedelta(hours=1)):
            for number in range(2, 6):
                browser = Browser(app, ip=f"192.0.2.{number + 1}")
                api_login(browser, password="Faux-Nuage.42")
            assert outbox("wrong_api_passwords") == ["marie.dupont@example.com"]


def test_api_5_that_mail_says_from_where_and_leads_to_a_new_api_password(
    app, marie, mailbox, api_login
):
    for number in range(3):
        browser = Browser(app, ip=f"192.0.2.{number + 1}")
        api_login(browser, password="Faux-Nuage.42")
    assert "192.0.2.3" in mailbox.text()
    assert f"/console/api-password?account={REF}" in mailbox.text()


def test_api_5_tries_with_nobodys_name_leave_no_mail(app, marie, outbox, api_login):
    for number in range(4):
        browser = Browser(app, ip=f"192.0.2.{number + 1}")
        api_login(browser, user_name="nobody.here", password="Faux-Nuage.42")
    assert outbox("wrong_api_passwords") == []


def test_api_5_a_console_that_is_away_is_said_and_tried_for_two_minutes(
    newest, app, marie, browse, faulty_stand_in, worker
):
    faulty_stand_in.fail("POST /v3/auth/tokens", times=3, status=503)
    with time_machine.travel(now(), tick=False) as clock:
        sent = browse.post(
            "/console/api-login",
            {"account": REF, "user_name": marie, "password": API_PASSWORD},
        )
        worker.run()
        page = browse.get(sent.location)
        assert "The console does not answer at the moment." in page.words
        assert page.one("meta[http-equiv=refresh]")
        for seconds in (10, 60):
            clock.shift(timedelta(seconds=seconds))
            with app.app_context(), suppress(IamProblem):
                logins.look(newest(ApiLogin))
        with app.app_context():
            assert db.session.execute(select(SealedSecret)).first() is None
        page = browse.get(sent.location)
        assert page.texts("#errors li") == [
            "The console does not answer at the moment. Try again later."
        ]


def test_api_5_a_password_nobody_looked_at_in_time_is_not_kept(app, marie, browse, worker):
    with time_machine.travel(now(), tick=False) as clock:
        sent = browse.post(
            "/console/api-login", {"account": REF, "user_name": marie, "password": API_PASSWORD}
        )
        clock.shift(timedelta(minutes=3))
        worker.run()
        assert "Nobody looked at your password in time" in browse.get(sent.location).words


def test_api_5_whoever_is_signed_in_comes_as_themselves(marie, cast, browse_as, api_login):
    cast.member("sophie.dupont", console_roles=["admin"])
    sophie = browse_as("sophie.dupont")
    assert "Sophie" in sophie.get(PAGE).one("main h1 + p").get_text()
    api_login(sophie)
    assert "Sophie" in sophie.get(PAGE).one("main h1 + p").get_text()
