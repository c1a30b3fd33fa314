"""What was changed in the console, and whose own data changed here (USERS-8, ACCOUNT-1).

Each test runs on the stand-in and on a real Keystone: `iam` is the driver the portal uses.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import ConsoleAccess, MailedLink, now
from selfcare.services.accounts import people
from selfcare.services.console import access as console_access
from selfcare.services.console import looking
from selfcare.services.console.iam.port import Holder
from tests.browsing import Browser, Page
from tests.cast import account_of
from tests.jobs.converging import LOGIN
from tests.wizard import SOPHIE, add


def accept(referent: Browser, path: str, read: Page | None = None) -> Page:
    """« Accepter » on a page, by default as it is now."""
    seen = (read or referent.get(path)).one("form[action$=accept] [name=seen]")["value"]
    return referent.post(f"{path}/accept", {"seen": seen})


class TestTokens:
    def test_console_9_whose_tokens_are_ended_keeps_everything_else(self, world, settled):
        with world.app.app_context():
            console_access.end_tokens(account_of(LOGIN))
            db.session.commit()
        world.faulty.calls.clear()
        assert world.converge(settled) is None
        after = world.access()
        assert (after.state, after.ends_tokens, after.paused) == ("done", False, False)
        changes = [call for call in world.faulty.calls if call.startswith("PATCH /v3/users/")]
        assert len(changes) == 2, "disabled, and enabled again"
        assert world.iam.overview(world.ref).account_of(LOGIN).enabled
        assert world.groups() == {"power_user"}


class TestDrift:
    @staticmethod
    def look(world):
        with world.app.app_context():
            contract_id = db.session.execute(select(ConsoleAccess.contract_id)).scalar_one()
        with world.app.app_context(), time_machine.travel(now() + timedelta(seconds=2), tick=True):
            looking.look(contract_id)

    def test_users_8_what_was_changed_there_is_shown_and_not_undone(self, world, settled):
        world.iam.set_groups(world.ref, Holder(LOGIN, ""), frozenset({"guest"}))
        self.look(world)
        page = world.referent.get(world.path)
        assert "Roles taken away there: power_user" in page.words
        assert "Roles given there: guest" in page.words
        assert "changed in the console" in world.referent.get(world.users).words
        assert "1 account differed." in world.referent.get(f"{world.users}/console").words
        assert world.groups() == {"guest"}

    def test_users_8_restore(self, world, settled):
        world.iam.delete_user(world.ref, LOGIN)
        self.look(world)
        path = world.path
        assert "deleted in the console" in world.referent.get(path).words
        assert world.referent.post(f"{path}/retry").location == path
        world.converge(settled)
        assert world.groups() == {"power_user"}
        assert world.access().state == "done"

    def test_users_8_accept(self, world, settled):
        world.iam.set_groups(world.ref, Holder(LOGIN, ""), frozenset({"guest"}))
        self.look(world)
        path = world.path
        read = world.referent.get(path)
        assert accept(world.referent, path, read).status == 303
        world.converge(settled)
        assert world.access().wanted_groups == ["guest"]
        assert world.groups() == {"guest"}
        assert (
            accept(world.referent, path, read).location == path
        )  # a second click: nothing left to accept
        assert world.access().wanted_groups == ["guest"]

    def test_users_8_only_what_was_read_is_accepted(self, world, settled):
        world.iam.set_groups(world.ref, Holder(LOGIN, ""), frozenset({"power_user", "guest"}))
        self.look(world)
        path = world.path
        read = world.referent.get(path)
        world.iam.delete_user(world.ref, LOGIN)
        self.look(world)
        page = accept(world.referent, path, read)
        assert page.location == path
        assert "changed in the meantime" in world.referent.get(path).words
        assert world.access().wanted_groups == ["power_user"]

    def test_users_8_an_acceptance_undoes_no_newer_wish(self, world, settled):
        world.iam.set_groups(world.ref, Holder(LOGIN, ""), frozenset({"power_user", "guest"}))
        self.look(world)
        path = world.path
        read = world.referent.get(path)
        world.change(("admin",))
        accept(world.referent, path, read)
        assert world.access().wanted_groups == ["admin"]

    def test_users_2_groups_made_there_are_offered(self, world, settled):
        world.iam._ensure(
            "groups", {"name": "devops", "domain_id": world.iam._domain_id(world.ref)}, world.ref
        )
        self.look(world)
        step = world.referent.post(
            f"{world.users}/new", {**SOPHIE, "email": "a@b.fr", "login": "another.one"}
        )
        offered = [box["value"] for box in world.referent.get(step.location).all("[name=console]")]
        assert offered == ["admin", "power_user", "guest", "devops"]

    @pytest.fixture
    def there(self, world, settled):
        """Sophie's account, changed by whoever administrates the console."""
        user = world.access().iam_user_id
        return lambda **values: world.iam._call("PATCH", f"/users/{user}", "", {"user": values})

    def test_users_8_disabled_there_is_shown_and_restored_when_asked(self, world, settled, there):
        there(enabled=False)
        self.look(world)
        path = world.path
        assert "It was disabled there" in world.referent.get(path).words
        world.change(("guest",))  # no reason to enable it
        world.converge(settled)
        assert not world.iam.overview(world.ref).account_of(LOGIN).enabled
        self.look(world)
        world.referent.post(f"{path}/retry")
        world.converge(settled)
        assert world.iam.overview(world.ref).account_of(LOGIN).enabled
        self.look(world)
        assert world.access().drift is None

    def test_users_8_disabled_there_and_accepted_then_enabled_from_here(
        self, world, settled, there
    ):
        there(enabled=False)
        self.look(world)
        path = world.path
        accept(world.referent, path)
        world.converge(settled)
        self.look(world)
        page = world.referent.get(path)
        assert "which was accepted here" in page.words
        assert "disabled in the console" in world.referent.get(world.users).words
        assert not world.iam.overview(world.ref).account_of(LOGIN).enabled
        world.referent.post(f"{path}/retry")
        world.converge(settled)
        assert world.iam.overview(world.ref).account_of(LOGIN).enabled

    def test_dash_1_who_was_disabled_is_told_so(self, world, settled, there, browse_as):
        there(enabled=False)
        self.look(world)
        sophie, path = browse_as(LOGIN), f"/contracts/{world.ref}/dashboard"
        assert "Votre compte a été désactivé dans la console." in sophie.get(path).words
        accept(world.referent, world.path)
        world.converge(settled)
        assert "désactivé dans la console" in sophie.get(path).words
        world.referent.post(f"{world.users}/console/{world.member_id()}/retry")
        world.converge(settled)
        assert "désactivé" not in sophie.get(path).words

    def test_users_8_another_address_there_is_shown_and_restored_or_accepted(
        self, world, settled, there
    ):
        there(email="elsewhere@example.com")
        self.look(world)
        path = world.path
        page = world.referent.get(path)
        assert "elsewhere@example.com there, and sophie.dupont@example.com here" in page.words
        world.referent.post(f"{path}/retry")
        world.converge(settled)
        assert world.iam.overview(world.ref).account_of(LOGIN).email == "sophie.dupont@example.com"
        there(email="again@example.com")
        self.look(world)
        accept(world.referent, path)
        world.converge(settled)
        self.look(world)
        assert world.access().drift is None
        assert world.iam.overview(world.ref).account_of(LOGIN).email == "again@example.com"

    def test_users_8_renamed_there_is_shown_and_one_account_stays_one(self, world, settled, there):
        there(name="sophie.d")
        self.look(world)
        path = world.path
        assert (
            "It is called sophie.d there, and sophie.dupont here." in world.referent.get(path).words
        )
        accept(world.referent, path)
        world.converge(settled)
        assert (world.access().iam_username, world.access().state) == ("sophie.d", "done")
        assert [user.username for user in world.iam.overview(world.ref).users.values()] == [
            "sophie.d"
        ]
        world.referent.post(f"{world.users}/{world.member_id()}/remove")
        world.converge(settled)
        assert world.iam.overview(world.ref).users == {}

    def test_users_8_an_accepted_name_that_is_another_s_login_is_nobody_else_s_account(
        self, world, cast, settled, there
    ):
        there(name="jacques.dupont")
        self.look(world)
        accept(world.referent, world.path)
        world.converge(settled)
        cast.member("jacques.dupont", ref=world.ref)
        jacques = world.id_of("jacques.dupont", world.ref)
        world.change(("admin",), membership_id=jacques)
        for again in (False, True):
            world.converge(settled + 1)
            assert (
                "Somebody else has this name"
                in world.referent.get(f"{world.users}/{jacques}").words
            )
            assert world.iam.groups_of(world.ref, "jacques.dupont") == {"power_user"}  # Sophie's
            if not again:
                world.referent.post(f"{world.users}/console/{jacques}/retry")
        world.referent.post(f"{world.users}/{jacques}/remove")
        world.converge(settled + 1)
        assert world.iam.groups_of(world.ref, "jacques.dupont") == {"power_user"}


