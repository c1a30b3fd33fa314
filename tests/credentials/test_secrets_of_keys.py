"""No secret of a key, and no API password given for it, is left anywhere (API-2, API-4)."""

from __future__ import annotations

import json

import pytest
import sentry_sdk
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import CredentialWish
from selfcare.services.console.credentials import making
from selfcare.services.console.iam.errors import IamProblem
from tests.credentials.conftest import API_PASSWORD, REF
from tests.credentials.making import (
    NEW_APPLICATION,
    NEW_KEY,
    application,
    code,
    facts,
    form_of,
    hers,
    settled,
    wished,
)
from tests.credentials.test_secrets import WRONG, traces

__all__ = ["code", "hers", "settled", "traces", "wished"]  # fixtures

pytestmark = pytest.mark.filterwarnings("ignore:The send_default_pii:DeprecationWarning")


@pytest.fixture
def shown(app, hers, wished, faulty_stand_in, traces):
    """Make one of each, the files included; what was shown, and what was typed."""

    def through(page, files, **fields):
        made = wished(page, **fields)
        told = facts(made)
        for file in files:
            hers.post(*form_of(made, file))
        return told.get("Secret key") or told["Secret"]

    return through


def test_api_2_nothing_typed_or_shown_is_left_anywhere(traces, shown, wished, faulty_stand_in):
    secrets = {
        shown(NEW_KEY, ["credentials.csv"]),
        shown(NEW_APPLICATION, ["clouds.yaml", "openrc.sh"], **application()),
    }
    wished(NEW_KEY, password=WRONG)
    assert {secret: traces.of(secret) for secret in secrets | {API_PASSWORD, WRONG}} == {
        secret: [] for secret in secrets | {API_PASSWORD, WRONG}
    }


def test_api_2_a_broken_off_try_leaves_nothing_either(
    app, traces, hers, code, stand_in_iam, faulty_stand_in
):
    """The console made the key, and answered 500: the secret is in the frames of the report."""
    faulty_stand_in.fail("POST /v3/credentials", after=True)
    sent = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
    assert traces.of(API_PASSWORD) == []  # on its way: sealed, and no job's argument
    with app.app_context():
        wish = db.session.execute(select(CredentialWish.id)).scalar_one()
    with app.app_context(), pytest.raises(IamProblem) as met:  # its frames held both
        making.carry_out(wish)
    sentry_sdk.capture_exception(met.value)
    assert "We try again for two minutes" in hers.get(sent.location).words
    marie = stand_in_iam._existing_user(REF, "marie.dupont")
    [key] = stand_in_iam._all("credentials", "", {"user_id": marie["id"]})
    assert traces.reports.sent
    assert traces.of(json.loads(key["blob"])["secret"]) == []
    assert traces.of(API_PASSWORD) == []
