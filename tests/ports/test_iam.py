"""One suite for every IAM: the stand-in always, a real Keystone 30 too.

`openstacksdk`, which shares no code with our driver, looks at the outcome.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
import requests

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.keystone.driver import Keystone
from selfcare.services.console.iam.port import Held, Holder
from tests.ports.witness import GUEST, POWER, SOPHIE, groups_of, make_application, new_key, own

# openstacksdk warns of itself
pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


def token_of(console, ref, name, password):
    """A token of somebody's own."""
    user = {"name": name, "domain": {"name": ref}, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": "unscoped"}}
    answer = requests.post(f"{console.url}/auth/tokens", json=body, timeout=20)
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


def looks_at_themselves(console, key, token):
    """The answer's status to somebody who reads their own account with a token."""
    headers = {"X-Auth-Token": token}
    return requests.get(f"{console.url}/users/{key}", headers=headers, timeout=20).status_code


class TestContract:
    def test_staff_3_makes_domain_project_and_three_groups(self, iam, ref, witness):
        iam.prepare_contract(ref)
        domain = witness.identity.find_domain(ref, ignore_missing=False)
        groups = {group.name for group in witness.identity.groups(domain_id=domain.id)}
        assert groups == {"admin", "power_user", "guest"}
        assert [p.name for p in witness.identity.projects(domain_id=domain.id)] == [ref]

    def test_staff_3_grants_what_each_role_may_and_never_the_whole_cloud(
        self, iam, opened, witness
    ):
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        project = next(iter(witness.identity.projects(domain_id=domain.id)))
        given = {}
        for group in witness.identity.groups(domain_id=domain.id):
            for scope, target in (("domains", domain), ("projects", project)):
                path = f"/{scope}/{target.id}/groups/{group.id}/roles"
                roles = witness.identity.get(path).json()["roles"]
                given[group.name, scope] = {role["name"] for role in roles}
        assert given == {
            ("admin", "domains"): {"manager"},
            ("admin", "projects"): {"member"},
            ("power_user", "domains"): set(),
            ("power_user", "projects"): {"member"},
            ("guest", "domains"): set(),
            ("guest", "projects"): {"reader"},
        }

    def test_users_8_twice_is_once(self, iam, opened, witness):
        before = iam.overview(opened)
        iam.prepare_contract(opened)
        assert iam.overview(opened) == before

    def test_users_8_an_interrupted_contract_is_completed(self, iam, faulty, ref, console):
        faulty.fail("POST /v3/groups")
        with pytest.raises(errors.Retryable):
            iam.prepare_contract(ref)
        iam.prepare_contract(ref)
        assert iam.overview(ref).groups == {"admin", "power_user", "guest"}


class TestPerson:
    def test_users_4_gets_an_account_without_any_password(self, iam, opened, witness):
        iam.set_groups(opened, SOPHIE, GUEST)
        assert groups_of(witness, opened, "sophie.dupont") == {"guest"}
        assert not iam.check_password(opened, "sophie.dupont", "anything")

    def test_users_5_has_exactly_the_groups_wanted(self, iam, opened, witness):
        for wanted in ({"guest"}, {"guest", "power_user"}, {"power_user", "admin"}, {"admin"}):
            iam.set_groups(opened, SOPHIE, frozenset(wanted))
            assert groups_of(witness, opened, "sophie.dupont") == wanted

    def test_users_5_adds_before_it_removes(self, iam, opened, faulty):
        sophie = replace(SOPHIE, key=iam.set_groups(opened, SOPHIE, GUEST))
        faulty.calls.clear()
        iam.set_groups(opened, sophie, POWER)
        changes = [call.split()[0] for call in faulty.calls if not call.startswith("GET")]
        assert changes == ["PUT", "DELETE"]

    def test_users_8_what_is_right_already_is_left_alone(self, iam, opened, faulty):
        sophie = replace(SOPHIE, key=iam.set_groups(opened, SOPHIE, GUEST))
        faulty.calls.clear()
        iam.set_groups(opened, sophie, GUEST)
        assert not [call for call in faulty.calls if not call.startswith("GET")]

    def test_users_6_is_deleted_with_keys_and_stays_deleted(self, iam, opened, witness):
        iam.set_groups(opened, SOPHIE, GUEST)
        sophie = own(iam, opened)
        sophie.create_key(new_key())
        make_application(sophie)
        assert iam.delete_user(opened, "sophie.dupont") == Held(1, 1)
        assert groups_of(witness, opened, "sophie.dupont") is None
        assert iam.delete_user(opened, "sophie.dupont") == Held(0, 0)

    def test_users_6_of_a_contract_that_is_not_there_is_gone(self, iam):
        assert iam.delete_user("OCB9999999", "sophie.dupont") == Held(0, 0)

    def test_users_8_a_group_that_is_gone_is_said(self, iam, opened):
        with pytest.raises(errors.GroupMissing, match="devops"):
            iam.set_groups(opened, SOPHIE, frozenset({"devops"}))

    def test_users_8_a_contract_that_is_not_there_is_said(self, iam):
        with pytest.raises(errors.ContractMissing):
            iam.set_groups("OCB9999999", SOPHIE, GUEST)

    def test_users_2_a_group_made_in_the_console_can_be_chosen(self, iam, opened, witness):
        iam.set_groups(opened, SOPHIE, GUEST)
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        witness.identity.create_group(name="devops", domain_id=domain.id)
        iam.set_groups(opened, SOPHIE, frozenset({"devops"}))
        assert groups_of(witness, opened, "sophie.dupont") == {"devops"}
        assert "devops" in iam.overview(opened).groups

    def test_users_8_the_overview_tells_everybody_s_groups(self, iam, opened):
        iam.set_groups(opened, SOPHIE, frozenset({"guest", "admin"}))
        seen = iam.overview(opened)
        sophie = seen.account_of("Sophie.Dupont")
        assert sophie.groups == {"guest", "admin"}
        assert (sophie.email, sophie.enabled) == ("sophie.dupont@example.com", True)
        assert seen.account_of("nobody.here") is None

    def test_users_8_somebody_new_costs_two_calls(self, iam, opened, faulty):
        iam.set_groups(opened, SOPHIE, GUEST)
        faulty.calls.clear()
        iam.set_groups(opened, Holder("zoe.petit", "zoe.petit@example.com"), GUEST)
        assert [call.split("?")[0].split("/")[0] for call in faulty.calls] == ["POST ", "PUT "]

    def test_users_8_an_account_made_in_the_console_is_adopted_as_it_is(self, iam, opened, witness):
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        witness.identity.create_user(
            name=SOPHIE.username, domain_id=domain.id, email="own@example.com", is_enabled=False
        )
        key = iam.set_groups(opened, SOPHIE, GUEST)
        found = iam.overview(opened).account_of(SOPHIE.username)
        assert (found.key, found.email, found.enabled) == (key, "own@example.com", False)
        assert found.groups == GUEST


class TestPasswords:
    @pytest.mark.parametrize("password", ["", "x" * 73, "é" * 37])
    def test_api_1_refuses_what_the_iam_would_take_amiss(self, iam, opened, password):
        iam.set_groups(opened, SOPHIE, GUEST)
        with pytest.raises(errors.WeakPassword):
            iam.set_password(opened, "sophie.dupont", password)

    def test_api_1_the_password_works(self, iam, opened):
        iam.set_groups(opened, SOPHIE, GUEST)
        iam.set_password(opened, "sophie.dupont", "Espace-2026!")
        time.sleep(1.1)  # revocation has a granularity of one second
        assert iam.check_password(opened, "sophie.dupont", "Espace-2026!")
        assert not iam.check_password(opened, "sophie.dupont", "Espace-2026")

    def test_console_9_disabling_for_a_moment_ends_tokens_and_no_key(
        self, iam, opened, witness, console
    ):
        key = iam.set_groups(opened, SOPHIE, GUEST)
        ours = new_key()
        own(iam, opened).create_key(ours)
        token = token_of(console, opened, "sophie.dupont", "Espace-2026!")
        assert looks_at_themselves(console, key, token) == 200
        assert iam.is_enabled(opened, key)
        iam.enable(opened, key, usable=False)
        assert not iam.is_enabled(opened, key)
        iam.enable(opened, key, usable=True)
        assert looks_at_themselves(console, key, token) == 401
        assert groups_of(witness, opened, "sophie.dupont") == GUEST
        time.sleep(1.1)
        sophie = iam.sign_in(opened, "sophie.dupont", "Espace-2026!")
        assert [one.access for one in sophie.access_keys()] == [ours.access]

    def test_console_9_an_account_that_is_gone_is_not_enabled(self, iam, opened):
        key = iam.set_groups(opened, SOPHIE, GUEST)
        iam.delete_user(opened, "sophie.dupont")
        assert not iam.is_enabled(opened, key)
        iam.enable(opened, key, usable=True)


class TestFaults:
    def test_users_8_a_500_in_the_middle_is_retryable_and_then_made_good(
        self, iam, opened, faulty, witness
    ):
        faulty.fail("PUT /v3/groups")
        with pytest.raises(errors.Retryable):
            iam.set_groups(opened, SOPHIE, GUEST)
        iam.set_groups(opened, SOPHIE, GUEST)
        assert groups_of(witness, opened, "sophie.dupont") == {"guest"}

    def test_users_8_a_hanging_call_is_sent_once_and_given_up(
        self, iam, opened, impatient, faulty, witness
    ):
        faulty.fail("POST /v3/users", after=True, hang=4)
        with pytest.raises(errors.Slow):
            iam.set_groups(opened, SOPHIE, GUEST)
        assert sum(call.startswith("POST /v3/users") for call in faulty.calls) == 1
        iam.set_groups(opened, SOPHIE, GUEST)  # it had been made all the same
        assert groups_of(witness, opened, "sophie.dupont") == {"guest"}

    def test_users_8_a_dropped_connection_is_retryable(self, iam, opened, faulty):
        faulty.fail("POST /v3/users", drop=True)
        with pytest.raises(errors.Retryable):
            iam.set_groups(opened, SOPHIE, GUEST)

    def test_users_8_throttling_says_how_long(self, iam, opened, faulty):
        faulty.fail("POST /v3/users", status=429, headers={"Retry-After": "90"})
        with pytest.raises(errors.Throttled) as met:
            iam.set_groups(opened, SOPHIE, GUEST)
        assert met.value.retry_after == 90

    def test_users_8_html_is_no_answer(self, iam, opened, faulty):
        html = "<html><head><title>Bad gateway</title></head></html>"
        faulty.fail("POST /v3/users", status=502, body=html)
        with pytest.raises(errors.Retryable, match="Bad gateway"):
            iam.set_groups(opened, SOPHIE, GUEST)
        faulty.fail("POST /v3/users", status=200, body=html)
        with pytest.raises(errors.Retryable, match="no JSON"):
            iam.set_groups(opened, SOPHIE, GUEST)

    def test_users_8_a_token_that_died_is_asked_for_anew(self, iam, opened, faulty):
        faulty.fail("POST /v3/users", status=401)
        iam.set_groups(opened, SOPHIE, GUEST)
        assert iam.groups_of(opened, "sophie.dupont") == {"guest"}

    def test_users_8_nobody_there_is_retryable(self, faulty):
        driver = Keystone(url="http://127.0.0.1:9/v3", username="a", password="b", timeout=1)
        with pytest.raises(errors.Retryable):
            driver.groups_of("OCB0000124", "sophie.dupont")

    def test_users_8_a_wrong_service_password_is_said(self, console):
        driver = Keystone(url=console.url, username="admin", password="wrong", timeout=5)
        with pytest.raises(errors.AuthExpired):
            driver.groups_of("OCB0000124", "sophie.dupont")
        assert [finding.good for finding in driver.findings()] == [True, False]

    def test_users_8_parallel_calls_for_one_person_make_one_account(
        self, console, faulty, opened, witness
    ):
        problems = []

        def run():
            driver = Keystone(
                url=faulty.url, username=console.username, password=console.password, timeout=10
            )
            try:
                driver.set_groups(opened, SOPHIE, GUEST)
            except errors.IamProblem as problem:
                problems.append(problem)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(problem.retryable for problem in problems), problems
        domain = witness.identity.find_domain(opened, ignore_missing=False)
        assert len(list(witness.identity.users(domain_id=domain.id))) == 1

    def test_users_8_the_check_command_finds_all_well(self, iam):
        assert {finding.good for finding in iam.findings()} == {True}
