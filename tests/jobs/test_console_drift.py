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
from selfcare.services.console import domains as console_domains
from selfcare.services.console.iam.port import Holder
from tests.browsing import Browser, Page
from tests.cast import account_of
from tests.jobs.converging import LOGIN, change, converge
from tests.wizard import SOPHIE, add


def accept(referent: Browser, path: str, read: Page | None = None) -> Page:
    """« Accepter » on a page, by default as it is now."""
    seen = (read or referent.get(path)).one("form[action$=accept] [name=seen]")["value"]
    return referent.post(f"{path}/accept", {"seen": seen})


class TestDrift:
    @pytest.fixture
    def settled(self, app, referent, users, portal_mail_is_sent, access):
        add(referent, console=("power_user",), users=users)
        portal_mail_is_sent()
        converge(app, access().id)
        return access().id

    @staticmethod
    def look(app, ref):
        with app.app_context():
            contract_id = db.session.execute(select(ConsoleAccess.contract_id)).scalar_one()
        with app.app_context(), time_machine.travel(now() + timedelta(seconds=2), tick=True):
            console_domains.look(contract_id)

    def test_users_8_what_was_changed_there_is_shown_and_not_undone(
        self, app, ref, iam, settled, referent, users, id_of
    ):
        iam.set_groups(ref, Holder(LOGIN, ""), frozenset({"guest"}))
        self.look(app, ref)
        page = referent.get(f"{users}/console/{id_of(LOGIN, ref)}")
        assert "Roles taken away there: power_user" in page.words
        assert "Roles given there: guest" in page.words
        assert "changed in the console" in referent.get(users).words
        assert iam.groups_of(ref, LOGIN) == {"guest"}

    def test_users_8_restore(self, app, ref, iam, settled, referent, users, id_of, access):
        iam.delete_user(ref, LOGIN)
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        assert "deleted in the console" in referent.get(path).words
        assert referent.post(f"{path}/retry").location == path
        converge(app, settled)
        assert iam.groups_of(ref, LOGIN) == {"power_user"}
        assert access().state == "done"

    def test_users_8_accept(self, app, ref, iam, settled, referent, users, id_of, access):
        iam.set_groups(ref, Holder(LOGIN, ""), frozenset({"guest"}))
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        read = referent.get(path)
        assert accept(referent, path, read).status == 303
        converge(app, settled)
        assert access().wanted_groups == ["guest"]
        assert iam.groups_of(ref, LOGIN) == {"guest"}
        assert (
            accept(referent, path, read).location == path
        )  # a second click: nothing left to accept
        assert access().wanted_groups == ["guest"]

    def test_users_8_only_what_was_read_is_accepted(
        self, app, ref, iam, settled, referent, users, id_of, access
    ):
        iam.set_groups(ref, Holder(LOGIN, ""), frozenset({"power_user", "guest"}))
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        read = referent.get(path)
        iam.delete_user(ref, LOGIN)
        self.look(app, ref)
        page = accept(referent, path, read)
        assert page.location == path
        assert "changed in the meantime" in referent.get(path).words
        assert access().wanted_groups == ["power_user"]

    def test_users_8_an_acceptance_undoes_no_newer_wish(
        self, app, ref, iam, settled, referent, users, id_of, access
    ):
        iam.set_groups(ref, Holder(LOGIN, ""), frozenset({"power_user", "guest"}))
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        read = referent.get(path)
        change(referent, users, id_of(LOGIN, ref), ("admin",))
        accept(referent, path, read)
        assert access().wanted_groups == ["admin"]

    def test_users_2_groups_made_there_are_offered(self, app, ref, iam, settled, referent, users):
        iam._ensure("groups", {"name": "devops", "domain_id": iam._domain_id(ref)}, ref)
        self.look(app, ref)
        step = referent.post(f"{users}/new", {**SOPHIE, "email": "a@b.fr", "login": "another.one"})
        offered = [box["value"] for box in referent.get(step.location).all("[name=console]")]
        assert offered == ["admin", "power_user", "guest", "devops"]

    @pytest.fixture
    def there(self, iam, settled, access):
        """Sophie's account, changed by whoever administrates the console."""
        user = access().iam_user_id
        return lambda **values: iam._call("PATCH", f"/users/{user}", "", {"user": values})

    def test_users_8_disabled_there_is_shown_and_restored_when_asked(
        self, app, ref, iam, settled, there, referent, users, id_of, access
    ):
        there(enabled=False)
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        assert "It was disabled there" in referent.get(path).words
        change(referent, users, id_of(LOGIN, ref), ("guest",))  # no reason to enable it
        converge(app, settled)
        assert not iam.overview(ref).account_of(LOGIN).enabled
        self.look(app, ref)
        referent.post(f"{path}/retry")
        converge(app, settled)
        assert iam.overview(ref).account_of(LOGIN).enabled
        self.look(app, ref)
        assert access().drift is None

    def test_users_8_disabled_there_and_accepted_then_enabled_from_here(
        self, app, ref, iam, settled, there, referent, users, id_of, access
    ):
        there(enabled=False)
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        accept(referent, path)
        converge(app, settled)
        self.look(app, ref)
        page = referent.get(path)
        assert "which was accepted here" in page.words
        assert "disabled in the console" in referent.get(users).words
        assert not iam.overview(ref).account_of(LOGIN).enabled
        referent.post(f"{path}/retry")
        converge(app, settled)
        assert iam.overview(ref).account_of(LOGIN).enabled

    def test_dash_1_who_was_disabled_is_told_so(
        self, app, ref, iam, settled, there, referent, users, id_of, browse_as
    ):
        there(enabled=False)
        self.look(app, ref)
        sophie, path = browse_as(LOGIN), f"/contracts/{ref}/dashboard"
        assert "Votre compte a été désactivé dans la console." in sophie.get(path).words
        accept(referent, f"{users}/console/{id_of(LOGIN, ref)}")
        converge(app, settled)
        assert "désactivé dans la console" in sophie.get(path).words
        referent.post(f"{users}/console/{id_of(LOGIN, ref)}/retry")
        converge(app, settled)
        assert "désactivé" not in sophie.get(path).words

    def test_users_8_another_address_there_is_shown_and_restored_or_accepted(
        self, app, ref, iam, settled, there, referent, users, id_of, access
    ):
        there(email="elsewhere@example.com")
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        page = referent.get(path)
        assert "elsewhere@example.com there, and sophie.dupont@example.com here" in page.words
        referent.post(f"{path}/retry")
        converge(app, settled)
        assert iam.overview(ref).account_of(LOGIN).email == "sophie.dupont@example.com"
        there(email="again@example.com")
        self.look(app, ref)
        accept(referent, path)
        converge(app, settled)
        self.look(app, ref)
        assert access().drift is None
        assert iam.overview(ref).account_of(LOGIN).email == "again@example.com"

    def test_users_8_renamed_there_is_shown_and_one_account_stays_one(
        self, app, ref, iam, settled, there, referent, users, id_of, access
    ):
        there(name="sophie.d")
        self.look(app, ref)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        assert "It is called sophie.d there, and sophie.dupont here." in referent.get(path).words
        accept(referent, path)
        converge(app, settled)
        assert (access().iam_username, access().state) == ("sophie.d", "done")
        assert [user.username for user in iam.overview(ref).users.values()] == ["sophie.d"]
        referent.post(f"{users}/{id_of(LOGIN, ref)}/remove")
        converge(app, settled)
        assert iam.overview(ref).users == {}

    def test_users_8_an_accepted_name_that_is_another_s_login_is_nobody_else_s_account(
        self, app, cast, ref, iam, settled, there, referent, users, id_of, access
    ):
        there(name="jacques.dupont")
        self.look(app, ref)
        accept(referent, f"{users}/console/{id_of(LOGIN, ref)}")
        converge(app, settled)
        cast.member("jacques.dupont", ref=ref)
        jacques = id_of("jacques.dupont", ref)
        change(referent, users, jacques, ("admin",))
        for again in (False, True):
            converge(app, settled + 1)
            assert "Somebody else has this name" in referent.get(f"{users}/{jacques}").words
            assert iam.groups_of(ref, "jacques.dupont") == {"power_user"}  # Sophie's
            if not again:
                referent.post(f"{users}/console/{jacques}/retry")
        referent.post(f"{users}/{jacques}/remove")
        converge(app, settled + 1)
        assert iam.groups_of(ref, "jacques.dupont") == {"power_user"}


