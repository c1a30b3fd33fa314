"""The audit log stays as it is, and « Mon activité » reads it (STAFF-4, ACCOUNT-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from selfcare.database import db
from selfcare.models import AuditEntry, now
from selfcare.services.retention import forgetting
from selfcare.services.safety import audit
from tests.cast import account_of


@pytest.fixture
def entry(app: Flask, cast) -> int:
    """Something that was done."""
    cast.account("paul.dupont", locale="en")
    with app.app_context():
        paul = account_of("paul.dupont")
        made = audit.record("password.changed", actor=paul, subject=paul)
        db.session.commit()
        return made.id


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).values(actor="somebody.else"),
        delete(AuditEntry),
        text("UPDATE audit_entries SET ip = ''"),
        text("DELETE FROM audit_entries"),
        text(
            "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE true"
            " ON CONFLICT (id) DO UPDATE SET actor = ''"
        ),
    ],
)
def test_staff_4_the_database_refuses_to_rewrite_it(app, entry, statement):
    with app.app_context():
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(statement)
        db.session.rollback()
        assert db.session.get_one(AuditEntry, entry).actor == "paul.dupont"


def test_staff_4_sqlite_refuses_to_replace_it(app, entry):
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("missing: SQLite (PostgreSQL has no REPLACE)")
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("REPLACE INTO audit_entries SELECT * FROM audit_entries"))
        db.session.rollback()


def test_staff_4_postgresql_refuses_to_truncate_it(app, entry):
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("missing: PostgreSQL (SQLite has no TRUNCATE)")
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("TRUNCATE audit_entries"))
        db.session.rollback()


def test_staff_4_what_is_older_than_a_year_may_go(app, entry):
    with app.app_context():
        db.session.add(AuditEntry(action="sign_in.done", at=now() - timedelta(days=400)))
        db.session.commit()
        forgetting.forget()
        assert db.session.execute(select(func.count(AuditEntry.id))).scalar_one() == 1


def test_staff_4_goes_with_its_transaction(app, cast):
    cast.account("paul.dupont")
    with app.app_context():
        audit.record("password.changed", actor=account_of("paul.dupont"))
        db.session.rollback()
        assert db.session.execute(select(AuditEntry)).first() is None


def test_staff_4_says_who_and_from_where(cast, browse, app):
    cast.account("paul.dupont")
    answer = browse.sign_in("paul.dupont")
    with app.app_context():
        done = db.session.execute(select(AuditEntry)).scalar_one()
        assert (done.action, done.actor, done.ip) == ("sign_in.done", "paul.dupont", "192.0.2.10")
        assert done.request_id == answer.headers["X-Request-ID"]


def test_staff_4_failed_sign_ins_are_kept_without_what_was_typed(cast, browse, app):
    cast.account("paul.dupont")
    browse.sign_in("paul.dupont", "Wrong-2026!")
    browse.sign_in("My-Password-2026!", "Wrong-2026!")
    with app.app_context():
        rows = db.session.execute(select(AuditEntry.action, AuditEntry.subject)).all()
    assert sorted(rows) == [("sign_in.failed", ""), ("sign_in.failed", "paul.dupont")]


class TestMyActivity:
    def test_account_3_shows_what_was_done_with_my_account(self, cast, browse_as, app):
        cast.account("paul.dupont", locale="en")
        cast.account("agent.support", is_staff=True)
        cast.account("somebody.else")
        with app.app_context():
            paul, agent = account_of("paul.dupont"), account_of("agent.support")
            reason = {"reason": "cannot find an invoice", "ticket": "T-12"}
            audit.record("visit.began", actor=agent, on_behalf_of=paul, details=reason)
            audit.record("password.changed", actor=account_of("somebody.else"))
            db.session.commit()
        page = browse_as("paul.dupont").get("/account/activity")
        assert len(page.all("tbody tr")) == 1
        assert "Support" in page.words
        assert "agent.support" not in page.words  # STAFF-2
        assert "cannot find an invoice" in page.words
        row = page.one("#activity tbody tr.brief")
        assert "cannot find an invoice" in row.select_one("td.name").get_text()
        empty = [str(cell["data-label"]) for cell in row.select("td.flat")]
        assert "Contract" in empty, "a phone's card has no line for what is not there"
        assert "ticket: T-12" in page.words

    def test_account_3_is_a_list_like_the_others(self, cast, browse, app):
        cast.account("paul.dupont", locale="en")
        browse.sign_in("paul.dupont", "Wrong-2026!")
        browse.sign_in("paul.dupont")
        assert len(browse.get("/account/activity?q=wrong+password").all("tbody tr")) == 1
        assert len(browse.get("/account/activity?q=192.0.2").all("tbody tr")) == 2
        assert browse.get("/account/activity?q=nothing").all(".empty")
        assert browse.get("/account/activity?q=PAUL.dupont").all("tbody tr")
        part = browse.get("/account/activity?sort=what", part="activity")
        assert part.all("#activity")
        csv = browse.get("/account/activity?format=csv").text
        assert "Sign-in failed: wrong password" in csv

    def test_account_3_details_have_a_heading_and_say_nothing_of_the_reader(self, cast, browse):
        cast.account("paul.dupont", locale="en")
        browse.sign_in("paul.dupont", "Wrong-2026!")
        browse.sign_in("paul.dupont")
        page = browse.get("/account/activity")
        assert [str(th) for th in page.all("th") if "Details" in th.get_text()] == [
            '<th class="shown" scope="col">Details</th>'
        ]
        assert page.texts("tbody td[data-label=Details]") == ["–", "–"]

    def test_account_3_html_in_details_is_text(self, cast, browse_as, app):
        cast.account("paul.dupont", locale="en")
        with app.app_context():
            paul = account_of("paul.dupont")
            audit.record("account.changed", actor=paul, details={"reason": "<b>x</b>"})
            db.session.commit()
        assert not browse_as("paul.dupont").get("/account/activity").all("td b")
