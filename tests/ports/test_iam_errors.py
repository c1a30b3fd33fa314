"""Errors in all their shapes, and Flexible Engine's own calls, on the stand-in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import pytest
import time_machine

from selfcare.services.console.iam import errors
from selfcare.services.console.iam.flexible_engine import FlexibleEngine
from selfcare.services.console.iam.kinds import FLEXIBLE_ENGINE
from selfcare.services.console.iam.port import Held, Holder, NewKey
from tests.ports.witness import make_application, own


@pytest.mark.once
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (409, {"error": {"code": 409, "message": "Duplicate", "title": "Conflict"}}, "Conflict"),
        (400, {"error_msg": "in use", "error_code": "1110"}, "EmailTaken"),
        (400, {"error": {"code": 1111, "error_code": "1111", "message": "phone"}}, "PhoneTaken"),
        (404, {"error": {"message": "Could not find user"}}, "NotFound"),
        (403, {"error_msg": "no", "error_code": "IAM.0003"}, "Forbidden"),
        (401, {"error": {"message": "The account is locked for user: x"}}, "Locked"),
        (401, {"error": {"message": "Unauthorized"}}, "AuthExpired"),
        (
            400,
            {"error": {"message": "The password does not match"}},
            "WeakPassword",
        ),
        (400, {"error_msg": "too many", "error_code": "akSkNumExceed"}, "Quota"),
        (413, {"error": {"message": "quota"}}, "Quota"),
        (429, {}, "Throttled"),
        (410, "<html><title>Gone</title></html>", "Retryable"),
        (500, "", "Retryable"),
        (504, "<html>nginx</html>", "Retryable"),
        (400, [1, 2], "IamProblem"),
    ],
)
def test_users_8_one_normaliser_for_all_shapes(status, body, kind):
    text = body if isinstance(body, str) else json.dumps(body)
    assert type(errors.from_response(status, text)).__name__ == kind


@pytest.mark.once
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7),
        ("99999999", 14400),
        ("soon", None),
        ("", None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 12:00:00 GMT", 0),
        ("Mon, 22 Nov 2027 12:00:00 GMT", 14400),
        ("Mon, 99 Nov 2027 12:00:00 GMT", None),
    ],
)
@time_machine.travel("2026-11-22T12:00:00+00:00", tick=False)
def test_users_8_retry_after_is_read_with_care(given, seconds):
    assert errors.from_response(429, "", given).retry_after == seconds


@pytest.mark.once
class TestNames:
    def test_console_names_that_fit_are_the_login(self):
        assert FLEXIBLE_ENGINE.username_for("sophie.dupont") == "sophie.dupont"

    @pytest.mark.parametrize("login", ["1sophie.dupont", "s" * 33, "-sophie.dupont"])
    def test_console_other_names_are_derived_and_stable(self, login):
        name, shouted = map(FLEXIBLE_ENGINE.username_for, (login, login.upper()))
        assert name.casefold() == shouted.casefold()
        assert 5 <= len(name) <= 32
        assert not name[0].isdigit()


class TestFlexibleEngine:
    @pytest.fixture
    def cloud(self, stand_in):
        driver = FlexibleEngine(
            url=stand_in.url, username=stand_in.username, password=stand_in.password
        )
        driver._ensure("domains", {"name": "OCB0000124"}, "OCB0000124")  # the operator's part
        driver.prepare_contract("OCB0000124")
        return driver

    def test_users_4_makes_a_user_with_address_and_phone(self, cloud):
        holder = Holder("sophie.dupont", "s@example.com", mobile="+33 6 12 34 56 78")
        cloud.set_groups("OCB0000124", holder, frozenset({"guest"}))
        assert cloud.groups_of("OCB0000124", "sophie.dupont") == {"guest"}

    def test_users_4_an_address_of_somebody_else_is_a_conflict(self, cloud):
        cloud.set_groups(
            "OCB0000124", Holder("sophie.dupont", "s@example.com"), frozenset({"guest"})
        )
        other = Holder("other.person", "s@example.com")
        with pytest.raises(errors.EmailTaken):
            cloud.set_groups("OCB0000124", other, frozenset({"guest"}))

    def test_account_1_changed_details_arrive_there(self, cloud):
        guest = frozenset({"guest"})
        sophie = Holder("sophie.dupont", "s@example.com", mobile="+33 6 12 34 56 78")
        cloud.set_groups("OCB0000124", Holder("other.person", "o@example.com"), guest)
        sophie = replace(sophie, key=cloud.set_groups("OCB0000124", sophie, guest))
        moved = replace(sophie, email="new@example.com", overwrite=frozenset({"email", "mobile"}))
        cloud.set_groups("OCB0000124", moved, guest)
        assert cloud.overview("OCB0000124").account_of("", sophie.key).email == "new@example.com"
        with pytest.raises(errors.EmailTaken):
            cloud.set_groups("OCB0000124", replace(moved, email="o@example.com"), guest)

    @pytest.fixture
    def sophie(self, cloud):
        cloud.set_groups("OCB0000124", Holder("sophie.dupont", "s@e.com"), frozenset({"guest"}))
        domain, groups = cloud._domain_id("OCB0000124"), cloud._group_ids("OCB0000124")
        role = cloud._role_id("reader", "OCB0000124")  # the operator gives roles, too
        grant = f"/domains/{domain}/groups/{groups['guest']}/roles/{role}"
        cloud._call("PUT", grant, "OCB0000124")
        return own(cloud, "OCB0000124")

    def test_api_2_the_cloud_makes_the_keys_two_at_most(self, cloud, sophie):
        made = [sophie.create_key(NewKey("", mark=mark)) for mark in ("m1", "m2")]
        assert all(key.access and key.secret for key in made)
        with pytest.raises(errors.Quota):
            sophie.create_key(NewKey("", mark="m3"))
        sophie.delete_key(made[0].access)
        sophie.delete_key(made[0].access)
        [left] = sophie.access_keys()
        assert (left.access, left.mark, left.active) == (made[1].access, "m2", True)
        assert (left.created_at.tzinfo, left.last_used_at) == (UTC, None)
        assert cloud.delete_user("OCB0000124", "sophie.dupont") == Held(1, 0)

    def test_api_2_keys_are_put_to_rest_and_woken(self, cloud, sophie):
        assert cloud.kind.keys_rest
        key = sophie.create_key(NewKey(""))
        for usable in (False, True):
            sophie.enable_key(key.access, usable=usable)
            assert [one.active for one in sophie.access_keys()] == [usable]

    def test_api_4_there_are_no_application_credentials(self, cloud, sophie):
        assert not cloud.kind.has_application_credentials
        assert sophie.application_credentials() == []
        with pytest.raises(errors.Unsupported):
            make_application(sophie)
