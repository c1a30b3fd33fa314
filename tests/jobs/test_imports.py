"""An import adds users only while the person whose file it is may add some (USERS-9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select

from selfcare.background.claims import Claim
from selfcare.database import db
from selfcare.models import AuditEntry, Contract, Mail, Membership, UserImport, UserImportLine
from selfcare.rights import Profile, Section, profiles_of_new_user
from selfcare.services.console import converging
from selfcare.services.users import adding, imports, members
from selfcare.services.users.imports import Line
from selfcare.services.users.roles import Roles
from tests.cast import account_of
from tests.wizard import SOPHIE

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
        adding.start(made)
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


def let_it_end(app, login: str) -> None:
    with app.app_context():
        membership(login).ends_on = date(2017, 1, 1)
        db.session.commit()


@pytest.mark.parametrize("lose", [remove, take_the_right, let_it_end])
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


def test_users_9_a_right_lost_between_two_turns_stops_the_rest(
    app, another_app, loaded, worker, monkeypatch
):
    add, added, web = adding._add_some, [], another_app()

    def meanwhile(mine: Claim[UserImport]) -> bool:
        added.append(mine)
        if len(added) == 2:
            remove(web, "jacques.dupont")  # another process, with connections of its own
        return add(mine)

    monkeypatch.setattr(adding, "TOGETHER", 1)
    monkeypatch.setattr(adding, "_add_some", meanwhile)
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
    monkeypatch.setattr(adding, "ROUND", adding.ROUND * 0)
    monkeypatch.setattr(adding, "TOGETHER", 1)
    with app.app_context():
        contract = db.session.execute(select(Contract.id)).scalar_one()
        db.session.rollback()
        converging.converge_waiting.enqueue(contract)
        adding.run(loaded)
    waiting = [(job.func_name, job.args) for job in worker.queues[2].jobs]
    assert waiting[0] == (adding.run.path, (loaded,))
    console = [args for name, args in waiting if name == converging.converge_waiting.path]
    assert console == [(contract,)], "one for a contract, however often it is woken"


@pytest.fixture
def statements(app) -> Iterator[list[str]]:
    """Statements for the database that may write.

    SQLite is given new rows one by one, which costs no journey: those do not count.
    """
    sent: list[str] = []
    with app.app_context():
        engine = db.engine
    uncounted = "INSERT" if engine.dialect.name == "sqlite" else "none"

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(uncounted):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def people(app, number: int, *, console: tuple[str, ...] = ()) -> int:
    """So many people in Paul's file, who has said to add them."""
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        roles = Roles(profiles_of_new_user(), console).as_json()
        lines = [
            Line(n, "x", {**SOPHIE, "login": f"new.{n:05}", "email": f"{n}@example.com"}, roles)
            for n in range(number)
        ]
        made = imports.keep(contract, account_of("paul.dupont"), "many.csv", lines)
        adding.start(made)
        db.session.commit()
        return made.id


def test_users_9_fifty_people_cost_the_statements_of_one(app, cast, statements):
    cast.member("paul.dupont", referent=True)
    one = people(app, 1)
    with app.app_context():
        statements.clear()
        adding.run(one)
        alone = len(statements)
    fifty = people(app, 51, console=("guest",))
    with app.app_context():
        statements.clear()
        adding.run(fifty)
        together = len(statements)
        counted = imports.progress(db.session.get_one(UserImport, fifty))
    assert (counted.added, counted.wrong) == (50, 1), "the first was there"
    assert together <= 2 * alone + 6, statements


def test_users_9_a_clash_costs_one_line_and_not_its_neighbours(app, cast, worker):
    """Two of a file want one login: the database refuses the second, and all others are added."""
    cast.member("paul.dupont", referent=True)
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        logins = ("sophie.one", "sophie.two", "Sophie.One", "sophie.three")
        lines = [
            Line(
                n,
                "x",
                {**SOPHIE, "login": login, "email": f"{n}@example.com"},
                Roles(profiles_of_new_user()).as_json(),
            )
            for n, login in enumerate(logins)
        ]
        made = imports.keep(contract, account_of("paul.dupont"), "many.csv", lines)
        adding.start(made)
        db.session.commit()
    worker.run()
    with app.app_context():
        states = db.session.execute(select(UserImportLine).order_by(UserImportLine.number))
        found = [(line.state, len(line.problems)) for line in states.scalars()]
        mails = db.session.execute(select(Mail.name)).scalars().all()
    assert found == [("added", 0), ("added", 0), ("refused", 1), ("added", 0)]
    assert mails == ["portal_access"] * 3
