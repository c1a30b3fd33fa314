"""The end of a console account, and what may come between (USERS-6).

Each test runs on the stand-in and on a real Keystone: `iam` is the driver the portal uses.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from selfcare.background import claims
from selfcare.models import ConsoleAccess, now
from tests.ports.witness import new_key, own

RETRY = "Try again now"


@pytest.fixture
def remove(world):
    """Remove Sophie; gives the receipt's address."""
    return lambda: world.referent.post(f"{world.users}/{world.member_id()}/remove").location


class TestAddedAgainInAHurry:
    """Roles wished again before the end was carried out: late or not, the outcome is the same."""

    def test_users_6_what_the_removal_promised_is_kept(self, world, settled, remove):
        key = world.access().iam_user_id
        own(world.iam, world.ref).create_key(new_key())
        receipt = remove()
        world.add(console=("guest",))
        world.portal_mail_is_sent()
        assert "in progress" in world.referent.get(receipt).words
        world.converge(settled)
        assert world.groups() == {"guest"}
        assert own(world.iam, world.ref).access_keys() == []
        assert (world.access().state, world.access().iam_user_id == key) == ("done", False)
        page = world.referent.get(receipt)
        assert "in progress" not in page.words
        assert "Access keys deleted 1" in page.words
        assert world.outbox("console_access") == ["sophie.dupont@example.com"] * 2
        world.converge(settled)
        assert len(world.outbox("console_access")) == 2

    def test_users_6_a_500_between_the_end_and_the_beginning(self, world, settled, remove):
        receipt = remove()
        world.add(console=("guest",))
        world.faulty.fail("POST /v3/users")
        assert world.converge(settled)
        assert "in progress" not in world.referent.get(receipt).words
        with time_machine.travel(now() + timedelta(minutes=1), tick=True):
            world.faulty.calls.clear()
            assert world.converge(settled) is None
        assert world.groups() == {"guest"}
        assert not [call for call in world.faulty.calls if call.startswith("DELETE")]

    def test_users_5_roles_taken_away_and_given_back_while_a_worker_is_at_it(self, world, settled):
        sophie = world.member_id()
        world.change(membership_id=sophie)
        world.faulty.fail(
            "DELETE /v3/users",
            after=True,
            status=204,
            action=lambda: world.change(("guest",), membership_id=sophie),
        )
        world.converge(settled)
        assert world.access().state == "queued"
        world.faulty.calls.clear()
        world.converge(settled)
        assert world.groups() == {"guest"}
        assert not [call for call in world.faulty.calls if call.startswith("DELETE")]


class TestReceipt:
    def test_users_6_an_end_that_fails_is_said_and_not_given_up(self, world, settled, remove):
        receipt = remove()
        world.faulty.fail("DELETE /v3/users", status=403, times=2)
        world.converge(settled)
        page = world.referent.get(receipt)
        assert "The console does not allow the portal to do this." in page.words
        assert "Next try:" in page.words
        assert "in progress" not in page.words
        assert "console account of sophie.dupont" in world.referent.get(world.users).words
        assert RETRY in page.words
        assert world.referent.post(f"{receipt}/retry").location == receipt
        assert "in progress" in world.referent.get(receipt).words
        world.converge(settled)
        assert RETRY in world.referent.get(receipt).words
        with world.app.app_context():
            assert claims.overdue(ConsoleAccess, at=now() + timedelta(minutes=2)) == [settled]
        world.referent.post(f"{receipt}/retry")
        world.converge(settled)
        assert world.groups() is None
        assert RETRY not in world.referent.get(receipt).words
        assert "console account of sophie.dupont" not in world.referent.get(world.users).words

    def test_users_6_roles_taken_away_just_before_count_as_console_access(
        self, world, settled, remove
    ):
        world.change()
        receipt = remove()
        assert "in progress" in world.referent.get(receipt).words
        world.converge(settled)
        page = world.referent.get(receipt)
        assert "Console account deleted" in page.words
        assert "in progress" not in page.words