class TestOwnData:
    """A confirmed address and a new name reach the console, on every contract (ACCOUNT-1)."""

    @staticmethod
    def confirm(world, email):
        with world.app.app_context():
            sophie = account_of(LOGIN)
            people.ask_new_email(sophie, email)
            latest = select(MailedLink).order_by(MailedLink.id.desc()).limit(1)
            people.confirm_email(db.session.execute(latest).scalar_one())
            db.session.commit()

    def test_account_1_the_address_counts_there_once_it_is_confirmed(self, world, settled):
        with world.app.app_context():
            people.ask_new_email(account_of(LOGIN), "new@example.com")
            db.session.commit()
        assert world.access().state == "done"
        self.confirm(world, "new@example.com")
        assert world.access().state == "queued"
        world.converge(settled)
        assert world.iam.overview(world.ref).account_of(LOGIN).email == "new@example.com"
        assert (world.access().state, world.access().overwrite) == ("done", [])

    def test_account_1_the_name_follows_and_nothing_else(self, world, settled):
        user = world.access().iam_user_id
        world.iam._call("PATCH", f"/users/{user}", "", {"user": {"enabled": False}})
        with world.app.app_context():
            people.change_data(account_of(LOGIN), {"last_name": "Martin", "phone": None})
            db.session.commit()
        world.converge(settled)
        held = world.iam._call("GET", f"/users/{user}", "")["user"]
        assert held["description"] == "Sophie MARTIN"
        assert held["enabled"] is False
        assert held["email"] == "sophie.dupont@example.com"

    def test_account_1_what_the_console_does_not_hold_asks_nothing_of_it(self, world, settled):
        with world.app.app_context():
            people.change_data(account_of(LOGIN), {"phone": "+33 1 23 45 67 89"})
            db.session.commit()
        assert world.access().state == "done"

    def test_account_1_an_address_taken_there_is_said_and_tried_again_when_asked(
        self, world, settled
    ):
        taken = '{"error": {"code": 409, "message": "Duplicate email", "title": "Conflict"}}'
        world.faulty.fail("PATCH /v3/users", status=409, body=taken)
        self.confirm(world, "new@example.com")
        world.converge(settled)
        path = world.path
        page = world.referent.get(path)
        assert "Somebody else has this email address in the console." in page.words
        assert world.groups() == {"power_user"}
        world.referent.post(f"{path}/retry")
        world.converge(settled)
        assert world.iam.overview(world.ref).account_of(LOGIN).email == "new@example.com"
        assert world.access().state == "done"

    def test_account_1_every_contract_s_account_follows(self, world, settled, cast, browse_as):
        other = world.ref + "X"
        cast.member("paul.dupont", ref=other, referent=True)
        add(browse_as("paul.dupont"), console=("guest",), users=f"/contracts/{other}/users")
        self.everything(world)
        self.confirm(world, "new@example.com")
        self.everything(world)
        for contract in (world.ref, other):
            assert world.iam.overview(contract).account_of(LOGIN).email == "new@example.com"

    @staticmethod
    def everything(world):
        with world.app.app_context():
            waiting = db.session.execute(select(ConsoleAccess.id)).scalars().all()
        for access_id in waiting:
            world.converge(access_id)

    def test_account_1_a_worker_killed_before_it_told_the_console_is_made_good(
        self, world, settled
    ):
        self.confirm(world, "new@example.com")
        world.faulty.fail("PATCH /v3/users", after=True)
        assert world.converge(settled)
        assert world.access().overwrite == ["email"]
        with world.app.app_context():
            db.session.execute(update(ConsoleAccess).values(due_at=now()))
            db.session.commit()
        assert world.converge(settled) is None
        assert world.iam.overview(world.ref).account_of(LOGIN).email == "new@example.com"
