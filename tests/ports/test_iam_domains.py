"""A service account that rules single contracts' domains only, on a real Keystone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openstack
import pytest

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.console.iam.port import Held
from tests.keystone import Console
from tests.ports.witness import GUEST, POWER, SOPHIE, make_application, new_key, own

pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    # openstacksdk warns of itself
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

PASSWORD = "Service-2026!"


@pytest.fixture
def admin(real_keystone):
    return Keystone(url=real_keystone.url, username="admin", password=real_keystone.password)


@pytest.fixture
def service(real_keystone: Console, admin: Keystone, ref: str) -> Iterator[Any]:
    """Makes a service account with a role on the contract's domain, and its driver."""
    connection: Any = openstack.connect(
        auth_type="v3password",
        auth={
            "auth_url": real_keystone.url,
            "username": "admin",
            "password": real_keystone.password,
            "user_domain_name": "Default",
            "system_scope": "all",
        },
        identity_api_version="3",
        identity_endpoint_override=real_keystone.url,
    )
    admin.prepare_contract(ref)

    def make(*roles: str, system: str = "") -> Keystone:
        name = f"portal-{secrets.token_hex(4)}"
        user = connection.identity.create_user(name=name, domain_id="default", password=PASSWORD)
        domain = connection.identity.find_domain(ref, ignore_missing=False)
        for role in roles:
            found = connection.identity.find_role(role, ignore_missing=False)
            path = f"/domains/{domain.id}/users/{user.id}/roles/{found.id}"
            assert connection.identity.put(path).status_code == 204
        if system:
            found = connection.identity.find_role(system, ignore_missing=False)
            path = f"/system/users/{user.id}/roles/{found.id}"
            assert connection.identity.put(path).status_code == 204
        return Keystone(url=real_keystone.url, username=name, password=PASSWORD, timeout=8)

    yield make
    connection.close()


@pytest.fixture
def manager(service):
    return service("manager")


class TestManager:
    """What `manager` on the domain is enough for."""

    def test_users_4_makes_accounts_and_memberships(self, manager, ref, admin):
        key = manager.set_groups(ref, SOPHIE, GUEST)
        manager.set_groups(ref, replace(SOPHIE, key=key), POWER)
        assert admin.groups_of(ref, SOPHIE.username) == POWER

    def test_account_1_changes_details(self, manager, ref, admin):
        key = manager.set_groups(ref, SOPHIE, GUEST)
        moved = replace(SOPHIE, key=key, email="n@example.com", overwrite=frozenset({"email"}))
        manager.set_groups(ref, moved, GUEST)
        assert admin.overview(ref).account_of(SOPHIE.username).email == "n@example.com"

    def test_users_8_an_account_that_is_gone_is_made_anew(self, manager, ref, admin):
        key = manager.set_groups(ref, SOPHIE, GUEST)
        admin.delete_user(ref, SOPHIE.username)
        assert manager.set_groups(ref, replace(SOPHIE, key=key), GUEST) != key

    def test_users_8_sees_what_was_changed(self, manager, ref, admin):
        admin.set_groups(ref, SOPHIE, POWER)
        assert manager.overview(ref).account_of(SOPHIE.username).groups == POWER

    def test_users_6_deletes_accounts_though_it_is_not_told_their_keys(self, manager, ref, admin):
        admin.set_groups(ref, SOPHIE, GUEST)
        own(admin, ref).create_key(new_key())
        assert manager.delete_user(ref, SOPHIE.username) is None
        assert admin.groups_of(ref, SOPHIE.username) is None

    def test_staff_3_completes_a_contract_whose_domain_is_there(self, manager, ref, admin):
        before = admin.overview(ref)
        manager.prepare_contract(ref)
        assert admin.overview(ref) == before

    def test_api_1_sets_passwords(self, manager, ref, admin):
        manager.set_groups(ref, SOPHIE, GUEST)
        assert not admin.check_password(ref, SOPHIE.username, "Espace-2026!")
        manager.set_password(ref, SOPHIE.username, "Espace-2026!")
        time.sleep(1.1)  # revocation has a granularity of one second
        assert admin.check_password(ref, SOPHIE.username, "Espace-2026!")

    def test_api_2_keys_are_made_by_the_person_themselves(self, manager, ref):
        manager.set_groups(ref, SOPHIE, GUEST)
        sophie, ours = own(manager, ref), new_key()
        sophie.create_key(ours)
        assert [key.access for key in sophie.access_keys()] == [ours.access]
        assert make_application(sophie).secret


class TestWholeCloud:
    """`admin` on the system, and no project: what docs/console-service-account.md says to make."""

    def test_staff_3_opens_contracts_and_counts_keys(self, service, ref, admin):
        cloud = service(system="admin")
        assert {found.good for found in cloud.findings()} == {True}
        cloud.prepare_contract(f"{ref}Z")
        cloud.set_groups(f"{ref}Z", SOPHIE, GUEST)
        own(cloud, f"{ref}Z").create_key(new_key())
        assert cloud.delete_user(f"{ref}Z", SOPHIE.username) == Held(1, 0)

    def test_a_reader_of_the_whole_cloud_is_told_what_is_needed(self, service):
        lines = [(found.good, found.sentence) for found in service(system="reader").findings()]
        assert (False, "It has reader there: admin is needed to make anything.") in lines


class TestRefused:
    """What it is not enough for, and how that is said."""

    def test_staff_3_a_new_contract(self, manager, ref):
        with pytest.raises(errors.NoRole):
            manager.prepare_contract(f"{ref}X")

    def test_users_8_another_contract_leaves_the_own_one_usable(self, manager, ref, admin):
        admin.prepare_contract(f"{ref}Y")
        with pytest.raises(errors.NoRole):
            manager.set_groups(f"{ref}Y", SOPHIE, GUEST)
        assert manager.set_groups(ref, SOPHIE, GUEST)

    def test_users_8_a_reader_makes_nothing(self, service, ref):
        with pytest.raises(errors.Forbidden):
            service("reader").set_groups(ref, SOPHIE, GUEST)


class TestCheck:
    """`flask iam check` says which kind of account it is and what is missing."""

    @staticmethod
    def said(driver, *refs):
        return [(found.good, found.sentence) for found in driver.findings(refs)]

    def test_the_manager_of_a_domain(self, manager, ref):
        lines = self.said(manager, ref, "OCB9999999")
        may = f"{ref}: it may make users, memberships and API passwords; people make"
        assert (True, f"{may} their keys with these.") in lines
        assert (
            False,
            "OCB9999999: a contract of this portal on whose domain it has no role.",
        ) in lines
        assert lines[-1][0] is None
        assert "can open no contract" in lines[-1][1]

    def test_admin_of_a_domain_is_told_that_it_is_too_much(self, service, ref):
        lines = self.said(service("admin"), ref)
        assert any(good is None and "manager is enough" in text for good, text in lines)

    def test_a_reader_is_told_what_is_needed(self, service, ref):
        assert (False, f"{ref}: it has reader; manager is needed.") in self.said(
            service("reader"), ref
        )

    def test_an_account_without_any_role(self, service):
        assert [good for good, _ in self.said(service())] == [True, False, None]

    def test_a_wrong_password(self, real_keystone):
        driver = Keystone(url=real_keystone.url, username="admin", password="wrong")
        assert [good for good, _ in self.said(driver)] == [True, False]

    def test_the_administrator_of_the_cloud(self, admin):
        assert [good for good, _ in self.said(admin)] == [True, True, True]
