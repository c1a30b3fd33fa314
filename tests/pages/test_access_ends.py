"""USERS-10: access with a last day: told before, then ended as a removal is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Account, AuditEntry, ConsoleAccess, Membership, Removal, now
from selfcare.rights import Profile, Section
from selfcare.services import schedule
from selfcare.services.users import ending, members
from selfcare.services.users.refusals import NoEnd
from tests.browsing import Browser
from tests.wizard import USERS, add, roles

MANAGER, VISITOR = Profile.MANAGER, Profile.VISITOR


TODAY = date(2026, 11, 28)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 28, 9, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture(autouse=True)
def people(cast, clock):
    cast.referent(console_roles=["admin"])
    cast.member("jacques.dupont", users=MANAGER)
    cast.member("marc.leroy", orders=VISITOR, console_roles=["guest"])


@pytest.fixture
def ends(app):
    """Say on which day, from today, somebody's access ends; None for no end."""

    def ends(login: str, days: int | None, *, told: bool = False) -> None:
        day = None if days is None else TODAY + timedelta(days=days)
        with app.app_context():
            mine = select(Membership.id).join(Membership.account).filter_by(login=login)
            db.session.execute(
                update(Membership)
                .where(Membership.id.in_(mine))
                .values(ends_on=day, end_is_told=told)
            )
            db.session.commit()

    return ends


def run(app, sweep) -> None:
    with app.app_context():
        sweep.function()


def logins(app) -> list[str]:
    with app.app_context():
        found = select(Account.login).join(Membership, Membership.account_id == Account.id)
        return sorted(db.session.execute(found).scalars())


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


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


class TestTelling:
    def test_users_10_the_person_and_the_managers_are_told_once(self, app, ends, outbox):
        ends("marc.leroy", 7)
        for _ in range(3):
            run(app, ending.tell)
        assert outbox("access_ends") == ["marc.leroy@example.com"]
        managers = ["paul.dupont@example.com", "jacques.dupont@example.com"]
        assert outbox("member_access_ends") == managers

    def test_users_10_the_referent_is_told_first_and_nobody_who_cannot_prolong_it(
        self, app, cast, ends, outbox
    ):
        cast.member("paul.dupont", users=MANAGER)
        cast.member("claire.dupont", referent=True)
        cast.member("gone.dupont", users=MANAGER)
        cast.account("gone.dupont", disabled_at=now())
        cast.member("over.dupont", users=MANAGER)
        ends("over.dupont", -1)
        cast.member("autre.client", ref="OCB0000777", referent=True)
        ends("jacques.dupont", 0)
        run(app, ending.tell)
        assert outbox("access_ends") == ["jacques.dupont@example.com"]
        others = ["claire.dupont@example.com", "paul.dupont@example.com"]
        assert outbox("member_access_ends") == others

    @pytest.mark.parametrize("days", [8, -1, None])
    def test_users_10_nobody_is_told_too_early_or_afterwards(self, app, ends, outbox, days):
        ends("marc.leroy", days)
        run(app, ending.tell)
        assert outbox("access_ends") == outbox("member_access_ends") == []

    def test_users_10_another_last_day_is_told_again(self, app, paul, id_of, ends, outbox):
        ends("marc.leroy", 2)
        run(app, ending.tell)
        step = paul.post(f"{USERS}/{id_of('marc.leroy')}/roles", roles(ends_on=day(5)))
        paul.post(step.location, {"step": "finish"})
        run(app, ending.tell)
        assert len(outbox("access_ends")) == 2

    def test_users_10_the_setting_says_how_long_before(self, app, setting, ends, outbox):
        setting(access_end_notice_days=30)
        ends("marc.leroy", 30)
        run(app, ending.tell)
        assert len(outbox("access_ends")) == 1

    def test_users_10_the_manager_s_mail_leads_to_the_roles(self, app, ends, id_of, mailbox):
        ends("marc.leroy", 3)
        run(app, ending.tell)
        assert mailbox.link(to="paul.dupont") == f"{USERS}/{id_of('marc.leroy')}/roles"

    def test_users_10_crons_at_the_same_moment_double_nothing(self, app, cast, ends, outbox):
        for number in range(6):
            cast.member(f"person.{number}")
            ends(f"person.{number}", 3)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: run(app, ending.tell), range(4)))
        assert sorted(outbox("access_ends")) == [f"person.{n}@example.com" for n in range(6)]
        for number in range(6):
            ends(f"person.{number}", -1)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: run(app, ending.end), range(4)))
        with app.app_context():
            receipts = db.session.execute(select(Removal.login)).scalars()
            assert sorted(receipts) == [f"person.{number}" for number in range(6)]


