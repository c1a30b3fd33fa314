"""The end of a console account, and what may come between (USERS-6).

Each test runs on the stand-in and on a real Keystone: `iam` is the driver the portal uses.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from selfcare.background import claims
from selfcare.models import ConsoleAccess, now
from tests.jobs.converging import LOGIN, change, converge
from tests.ports.witness import new_key, own
from tests.wizard import add

RETRY = "Try again now"


@pytest.fixture
def settled(app, referent, users, portal_mail_is_sent, access):
    add(referent, console=("power_user",), users=users)
    portal_mail_is_sent()
    converge(app, access().id)
    return access().id


@pytest.fixture
def remove(referent, users, id_of, ref):
    """Remove Sophie; gives the receipt's address."""
    return lambda: referent.post(f"{users}/{id_of(LOGIN, ref)}/remove").location


class TestAddedAgainInAHurry:
    """Roles wished again before the end was carried out: late or not, the outcome is the same."""

    def test_users_6_what_the_removal_promised_is_kept(
        self, app, referent, users, ref, iam, settled, access, remove, outbox, portal_mail_is_sent
    ):
        key = access().iam_user_id
        own(iam, ref).create_key(new_key())
        receipt = remove()
        add(referent, console=("guest",), users=users)
        portal_mail_is_sent()
        assert "in progress" in referent.get(receipt).words
        converge(app, settled)
        assert iam.groups_of(ref, LOGIN) == {"guest"}
        assert own(iam, ref).access_keys() == []
        assert (access().state, access().iam_user_id == key) == ("done", False)
        page = referent.get(receipt)
        assert "in progress" not in page.words
        assert "Access keys deleted 1" in page.words
        assert outbox("console_access") == ["sophie.dupont@example.com"] * 2
        converge(app, settled)
        assert len(outbox("console_access")) == 2

    def test_users_6_a_500_between_the_end_and_the_beginning(
        self, app, referent, users, ref, iam, settled, access, remove, faulty
    ):
        receipt = remove()
        add(referent, console=("guest",), users=users)
        faulty.fail("POST /v3/users")
        assert converge(app, settled)
        assert "in progress" not in referent.get(receipt).words
        with time_machine.travel(now() + timedelta(minutes=1), tick=True):
            faulty.calls.clear()
            assert converge(app, settled) is None
        assert iam.groups_of(ref, LOGIN) == {"guest"}
        assert not [call for call in faulty.calls if call.startswith("DELETE")]

    def test_users_5_roles_taken_away_and_given_back_while_a_worker_is_at_it(
        self, app, referent, users, ref, iam, settled, access, id_of, faulty
    ):
        sophie = id_of(LOGIN, ref)
        change(referent, users, sophie)
        faulty.fail(
            "DELETE /v3/users",
            after=True,
            status=204,
            action=lambda: change(referent, users, sophie, ("guest",)),
        )
        converge(app, settled)
        assert access().state == "queued"
        faulty.calls.clear()
        converge(app, settled)
        assert iam.groups_of(ref, LOGIN) == {"guest"}
        assert not [call for call in faulty.calls if call.startswith("DELETE")]


class TestReceipt:
    def test_users_6_an_end_that_fails_is_said_and_not_given_up(
        self, app, referent, users, ref, iam, settled, access, remove, faulty
    ):
        receipt = remove()
        faulty.fail("DELETE /v3/users", status=403, times=2)
        converge(app, settled)
        page = referent.get(receipt)
        assert "The console does not allow the portal to do this." in page.words
        assert "Next try:" in page.words
        assert "in progress" not in page.words
        assert "console account of sophie.dupont" in referent.get(users).words
        assert RETRY in page.words
        assert referent.post(f"{receipt}/retry").location == receipt
        assert "in progress" in referent.get(receipt).words
        converge(app, settled)
        assert RETRY in referent.get(receipt).words
        with app.app_context():
            assert claims.overdue(ConsoleAccess, at=now() + timedelta(minutes=2)) == [settled]
        referent.post(f"{receipt}/retry")
        converge(app, settled)
        assert iam.groups_of(ref, LOGIN) is None
        assert RETRY not in referent.get(receipt).words
        assert "console account of sophie.dupont" not in referent.get(users).words

    def test_users_6_roles_taken_away_just_before_count_as_console_access(
        self, app, referent, users, ref, settled, remove, id_of
    ):
        change(referent, users, id_of(LOGIN, ref))
        receipt = remove()
        assert "in progress" in referent.get(receipt).words
        converge(app, settled)
        page = referent.get(receipt)
        assert "Console account deleted" in page.words
        assert "in progress" not in page.words
