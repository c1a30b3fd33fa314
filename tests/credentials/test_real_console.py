"""What the pages give works on a real Keystone, with clients of other makes (API-3)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from proof import credentials as clients
from selfcare.services.console import iam as port
from selfcare.services.console.iam.port import Holder
from tests.credentials.conftest import API_PASSWORD

# openstacksdk warns of itself
pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture
def console(app, real_keystone):
    """The portal's console is the real Keystone."""
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(
        settings,
        iam_url=real_keystone.url,
        iam_username=real_keystone.username,
        iam_password=real_keystone.password,
    )
    app.extensions["iam"] = driver = port.connect(app.extensions["settings"])
    yield driver
    app.extensions["iam"], app.extensions["settings"] = None, settings


@pytest.fixture
def marie(cast, console, ref):
    login = cast.member("marie.dupont", ref=ref, console_roles=["guest"], console_state="done")
    console.prepare_contract(ref)
    holder = Holder(login, "marie.dupont@example.com", "Marie DUPONT")
    console.set_groups(ref, holder, frozenset({"guest"}))
    console.set_password(ref, login, API_PASSWORD)
    time.sleep(1.1)  # revocation has a granularity of one second
    return login


def test_api_3_what_the_pages_gave_works_until_it_is_deleted(
    marie, ref, browse_as, worker, mailed_code, real_keystone
):
    hers, page = browse_as(marie), f"/contracts/{ref}/console/credentials/"
    administrator = {"username": real_keystone.username, "password": real_keystone.password}

    def done(path, **fields):
        sent = hers.post(path, {"password": API_PASSWORD, **fields})
        assert sent.status == 303, sent.words
        worker.run()
        return hers.get(sent.location)

    def made(path, **fields):
        hers.post(path, {"get_code": "1"})
        return done(path, code=mailed_code(), **fields)

    def delete():
        first = next(a["href"] for a in hers.get(page).all("main a[href$=delete]"))
        assert "deleted" in done(first).words

    def signs():
        return clients.signs_requests(
            real_keystone.url, access, secret, administrator=administrator
        )

    assert clients.opens_by_password(real_keystone.url, ref, marie, API_PASSWORD)
    access, secret = made(f"{page}keys/new").texts("#outcome code")
    assert signs()
    delete()
    assert not signs()
    last = {
        "name": "backup",
        "roles": "reader",
        "last_day": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86400)),
    }
    shown = made(f"{page}applications/new", **last)
    clouds = shown.all("#outcome pre")[0].get_text()
    assert clients.opens_by_file(clouds, ref)
    delete()
    assert not clients.opens_by_file(clouds, ref)
    assert not clients.opens_by_password(real_keystone.url, ref, marie, "Faux-Nuage.42")