class TestLate:
    def test_users_10_nothing_is_open_after_the_last_day_however_late_the_sweep_is(
        self, cast, browse_as, ends
    ):
        ref = cast.order(by="marc.leroy")
        marc = browse_as("marc.leroy")
        pages = ("/", "/account/contracts", "/account/orders", f"/find?q={ref}")
        for days, is_open in ((0, True), (-1, False)):
            ends("marc.leroy", days)
            assert marc.get("/contracts/OCB0000124/orders").status == (200 if is_open else 404)
            for page in pages:
                assert ("OCB0000124" in marc.get(page).text) is is_open, page

    def test_users_10_the_referent_stays_in_whatever_their_row_says(self, paul, ends):
        ends("paul.dupont", -5)
        assert paul.get("/contracts/OCB0000124/orders").status == 200

    def test_users_10_an_operator_s_other_roles_leave_the_last_day_alone(self, app, ends):
        from selfcare.services.contracts import terms

        ends("marc.leroy", 30)
        with app.app_context():
            terms.give_roles("OCB0000124", "marc.leroy", {Section.INVOICES: MANAGER}, None)
            mine = select(Membership.ends_on).join(Membership.account)
            kept = db.session.execute(mine.where(Account.login == "marc.leroy")).scalar_one()
            assert kept == TODAY + timedelta(days=30)
            db.session.rollback()


class TestEnding:
    def test_users_10_a_last_day_is_a_whole_day(self, app, ends):
        ends("marc.leroy", 0)
        run(app, ending.end)
        assert "marc.leroy" in logins(app)

    def test_users_10_the_day_after_it_is_a_removal(self, app, paul, browse_as, ends, id_of):
        ends("marc.leroy", -1)
        marc, number = browse_as("marc.leroy"), id_of("marc.leroy")
        for _ in range(2):
            run(app, ending.end)
        assert logins(app) == ["jacques.dupont", "paul.dupont"]
        assert marc.get("/contracts/OCB0000124/orders").status == 404
        with app.app_context():
            [receipt] = db.session.execute(select(Removal)).scalars()
            assert (receipt.membership_id, receipt.removed_by) == (number, "")
            assert receipt.had_console
            access = db.session.execute(
                select(ConsoleAccess).filter_by(account_id=receipt.account_id)
            ).scalar_one()
            assert access.wanted_groups == []
            [entry] = db.session.execute(
                select(AuditEntry).filter_by(action="user.removed")
            ).scalars()
            assert (entry.actor, entry.actor_id) == ("", None)
            shown = paul.get(f"{USERS}/removed/{receipt.id}")
        assert "the last day of the access, which was over" in shown.words

    def test_users_10_the_referent_stays_whatever_their_row_says(self, app, ends):
        ends("paul.dupont", -5)
        run(app, ending.end)
        assert "paul.dupont" in logins(app)

    def test_users_10_many_end_in_one_run(self, app, cast, ends, monkeypatch):
        monkeypatch.setattr(ending, "AT_ONCE", 2)
        for number in range(5):
            cast.member(f"person.{number}")
            ends(f"person.{number}", -1)
        run(app, ending.end)
        assert logins(app) == ["jacques.dupont", "marc.leroy", "paul.dupont"]

    def test_users_10_cron_does_both(self):
        assert {ending.tell, ending.end} <= set(schedule.SCHEDULE)
