"""The same pages on the driver of Flexible Engine (API-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from selfcare.models import (
    now,
)
from selfcare.services.console import iam as port
from tests.credentials.conftest import API_PASSWORD, REF
from tests.credentials.making import (
    NEW_APPLICATION,
    NEW_KEY,
    PAGE,
    code,
    console,
    facts,
    hers,
    link,
    settled,
    wished,
)

__all__ = ["code", "console", "hers", "settled", "wished"]  # fixtures


class TestFlexibleEngine:
    """The same pages on the other driver."""

    @pytest.fixture
    def settled(self, app, marie, stand_in_iam):
        settings = replace(
            app.extensions["settings"],
            iam_driver="flexible-engine",
            iam_url=stand_in_iam.url,
            iam_username="admin",
            iam_password=stand_in_iam._credentials["password"],
        )
        app.extensions["settings"], former = settings, app.extensions["settings"]
        app.extensions["iam"] = cloud = port.connect(settings)
        domain, groups = cloud._domain_id(REF), cloud._group_ids(REF)
        grant = f"/domains/{domain}/groups/{groups['guest']}/roles/{cloud._role_id('reader', REF)}"
        cloud._call("PUT", grant, REF)
        with time_machine.travel(now() - timedelta(seconds=5)):
            cloud.set_password(REF, marie, API_PASSWORD)
        yield marie
        app.extensions["settings"] = former

    @pytest.fixture
    def console(self, app, settled):
        return lambda: app.extensions["iam"].sign_in(REF, settled, API_PASSWORD)

    def test_api_2_the_cloud_s_own_pair_is_shown(self, hers, wished, console):
        told = facts(wished(NEW_KEY))
        [key] = console().access_keys()
        assert (key.access, len(told["Secret key"])) == (told["Access key"], 40)
        assert hers.get(PAGE).texts("#application-credentials") == []
        assert hers.get(NEW_APPLICATION).status == 404

    def test_api_2_keys_are_deactivated_and_activated(self, hers, wished, console, audited):
        wished(NEW_KEY)
        wished(link(hers.get(PAGE), "Deactivate"), with_code=False)
        assert [key.active for key in console().access_keys()] == [False]
        page = hers.get(PAGE)
        assert page.texts('td[data-label="State"]') == ["inactive"]
        wished(link(page, "Activate"), with_code=False)
        [key] = console().access_keys()
        assert key.active
        for action in ("access_key.rested", "access_key.woken"):
            assert [entry.details for entry in audited(action)] == [{"key": key.access}], action

    def test_api_2_the_quota_is_said_in_words(self, hers, wished, console):
        for _ in range(2):
            console().create_key(port.NewKey(""))
        page = wished(NEW_KEY)
        assert "as many access keys of yours as it allows" in page.words
