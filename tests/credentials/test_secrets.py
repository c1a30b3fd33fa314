"""The portal keeps no secret: everything is searched for all that was typed (API-1, API-5)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sentry_sdk
import time_machine

from selfcare.database import db
from selfcare.models import ApiLogin, ApiPassword, Challenge, now
from selfcare.services.console.credentials import logins, passwords
from selfcare.services.console.iam.errors import IamProblem
from tests.browsing import Browser
from tests.credentials.conftest import API_PASSWORD, AT, MARIE, NEW, REF
from tests.credentials.searching import Traces

pytestmark = pytest.mark.filterwarnings("ignore:The send_default_pii:DeprecationWarning")

WRONG = "Faux-Nuage.42"


@pytest.fixture
def traces(app, another_app) -> Iterator[Traces]:
    """Error reports are made as in production, and kept."""
    another_app(sentry_dsn="http://key@127.0.0.1:1/1")
    with Traces(app) as found:
        yield found
    sentry_sdk.init()


def test_api_1_the_search_finds_what_is_there(app, traces):
    """So that finding nothing means something."""
    secret = "Ciel-Trouvaille.99"
    logging.getLogger("anything").debug("it is %s", secret)
    sentry_sdk.capture_message(secret)
    with app.app_context():
        db.session.add(Challenge(id="x", kind="captcha", data={"text": secret}, expires_at=now()))
        db.session.commit()
        logins.look.enqueue(secret)
    kinds = {place.split()[0] for place in traces.of(secret)}
    assert kinds == {"log", "report", "table", "redis"}


def test_api_1_nothing_typed_is_left_anywhere(
    newest, app, marie, traces, begun, code_asked, mailed_code, chosen, worker, faulty_stand_in
):
    browser = begun()
    code_asked(browser)
    code = mailed_code()
    assert traces.of(code) == []
    faulty_stand_in.fail("PATCH /v3/users", status=503)  # a try fails, with its traceback
    chosen(browser, code)
    assert traces.of(NEW) == []  # on its way: sealed, and no job's argument
    worker.run()
    assert traces.of(NEW) == []
    with time_machine.travel(now() + timedelta(seconds=11)), app.app_context():
        passwords.carry_out(newest(ApiPassword))  # the second one succeeds
    assert "is set" in browser.get(f"{AT}/finish").words
    for secret in (NEW, code):
        assert traces.of(secret) == []


def test_api_5_nothing_typed_at_api_login_is_left_anywhere(
    newest, app, marie, traces, api_login, faulty_stand_in
):
    faulty_stand_in.fail("POST /v3/auth/tokens", status=500)
    with app.app_context():
        logins.ask(REF, marie, API_PASSWORD)
        db.session.commit()
    try:
        with app.app_context():
            logins.look(newest(ApiLogin))
    except IamProblem as problem:  # its frames held the password
        sentry_sdk.capture_exception(problem)
    api_login(Browser(app, ip="192.0.2.62"), password=WRONG)
    here = api_login(Browser(app, ip="192.0.2.63"))
    assert here.location.endswith("/credentials/")
    cookie = here.response.request.cookies["api_login"]
    for secret in (API_PASSWORD, WRONG, cookie):
        assert traces.of(secret) == []
    assert traces.reports.sent  # something was reported
    assert traces.of(MARIE)
    assert traces.of(REF)
