"""An import adds users only while the person whose file it is may add some (USERS-9)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, Contract, Membership, UserImport, UserImportLine
from selfcare.rights import Profile, Section, profiles_of_new_user
from selfcare.services.console import access
from selfcare.services.users import imports, members
from selfcare.services.users.imports import Line
from selfcare.services.users.roles import Roles
from tests.cast import account_of

MANAGER = Profile.MANAGER
REF = "OCB0000124"


@pytest.fixture
def loaded(app, cast) -> int:
    """Three people in Jacques's file; he has said to add them."""
    cast.member("paul.dupont", referent=True)
    cast.member("jacques.dupont", users=MANAGER)
    lines = [
        Line(
            number=number,
            label=f"Sophie {number}",
            person={
                "civility": "madam",
                "last_name": "Durand",
                "first_name": "Sophie",
                "login": f"sophie.durand{number}",
                "email": f"sophie{number}@example.com",
                "phone": None,
                "mobile": "+33 6 12 34 56 78",
                "locale": "en",
            },
            roles=Roles(profiles_of_new_user()).as_json(),
        )
        for number in (2, 3, 4)
    ]
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        made = imports.keep(contract, account_of("jacques.dupont"), "many.csv", lines)
        imports.start(made)
        db.session.commit()
        return made.id


def membership(login: str) -> Membership:
    return db.session.execute(
        select(Membership).filter_by(account_id=account_of(login).id)
    ).scalar_one()


def remove(app, login: str) -> None:
    with app.app_context():
        members.remove(membership(login), by=account_of("paul.dupont"))
        db.session.commit()


def take_the_right(app, login: str) -> None:
    with app.app_context():
        kept = membership(login)
        seen = members.roles_of(kept)
        less = Roles({**seen.profiles, Section.USERS: Profile.CONSOLE_MANAGER}, seen.console)
        members.change(kept, less, seen=seen, by=account_of("paul.dupont"))
        db.session.commit()


@pytest.mark.parametrize("lose", [remove, take_the_right])
def test_users_9_who_lost_the_right_adds_nobody_any_more(app, loaded, worker, mailbox, lose):
    lose(app, "jacques.dupont")
    worker.run()
    with app.app_context():
        assert not db.session.execute(
            select(Membership).join(Membership.account).filter_by(last_name="Durand")
        ).first()
        done = db.session.get_one(UserImport, loaded)
        assert done.state == "done"
        for line in db.session.execute(select(UserImportLine)).scalars():
            assert (line.state, line.values) == ("refused", {})
            assert "may no longer add users" in line.problems[0]["en"]
        [entry] = db.session.execute(
            select(AuditEntry).filter_by(action="import.stopped")
        ).scalars()
        assert (entry.subject, entry.contract_ref) == ("jacques.dupont", REF)
    for login in ("jacques.dupont", "paul.dupont"):
        stopped = [
            mail
            for mail in mailbox.all()
            if login in str(mail["To"]) and "Import of users stopped" in str(mail["Subject"])
        ]
        assert len(stopped) == 1
        text = stopped[0].get_body(("plain",)).get_content()
        assert "Jacques DUPONT may no longer add users there" in text
        assert "Lines left out: 3" in text


def test_users_9_a_right_lost_between_two_lines_stops_the_rest(
    app, another_app, loaded, worker, monkeypatch
):
    ask, asked, web = imports._next_line, [], another_app()

    def meanwhile(import_id: int) -> UserImportLine | None:
        asked.append(import_id)
        if len(asked) == 2:
            remove(web, "jacques.dupont")  # another process, with connections of its own
        return ask(import_id)

    monkeypatch.setattr(imports, "_next_line", meanwhile)
    worker.run()
    with app.app_context():
        counted = imports.progress(db.session.get_one(UserImport, loaded))
        assert (counted.added, counted.refused, counted.waiting) == (1, 2, 0)


def test_users_9_the_page_says_why_the_rest_was_left_out(app, loaded, worker, browse_as):
    take_the_right(app, "jacques.dupont")
    worker.run()
    with app.app_context():
        kept = membership("jacques.dupont")
        seen = members.roles_of(kept)
        more = Roles({**seen.profiles, Section.USERS: MANAGER}, seen.console)
        members.change(kept, more, seen=seen, by=account_of("paul.dupont"))
        db.session.commit()
    page = browse_as("jacques.dupont").get(f"/contracts/{REF}/users/import/{loaded}")
    assert "Refused: 3" in page.words
    assert "the person who loaded the file may no longer add users" in page.words


def test_users_9_the_import_goes_on_before_the_console_begins(app, loaded, worker, monkeypatch):
    """All are added first: until then the bar moves, and the console would only hold it up."""
    monkeypatch.setattr(imports, "ROUND", imports.ROUND * 0)
    monkeypatch.setattr(imports, "WAKE_EVERY", 1)
    with app.app_context():
        contract = db.session.execute(select(Contract.id)).scalar_one()
        db.session.rollback()
        access.converge_waiting.enqueue(contract)
        imports.run(loaded)
    waiting = [(job.func_name, job.args) for job in worker.queues[2].jobs]
    assert waiting[0] == (imports.run.path, (loaded,))
    console = [args for name, args in waiting if name == access.converge_waiting.path]
    assert console == [(contract,)], "one for a contract, however often it is woken"
