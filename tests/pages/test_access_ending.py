"""USERS-10: the end of an access is told before, and is then what a removal is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Account, AuditEntry, ConsoleAccess, Membership, Removal, now
from selfcare.rights import Section
from selfcare.services import schedule
from selfcare.services.users import ending
from tests.last_days import MANAGER, TODAY, clock, day, ends, logins, people, run
from tests.wizard import USERS, roles

__all__ = ["clock", "ends", "people"]  # fixtures


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

    def test_users_10_whoever_has_not_come_yet_is_named_as_invited(self, app, ends, mailbox):
        ends("marc.leroy", 3)
        with app.app_context():
            mine = select(Membership).join(Membership.account).where(Account.login == "marc.leroy")
            db.session.execute(mine).scalar_one().invited_as = "typed@example.com"
            db.session.commit()
        run(app, ending.tell)
        text = mailbox.text(to="paul.dupont")
        assert "typed@example.com" in text
        assert "leroy" not in text.lower()

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
        ref = cast.order(by="marc.leroy", status="submitted")  # so it waits for him, too
        cast.subscription(by="marc.leroy", ends_on=TODAY + timedelta(days=9))
        marc = browse_as("marc.leroy")
        lists = ("/account/contracts", "/account/orders", "/account/subscriptions")
        pages = ("/", *lists, f"/find?q={ref}")
        for days, is_open in ((0, True), (-1, False)):
            ends("marc.leroy", days)
            assert marc.get("/contracts/OCB0000124/orders").status == (200 if is_open else 404)
            for page in pages:
                assert ("OCB0000124" in marc.get(page).text) is is_open, page
            assert (ref in marc.get("/").text) is is_open

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
