"""An account's details, on the stand-in and on a real Keystone 30."""

from __future__ import annotations

from dataclasses import replace

import pytest

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.port import Held
from tests.ports.witness import GUEST, POWER, SOPHIE, groups_of

# openstacksdk warns of itself
pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


class TestDetails:
    """What an account says of its owner, besides its groups (ACCOUNT-1, USERS-8)."""

    @pytest.fixture
    def sophie(self, iam, opened):
        return replace(SOPHIE, key=iam.set_groups(opened, SOPHIE, GUEST))

    def test_account_1_only_what_is_named_is_overwritten(self, iam, opened, sophie, witness):
        witness.identity.update_user(sophie.key, is_enabled=False, email="there@example.com")
        moved = replace(sophie, email="new@example.com", overwrite=frozenset({"email"}))
        iam.set_groups(opened, moved, GUEST)
        user = witness.identity.get_user(sophie.key)
        assert (user.email, user.is_enabled) == ("new@example.com", False)
        iam.set_groups(opened, replace(moved, overwrite=frozenset({"enabled"})), GUEST)
        assert witness.identity.get_user(sophie.key).is_enabled

    def test_account_1_what_is_right_already_costs_nothing(self, iam, opened, sophie, faulty):
        faulty.calls.clear()
        insisted = replace(sophie, overwrite=frozenset({"email", "enabled", "username"}))
        iam.set_groups(opened, insisted, GUEST)
        assert not [call for call in faulty.calls if not call.startswith("GET")]

    def test_users_8_a_renamed_account_is_known_by_its_id(self, iam, opened, sophie, witness):
        witness.identity.update_user(sophie.key, name="sophie.d")
        assert iam.overview(opened).account_of(SOPHIE.username, sophie.key).username == "sophie.d"
        assert iam.set_groups(opened, sophie, POWER) == sophie.key  # no second account
        assert groups_of(witness, opened, "sophie.d") == POWER
        iam.set_groups(opened, replace(sophie, overwrite=frozenset({"username"})), POWER)
        assert groups_of(witness, opened, "sophie.dupont") == POWER

    def test_users_6_a_renamed_account_is_deleted_all_the_same(self, iam, opened, sophie, witness):
        witness.identity.update_user(sophie.key, name="sophie.d")
        iam.delete_user(opened, SOPHIE.username, sophie.key)
        assert groups_of(witness, opened, "sophie.d") is None

    def test_users_8_an_account_made_anew_there_is_found_by_its_name(
        self, iam, opened, sophie, witness
    ):
        witness.identity.delete_user(sophie.key)
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        anew = witness.identity.create_user(name=SOPHIE.username, domain_id=domain.id)
        assert iam.set_groups(opened, sophie, GUEST) == anew.id

    def test_users_6_an_id_of_another_contract_is_nobody_here(self, iam, opened, sophie):
        other = opened + "X"
        iam.prepare_contract(other)
        assert iam.delete_user(other, "nobody.here", sophie.key) == Held(0, 0)
        assert iam.groups_of(opened, SOPHIE.username) == GUEST

    def test_account_1_an_address_somebody_else_has_is_said(self, iam, opened, sophie, faulty):
        taken = '{"error": {"code": 409, "message": "Duplicate email", "title": "Conflict"}}'
        faulty.fail("PATCH /v3/users", status=409, body=taken)
        moved = replace(sophie, email="new@example.com", overwrite=frozenset({"email"}))
        with pytest.raises(errors.EmailTaken):
            iam.set_groups(opened, moved, GUEST)
