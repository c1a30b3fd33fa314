"""Marie, whose console account is ready and has an API password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.console.iam.port import Holder
from tests.accounts.captchas import solve
from tests.browsing import Browser, Page

REF = "OCB0000124"
API_PASSWORD = "Nuage-Bleu.42"
AT = "/console/api-password"
NEW = "Ciel-Nouveau.77"
MARIE = "marie.dupont@example.com"


@pytest.fixture
def marie(cast: Any, stand_in_iam: Keystone) -> str:
    """Her login; she has a console role, an account there, and an API password."""
    login: str = cast.member("marie.dupont", ref=REF, console_roles=["guest"], console_state="done")
    stand_in_iam.prepare_contract(REF)
    holder = Holder(login, "marie.dupont@example.com", "Marie DUPONT")
    stand_in_iam.set_groups(REF, holder, frozenset({"guest"}))
    stand_in_iam.set_password(REF, login, API_PASSWORD)
    return login


@pytest.fixture
def api_login(worker: Any) -> Callable[..., Page]:
    """Go through *API Login*, worker included; gives the page it ends at."""

    def through(browser: Browser, **fields: str) -> Page:
        given = {"account": REF, "user_name": "marie.dupont", "password": API_PASSWORD, **fields}
        sent = browser.post("/console/api-login", given)
        if sent.status != 303:
            return sent
        worker.run()
        return browser.get(sent.location)

    return through


@pytest.fixture
def mailed_code(mailbox: Any) -> Callable[[], str]:
    """The digits of the latest mail."""

    def read() -> str:
        [code] = re.findall(r":\s*(\d{6})\b", mailbox.text())
        return str(code)

    return read


@pytest.fixture
def newest(app: Flask) -> Callable[..., int]:
    """The id of the latest row of a kind."""

    def found(kind: Any) -> int:
        with app.app_context():
            return int(db.session.execute(select(func.max(kind.id))).scalar_one())

    return found


# A new API password, without scripts


@pytest.fixture
def begun(browse):
    """Step 1; gives the browser on step 2."""

    def begin(email=MARIE, account=REF, browser=browse):
        done = browser.post(AT, {"account": account, "email": email})
        assert done.location == f"{AT}/new"
        return browser

    return begin


@pytest.fixture
def code_asked(app, worker):
    """« Obtenir le code », captcha included, without scripts."""

    def ask(browser):
        page = browser.get(f"{AT}/captcha")
        if page.all("input[name=captcha]"):
            solved = browser.post(f"{AT}/captcha", solve(app, page))
            assert "The characters are right" in browser.get(solved.location).words
        sent = browser.post(f"{AT}/code")
        assert sent.location == f"{AT}/sending"
        worker.run()
        return browser.get(sent.location)

    return ask


@pytest.fixture
def chosen():
    """Step 2: the password, and the code."""

    def choose(browser, code="", password=NEW, confirm=None, **headers):
        fields = {"password": password, "confirm": password if confirm is None else confirm}
        return browser.post(f"{AT}/new", {**fields, "code": code}, **headers)

    return choose
