"""Accounts made in the console: shown, taken over, deleted when somebody says so (USERS-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, ConsoleAccess, Contract, UnknownAccount, now
from selfcare.rights import Profile
from selfcare.services.console import domains, looking, sweeps, unknown
from selfcare.services.console.iam import Holder
from tests.plugin_console import peers

GUEST = frozenset({"guest"})
on_both = pytest.mark.parametrize("console", peers(pytest.mark.once), indirect=True)


@pytest.fixture
def console(request):
    """The stand-in; a real Keystone as well in tests that are `on_both`."""
    real = getattr(request, "param", "stand-in") == "keystone"
    return request.getfixturevalue("real_keystone" if real else "stand_in")


@pytest.fixture
def portal(app, cast, ref, iam):
    """A contract whose referent has a colleague without console roles."""
    cast.member("paul.dupont", ref=ref, referent=True)
    cast.member("marie.dupont", ref=ref)
    with app.app_context():
        contract_id = db.session.execute(select(Contract.id).filter_by(ref=ref)).scalar_one()
        domains.prepared(contract_id, ref)
    return contract_id


@pytest.fixture
def made_there(app, portal, ref, iam):
    """Two accounts that somebody made in the console: one has Marie's address."""
    with app.app_context():
        iam.set_groups(ref, Holder("m.dupont", "Marie.Dupont@example.com"), GUEST)
        iam.set_groups(ref, Holder("robot", "robot@example.com"), frozenset())
    look(app, portal)


def look(app, contract_id):
    with app.app_context(), time_machine.travel(now() + timedelta(seconds=2), tick=True):
        looking.look(contract_id)


def named(app, username):
    with app.app_context():
        return db.session.execute(
            select(UnknownAccount.id).filter_by(username=username)
        ).scalar_one_or_none()


@pytest.fixture
def paul(browse_as, made_there):
    return browse_as("paul.dupont")


@pytest.fixture
def page(paul, ref):
    return f"/contracts/{ref}/users/console"


def test_users_8_accounts_of_nobody_are_shown_and_stay(app, portal, paul, page, ref, iam):
    words = paul.get(page).words
    assert "m.dupont" in words
    assert "robot" in words
    assert "no role" in words
    look(app, portal)
    assert {one.username for one in iam.overview(ref).users.values()} == {
        "m.dupont",
        "robot",
    }


@on_both
def test_users_8_take_over_makes_it_the_member_s_with_its_roles(app, paul, page, ref, iam, worker):
    before = iam.overview(ref).account_of("m.dupont")
    shown = paul.get(page)
    assert "A user of this contract has this address" in shown.words
    [form] = shown.all("form[action*=adopt]")
    paul.post(str(form["action"]))
    assert "m.dupont now belongs to Marie.Dupont@example.com" in paul.get(page).words
    worker.run()
    with app.app_context():
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
    assert (access.state, access.wanted_groups) == ("done", ["guest"])
    assert access.iam_user_id == before.key
    assert iam.overview(ref).account_of("m.dupont") == before, "the same account"
    assert named(app, "m.dupont") is None
    again = paul.post(str(form["action"]))
    assert again.status in {303, 404}


def test_users_8_nobody_else_s_account_is_taken_over(app, paul, page, id_of, ref):
    wrong = f"{page}/unknown/{named(app, 'robot')}/adopt/{id_of('marie.dupont', ref)}"
    paul.post(wrong)
    assert named(app, "robot")
    with app.app_context():
        assert db.session.execute(select(ConsoleAccess)).all() == []


@on_both
def test_users_8_delete_is_asked_and_done_by_a_job(app, paul, page, ref, iam, worker):
    path = f"{page}/unknown/{named(app, 'robot')}/delete"
    assert "robot" in paul.get(path).words
    assert iam.overview(ref).account_of("robot")
    assert paul.post(path).status == 303
    assert "is being deleted" in paul.get(page).words
    worker.run()
    assert iam.overview(ref).account_of("robot") is None
    assert named(app, "robot") is None
    with app.app_context():
        said = select(AuditEntry.action).order_by(AuditEntry.id.desc())
        assert db.session.execute(said).scalars().first() == "console.account_deleted"


def test_users_8_an_account_that_became_a_member_s_is_not_deleted(
    app, paul, page, portal, ref, iam, worker, cast
):
    unknown_id = named(app, "m.dupont")
    key = iam.overview(ref).account_of("m.dupont").key
    paul.post(f"{page}/unknown/{unknown_id}/delete")
    worker.redis.flushdb()
    cast.member("sophie.dupont", ref=ref, console_roles=["guest"])
    with app.app_context():
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        access.iam_user_id = key
        db.session.commit()
        unknown.end(unknown_id)
    assert iam.overview(ref).account_of("m.dupont")
    assert named(app, "m.dupont") is None


def test_users_8_a_console_that_is_away_deletes_it_later(app, paul, page, ref, faulty, iam, worker):
    fault = faulty.fail("DELETE", status=503, times=100)
    paul.post(f"{page}/unknown/{named(app, 'robot')}/delete")
    worker.run()
    assert named(app, "robot")
    fault.times = 0
    with time_machine.travel(now() + timedelta(minutes=1), tick=True):
        with app.app_context():
            sweeps.wake_consoles()
        worker.run()
    assert named(app, "robot") is None


def test_rights_only_who_gives_console_roles_decides(app, cast, ref, browse_as, page):
    cast.member("visitor", ref=ref, users=Profile.VISITOR)
    visitor = browse_as("visitor")
    seen = visitor.get(page)
    assert "robot" in seen.words
    assert seen.all("form[action*=adopt]") == []
    assert visitor.post(f"{page}/unknown/{named(app, 'robot')}/delete").status == 403
