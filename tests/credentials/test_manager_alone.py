"""A service account that is only `manager` of the contract's domain, on a real Keystone (API-1)."""

from __future__ import annotations

import pytest

from selfcare.services.console.iam.port import Holder
from tests.credentials.conftest import MARIE, NEW
from tests.ports.test_iam_domains import admin, service
from tests.ports.witness import GUEST

__all__ = ["admin", "service"]  # fixtures

pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    # openstacksdk warns of itself
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture
def manager(app, service):
    """The portal's driver, whose account has no other role."""
    app.extensions["iam"] = service("manager")
    yield app.extensions["iam"]
    app.extensions["iam"] = None


def test_api_1_the_pages_set_a_password_that_signs_in(
    cast, manager, ref, browse, begun, code_asked, mailed_code, chosen, worker
):
    cast.member("marie.dupont", ref=ref, console_roles=["guest"], console_state="done")
    manager.set_groups(ref, Holder("marie.dupont", MARIE), GUEST)
    browser = begun(account=ref)
    code_asked(browser)
    done = chosen(browser, mailed_code())
    worker.run()
    words = browser.get(done.location).words
    assert "Your API password is set" in words
    assert "You have no access key and no application credential." in words  # asked as Marie
    assert manager.check_password(ref, "marie.dupont", NEW)
