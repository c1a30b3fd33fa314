"""USERS-10: the last day of an access, as pages and files of users give and show it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Account, AuditEntry, Membership
from selfcare.services.users import members
from selfcare.services.users.refusals import NoEnd
from tests.browsing import Browser
from tests.last_days import TODAY, clock, day, ends, logins, people
from tests.wizard import USERS, add, roles

__all__ = ["clock", "ends", "people"]  # fixtures


class TestForm:
    def test_users_10_the_wizard_gives_a_last_day_and_the_list_shows_it(self, paul, app):
        add(paul, orders="visitor", ends_on=day(30))
        shown = (TODAY + timedelta(days=30)).strftime("%d/%m/%Y")
        [row] = [r for r in paul.get(USERS).all("tbody tr") if "sophie.dupont" in r.get_text()]
        assert f"until {shown}" in row.get_text()
        assert shown in paul.get(f"{USERS}?format=csv").text

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            (day(-1), "The last day of the access is past"),
            ("31/02/2027", "Enter a day such as 27/05/2027"),
            ("x" * 500, "Enter a day such as"),
        ],
    )
    def test_users_10_a_day_that_is_not_possible_is_said_and_stays(self, paul, id_of, typed, said):
        page = paul.post(f"{USERS}/{id_of('marc.leroy')}/roles", roles(ends_on=typed))
        assert page.status == 422
        assert said in page.one("#ends_on-error").get_text()
        assert page.one("#ends_on")["value"] == typed

    def test_users_10_a_day_may_be_typed_as_it_is_written_here(self, paul, id_of, app):
        sent = roles(ends_on=(TODAY + timedelta(days=9)).strftime("%d/%m/%Y"))
        step = paul.post(f"{USERS}/{id_of('marc.leroy')}/roles", sent)
        page = paul.get(step.location)
        assert "Last day of the access" in page.words
        assert "(was: no end)" in page.words
        paul.post(step.location, {"step": "finish"})
        with app.app_context():
            kept = db.session.execute(select(Membership.ends_on).filter_by(id=id_of("marc.leroy")))
            assert kept.scalar_one() == TODAY + timedelta(days=9)

    def test_users_10_a_member_s_page_says_it_and_the_change_is_told_and_logged(
        self, app, paul, id_of, mailbox
    ):
        sent = roles(("guest",), orders="visitor", contract="visitor", dashboard="none")
        step = paul.post(f"{USERS}/{id_of('marc.leroy')}/roles", {**sent, "ends_on": day(40)})
        paul.post(step.location, {"step": "finish"})
        assert "Last day of the access" in paul.get(f"{USERS}/{id_of('marc.leroy')}").words
        last = (TODAY + timedelta(days=40)).strftime("%d/%m/%Y")
        assert f"no end → {last}" in mailbox.text(to="marc.leroy")
        with app.app_context():
            [entry] = db.session.execute(
                select(AuditEntry.details).filter_by(action="user.changed")
            ).scalars()
        assert ["ends_on", "", day(40)] in entry["roles"]

    def test_users_10_neither_the_referent_nor_oneself_is_given_one(
        self, app, paul, browse_as, id_of
    ):
        jacques = browse_as("jacques.dupont")
        for browser, login in ((paul, "paul.dupont"), (jacques, "jacques.dupont")):
            path = f"{USERS}/{id_of(login)}/roles"
            page = browser.get(path)
            assert page.all("#ends_on") == []
            held = {tag["name"]: tag["value"] for tag in page.all("table [checked]")}
            step = browser.post(path, {**held, "console": ["admin"], "ends_on": day(3)})
            browser.post(step.location, {"step": "finish"})
        with app.app_context():
            found = db.session.execute(select(Membership.ends_on)).scalars()
            assert set(found) == {None}

    def test_users_10_no_operator_gives_the_referent_one_either(self, app, id_of):
        with app.app_context():
            referent = db.session.get_one(Membership, id_of("paul.dupont"))
            seen = members.roles_of(referent)
            ending_soon = replace(seen, ends_on=TODAY + timedelta(days=3))
            with pytest.raises(NoEnd):
                members.change(referent, ending_soon, seen=seen, by=None)

    def test_users_10_who_changes_console_roles_leaves_the_last_day_alone(
        self, app, paul, id_of, ends
    ):
        ends("marc.leroy", 30)
        step = paul.post(f"{USERS}/console/{id_of('marc.leroy')}/roles", {"console": ["admin"]})
        paul.post(step.location, {"step": "finish"})
        with app.app_context():
            kept = db.session.execute(select(Membership.ends_on).filter_by(id=id_of("marc.leroy")))
            assert kept.scalar_one() == TODAY + timedelta(days=30)

    def test_users_10_a_new_referent_s_access_has_no_end(self, app, ends):
        from selfcare.services.contracts import terms

        ends("marc.leroy", 30)
        with app.app_context():
            assert terms.set_referent("OCB0000124", "marc.leroy").ends_on is None
            db.session.rollback()


class TestOneself:
    def test_users_10_your_rights_and_your_data_say_when_they_end(self, browse_as, ends):
        ends("marc.leroy", 12)
        marc = browse_as("marc.leroy")
        rights = marc.get("/contracts/OCB0000124/rights").words
        assert "Your access to this contract ends on 10 December 2026." in rights
        assert '"2026-12-10"' in marc.get("/account/data.json").text
        ends("marc.leroy", None)
        assert "ends on" not in marc.get("/contracts/OCB0000124/rights").words


class TestFile:
    HEADING = "Civilité;Nom;Prénom;Login;Email;Mobile;Dernier jour d’accès\n"
    SOPHIE = "Mme;Durand;Sophie;sophie.durand;sophie@example.com;06 12 34 56 78;"

    def load(self, paul: Browser, cell: str) -> str:
        """The address of the dry run's report."""
        content = (self.HEADING + self.SOPHIE + cell).encode()
        file = (io.BytesIO(content), "many.csv")
        return str(paul.post(f"{USERS}/import", {"file": file}).location)

    @pytest.mark.parametrize("cell", ["31/01/2027", "2027-01-31"])
    def test_users_10_a_file_of_users_says_last_days(self, app, paul, worker, cell):
        paul.post(self.load(paul, cell), {})
        worker.run()
        with app.app_context():
            found = select(Membership.ends_on).join(Membership.account)
            mine = found.where(Account.login == "sophie.durand")
            assert db.session.execute(mine).scalar_one() == date(2027, 1, 31)

    @pytest.mark.parametrize(
        ("cell", "said"),
        [("27/11/2026", "is past"), ("demain", "not a day"), ("31/02/2027", "not a day")],
    )
    def test_users_10_a_cell_that_is_no_possible_day_is_said(self, paul, cell, said):
        page = paul.get(self.load(paul, cell))
        assert cell in page.words
        assert said in page.words

    def test_users_10_a_last_day_that_passes_before_the_line_s_turn_is_said(
        self, app, paul, worker
    ):
        where = self.load(paul, "28/11/2026")
        paul.post(where, {})
        with time_machine.travel(datetime(2026, 11, 29, 9, 0, tzinfo=UTC), tick=False):
            worker.run()
        said = paul.get(where).words
        assert "Last day of the access “28/11/2026”: The last day of the access is past" in said
        assert "sophie.durand" not in logins(app)

    def test_users_10_the_template_has_the_column(self, paul):
        assert "Last day of the access" in paul.get(f"{USERS}/import/template.csv").text