class TestOwnData:
    """A confirmed address and a new name reach the console, on every contract (ACCOUNT-1)."""

    @pytest.fixture
    def settled(self, app, referent, users, portal_mail_is_sent, access):
        add(referent, console=("power_user",), users=users)
        portal_mail_is_sent()
        converge(app, access().id)
        return access().id

    @staticmethod
    def confirm(app, email):
        with app.app_context():
            sophie = account_of(LOGIN)
            people.ask_new_email(sophie, email)
            people.confirm_email(db.session.execute(select(MailedLink)).scalars().all()[-1])
            db.session.commit()

    def test_account_1_the_address_counts_there_once_it_is_confirmed(
        self, app, ref, iam, settled, access
    ):
        with app.app_context():
            people.ask_new_email(account_of(LOGIN), "new@example.com")
            db.session.commit()
        assert access().state == "done"
        self.confirm(app, "new@example.com")
        assert access().state == "queued"
        converge(app, settled)
        assert iam.overview(ref).account_of(LOGIN).email == "new@example.com"
        assert (access().state, access().overwrite) == ("done", [])

    def test_account_1_the_name_follows_and_nothing_else(self, app, ref, iam, settled, access):
        user = access().iam_user_id
        iam._call("PATCH", f"/users/{user}", "", {"user": {"enabled": False}})
        with app.app_context():
            people.change_data(account_of(LOGIN), {"last_name": "Martin", "phone": None})
            db.session.commit()
        converge(app, settled)
        held = iam._call("GET", f"/users/{user}", "")["user"]
        assert held["description"] == "Sophie MARTIN"
        assert held["enabled"] is False
        assert held["email"] == "sophie.dupont@example.com"

    def test_account_1_what_the_console_does_not_hold_asks_nothing_of_it(
        self, app, settled, access
    ):
        with app.app_context():
            people.change_data(account_of(LOGIN), {"phone": "+33 1 23 45 67 89"})
            db.session.commit()
        assert access().state == "done"

    def test_account_1_an_address_taken_there_is_said_and_tried_again_when_asked(
        self, app, ref, iam, settled, access, faulty, referent, users, id_of
    ):
        taken = '{"error": {"code": 409, "message": "Duplicate email", "title": "Conflict"}}'
        faulty.fail("PATCH /v3/users", status=409, body=taken)
        self.confirm(app, "new@example.com")
        converge(app, settled)
        path = f"{users}/console/{id_of(LOGIN, ref)}"
        page = referent.get(path)
        assert "Somebody else has this email address in the console." in page.words
        assert iam.groups_of(ref, LOGIN) == {"power_user"}
        referent.post(f"{path}/retry")
        converge(app, settled)
        assert iam.overview(ref).account_of(LOGIN).email == "new@example.com"
        assert access().state == "done"

    def test_account_1_every_contract_s_account_follows(
        self, app, ref, iam, settled, cast, browse_as
    ):
        other = ref + "X"
        cast.member("paul.dupont", ref=other, referent=True)
        add(browse_as("paul.dupont"), console=("guest",), users=f"/contracts/{other}/users")
        self.everything(app)
        self.confirm(app, "new@example.com")
        self.everything(app)
        for contract in (ref, other):
            assert iam.overview(contract).account_of(LOGIN).email == "new@example.com"

    @staticmethod
    def everything(app):
        with app.app_context():
            waiting = db.session.execute(select(ConsoleAccess.id)).scalars().all()
        for access_id in waiting:
            converge(app, access_id)

    def test_account_1_a_worker_killed_before_it_told_the_console_is_made_good(
        self, app, ref, iam, settled, access, faulty
    ):
        self.confirm(app, "new@example.com")
        faulty.fail("PATCH /v3/users", after=True)
        assert converge(app, settled)
        assert access().overwrite == ["email"]
        with app.app_context():
            db.session.execute(update(ConsoleAccess).values(due_at=now()))
            db.session.commit()
        assert converge(app, settled) is None
        assert iam.overview(ref).account_of(LOGIN).email == "new@example.com"
