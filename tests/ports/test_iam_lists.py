"""Lists that are cut, names that differ by case: on the stand-in and on a real Keystone 30."""

from __future__ import annotations

import json

import pytest

from demo.console import api
from selfcare.services.console.iam import errors
from selfcare.services.console.iam.port import Holder
from tests.keystone import LIST_LIMIT
from tests.ports.witness import GUEST, POWER, SOPHIE

# openstacksdk warns of itself
pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture(autouse=True)
def short_lists(monkeypatch):
    monkeypatch.setattr(api, "LIST_LIMIT", LIST_LIMIT)


class TestManyPeople:
    """A contract with more people than one list holds; Keystone cuts a group's without a way on."""

    @pytest.fixture
    def crowd(self, iam, opened):
        for number in range(LIST_LIMIT + 5):
            roles = GUEST | POWER if number == LIST_LIMIT + 4 else GUEST
            iam.set_groups(opened, Holder(f"person.{number:03}", f"p{number}@example.com"), roles)
        return opened

    def test_users_8_everybody_s_groups_are_seen(self, iam, crowd, faulty):
        faulty.calls.clear()
        seen = iam.overview(crowd)
        held = {found.username: found.groups for found in seen.users.values()}
        both = held.pop(f"person.{LIST_LIMIT + 4:03}")
        assert both == GUEST | POWER
        assert set(held.values()) == {GUEST}
        assert len(held) == LIST_LIMIT + 4
        assert len(faulty.calls) <= 16  # a call for each that was cut off, and no page twice more

    def test_users_8_a_cut_list_without_a_way_on_is_no_list(self, iam, opened, faulty):
        body = json.dumps({"users": [], "truncated": True, "links": {"next": None}})
        faulty.fail("GET /v3/users?domain_id", status=200, body=body)
        with pytest.raises(errors.Retryable, match="cut"):
            iam.overview(opened)


class TestNamesThatDifferByCase:
    """Keystone minds case on SQLite and PostgreSQL: both accounts may be there."""

    def test_users_8_each_is_seen_as_it_is(self, iam, opened, witness):
        key = iam.set_groups(opened, SOPHIE, GUEST)
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        witness.identity.create_user(name="Sophie.Dupont", domain_id=domain.id)
        seen = iam.overview(opened)
        assert len(seen.users) == 2
        assert seen.account_of("renamed.since", key).groups == GUEST
        assert seen.account_of("sophie.dupont").groups == GUEST
        assert seen.account_of("Sophie.Dupont").groups == set()
