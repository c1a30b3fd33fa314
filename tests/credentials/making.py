"""Marie, who makes keys in her browser, with the mailed code and her API password."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from selfcare.models import (
    now,
)
from tests.credentials.conftest import API_PASSWORD, REF

PAGE = f"/contracts/{REF}/console/credentials/"
NEW_KEY, NEW_APPLICATION = f"{PAGE}keys/new", f"{PAGE}applications/new"


@pytest.fixture
def settled(marie, stand_in_iam):
    """Her API password was set some seconds ago: the IAM revokes by the second."""
    with time_machine.travel(now() - timedelta(seconds=5)):
        stand_in_iam.set_password(REF, marie, API_PASSWORD)
    return marie


@pytest.fixture
def hers(settled, browse_as):
    """Her browser, signed in to the portal."""
    return browse_as(settled)


@pytest.fixture
def console(settled, stand_in_iam):
    """The console as she sees it herself."""
    return lambda: stand_in_iam.sign_in(REF, settled, API_PASSWORD)


@pytest.fixture
def code(hers, worker, mailed_code):
    """Ask for a code on a page, and read it from the mail."""

    def asked(page, **typed):
        assert hers.post(page, {"get_code": "1", **typed}).status == 200
        worker.run()
        return mailed_code()

    return asked


@pytest.fixture
def wished(hers, worker, code):
    """Send a form with code and password, let the worker do it, and see what came of it."""

    def through(page, *, password=API_PASSWORD, with_code=True, **fields):
        given = {"password": password, **fields}
        if with_code:
            given["code"] = code(page)
        sent = hers.post(page, given)
        if sent.status != 303:
            return sent
        waiting = hers.get(sent.location)
        assert "The console is being asked" in waiting.words
        assert waiting.one("noscript meta[http-equiv=refresh]")["content"] == "2"
        worker.run()
        page = hers.get(sent.location)
        page.path = sent.location
        return page

    return through


def facts(page):
    return dict(zip(page.texts("#outcome dt"), page.texts("#outcome dd"), strict=True))


def form_of(page, file):
    """Where the form of that file leads, and what it sends."""
    form = page.one(f'form[action$="/{file}"]')
    return form["action"], {field["name"]: field["value"] for field in form.select("input")}


def application(day=30, **changed):
    last = datetime.now(ZoneInfo("Europe/Paris")).date() + timedelta(days=day)
    return {"name": "backup", "roles": "reader", "last_day": last.isoformat(), **changed}


def link(page, words):
    [found] = {a["href"] for a in page.all("main a") if a.get_text().strip() == words}
    return found
