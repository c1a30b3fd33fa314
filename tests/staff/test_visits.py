"""Visits: looking as a member does, changing nothing, leaving a trace (STAFF-2)."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from selfcare.database import db
from selfcare.models import Account, AuditEntry, SignIn, Visit
from selfcare.rights import Profile, StaffRole
from selfcare.services.staff import agents
from tests.browsing import Browser
from tests.cast import account_of
from tests.staff.conftest import HOME, REF, actions, the_visit


class TestAsking:
    def test_ask_1_a_visit_asks_for_nothing(self, cast, browse_as, inside):
        cast.member("paul.dupont", users=Profile.NONE, invoices=Profile.VISITOR)
        closed, rights = f"/contracts/{REF}/invoices", f"/contracts/{REF}/rights"
        assert "Ask for this access" in browse_as("paul.dupont").get(closed).words
        for path in (closed, rights, f"/contracts/{REF}/users"):
            page = inside.get(path)
            assert "Ask for this access" not in page.words
            assert "Change my roles" not in page.words
        wish = {"section": "invoices", "profile": "manager"}
        assert inside.post(rights, wish).status == 403


class TestBeginning:
    def test_staff_2_a_reason_a_ticket_and_a_fresh_code_open_the_members_pages(self, inside):
        page = inside.get(HOME)
        assert page.status == 200
        assert "Paul DUPONT" in page.words
        assert "Support is looking at this contract" not in page.words  # the bar says it
        assert page.soup.title.text.startswith("Visit – ")
        first = page.one("body").find(["a", "button", "input"])
        assert first["name"] == "csrf_token"  # of the form that leaves
        assert page.texts(".visit button") == ["Leave"]
        assert "30 minutes left" in page.words or "29 minutes left" in page.words

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"reason": "too short"}, "10 characters or more"),
            ({"reason": ""}, "Enter the reason"),
            ({"ticket": ""}, "Enter the ticket’s number"),
            ({"code": "000000"}, "wrong or has already been used"),
            ({"contract": "OCB0000777"}, "valid choice"),
        ],
    )
    def test_staff_2_nothing_begins_without_all_of_them(self, app, visiting, agent, wrong, said):
        page = visiting(**wrong)
        assert page.status == 422
        assert said in page.words.lower() or said in page.words
        with app.app_context():
            assert db.session.query(Visit).count() == 0
        assert agent.get(HOME).location.startswith("/login")

    def test_staff_2_opening_an_address_begins_nothing(self, app, agent, paul_id):
        assert agent.get(f"/staff/people/{paul_id}/visit").status == 200
        with app.app_context():
            assert db.session.query(Visit).count() == 0

    def test_staff_2_the_row_stands_before_the_first_page(self, app, inside):
        assert actions(app)[-1] == "visit.begun"
        inside.get(HOME)
        assert actions(app)[-1] == "visit.page"

    def test_staff_2_no_row_no_page(self, app, inside, monkeypatch):
        def fails(*_: Any, **__: Any) -> None:
            raise DBAPIError("INSERT", {}, Exception("disk full"))

        monkeypatch.setattr("selfcare.services.staff.visits.seen", fails)
        app.config["PROPAGATE_EXCEPTIONS"] = False
        try:
            page = inside.get(HOME)
        finally:
            app.config["PROPAGATE_EXCEPTIONS"] = None
        assert page.status >= 500
        assert "Paul" not in page.words

    def test_staff_2_not_nested(self, cast, inside, visiting):
        page = visiting()
        assert page.status == 422
        assert "leave that visit first" in page.words

    def test_staff_2_staff_are_never_visited(self, app, cast, agent, clock):
        with app.app_context():
            other = account_of(cast.agent("omar.operator", StaffRole.OPERATOR)).id
        fields = {"contract": REF, "code": clock.code(), "reason": "long enough", "ticket": "1"}
        assert agent.post(f"/staff/people/{other}/visit", fields).status == 422

    def test_staff_2_only_the_role_support_visits(self, cast, operator, visiting):
        assert visiting(by=operator).status == 403

    def test_staff_2_so_many_a_day_and_no_more(self, agent, visiting, monkeypatch):
        monkeypatch.setattr("selfcare.services.staff.asking.A_DAY", 2)
        for _number in range(2):
            assert visiting().status == 303
            agent.post("/visit/leave")
        with capture_logs() as lines:
            assert "too many visits" in visiting().words
        assert "staff_visits_limit" in [line["event"] for line in lines], "the alarm"


class TestWhileItLasts:
    def test_staff_2_the_field_in_the_header_searches_the_visited_contract(self, inside):
        assert inside.get("/find?q=HONEY").location == f"{HOME}find?q=HONEY"

    def test_staff_2_every_form_is_refused_and_says_why(self, inside):
        page = inside.post(f"{HOME}support/visits/policy", {"policy": "closed"})
        assert page.status == 403
        assert "A visit changes nothing" in page.words

    @pytest.mark.parametrize(
        ("path", "why"),
        [
            ("/account/profile", "the customer’s alone"),
            ("/account/security/", "the customer’s alone"),
            ("/account/data.json", "the customer’s alone"),
            (f"{HOME}console", "its own users only"),
            (f"{HOME}users/new", "changes users"),
            (f"{HOME}orders?format=csv", "as files"),
            ("/contracts/OCB0000777/", "another contract"),
            ("/oauth/authorize", "the customer’s alone"),
            ("/login", "the customer’s alone"),
        ],
    )
    def test_staff_2_what_is_out_of_reach_says_so(self, cast, inside, path, why):
        cast.member("paul.dupont", ref="OCB0000777", console_roles=["admin"])
        cast.member("paul.dupont", ref=REF, referent=True, console_roles=["admin"])
        page = inside.get(path)
        assert page.status == 403
        assert why in page.words

    def test_staff_2_the_database_refuses_to_write(self, app, inside):
        with app.test_request_context():
            from flask import g

            g.read_only = True
            with pytest.raises(DBAPIError):
                db.session.execute(update(Account).values(first_name="Eve"))
            db.session.rollback()
            with pytest.raises(DBAPIError):
                db.session.execute(text("DELETE FROM memberships"))

    def test_staff_2_the_other_contracts_of_the_person_are_not_named(self, cast, inside):
        cast.member("paul.dupont", ref="OCB0000777", referent=True)
        assert inside.get("/").location == HOME
        assert "OCB0000777" not in inside.get(HOME).text

    def test_staff_2_pages_are_kept_by_nobody(self, inside):
        headers = inside.get(f"{HOME}orders").headers
        assert headers["Cache-Control"] == "no-store"
        assert "ETag" not in headers

    def test_staff_2_the_customers_own_page_is_another(self, inside, browse_as):
        visited, own = inside.get(HOME), browse_as("paul.dupont").get(HOME)
        assert ".visit" not in own.text
        assert own.all(".visit") == []
        assert len(visited.all(".visit")) == 1

    def test_staff_2_the_customers_sign_ins_are_untouched(self, app, inside, browse_as, clock):
        browse_as("paul.dupont").get(HOME)
        with app.app_context():
            asked = select(SignIn.last_seen_at, SignIn.expires_at).order_by(SignIn.id)
            before = db.session.execute(asked).all()
        for _page in range(3):
            inside.get(HOME)
        with app.app_context():
            assert (
                db.session.execute(select(SignIn.last_seen_at, SignIn.expires_at)).all() == before
            )

    def test_staff_2_the_agents_own_customer_session_comes_back(self, cast, inside):
        cast.account("claire.private", locale="en")
        inside.post("/visit/leave")
        inside.sign_in_as("claire.private")
        assert "Claire PRIVATE" in inside.get("/").words

    def test_staff_2_a_page_in_the_log_and_counted(self, app, inside):
        inside.get(f"{HOME}orders")
        with app.app_context():
            entry = db.session.execute(
                select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
            ).scalar_one()
            assert (entry.action, entry.subject) == ("visit.page", f"{HOME}orders")
            assert (entry.actor, entry.on_behalf_of) == ("claire.support", "paul.dupont")
            assert entry.visit_id == the_visit().id
            assert the_visit().pages == 1

    def test_staff_2_the_lines_of_the_log_name_the_visit(self, app, inside):
        from selfcare import logs

        inside.get(f"{HOME}orders")
        with app.app_context():
            number = the_visit().id
        assert structlog.contextvars.get_contextvars()["visit"] == number
        assert logs.reported({"message": "x"}, None)["tags"]["visit"] == number

    def test_staff_2_a_members_first_look_is_not_used_up(self, app, cast, inside):
        with app.app_context():
            db.session.execute(text("UPDATE memberships SET invited_as = 'p@example.com'"))
            db.session.commit()
        assert inside.get(HOME).status == 200
        with app.app_context():
            [kept] = db.session.execute(text("SELECT invited_as FROM memberships")).scalars()
        assert kept == "p@example.com"


class TestEnding:
    def over(self, browser: Browser) -> None:
        page = browser.get(HOME)
        assert page.status == 403
        assert "The visit has ended" in page.words
        assert browser.get(HOME).location.startswith("/login")  # the cookie is gone

    def test_staff_2_leaving_leads_back_and_opens_nothing_more(self, app, inside, paul_id):
        page = inside.post("/visit/leave")
        assert page.location == f"/staff/people/{paul_id}"
        assert page.headers["Clear-Site-Data"] == '"cache"'
        assert inside.get(HOME).location.startswith("/login")
        assert "visit.ended" in actions(app)

    def test_staff_2_after_30_minutes_it_is_over_whatever_was_done(self, app, inside, clock):
        for _step in range(2):
            clock.later(minutes=14)
            inside.get("/staff/")
            assert inside.get(HOME).status == 200
        clock.later(minutes=3)
        self.over(inside)

    def test_staff_2_a_stolen_cookie_ends_with_the_agents_sign_in(self, inside):
        inside.post("/staff/logout")
        self.over(inside)

    def test_staff_2_a_lost_role_ends_it(self, app, inside):
        with app.app_context():
            agents.set_roles(account_of("claire.support"), [StaffRole.AUDITOR])
            db.session.commit()
        self.over(inside)

    @pytest.mark.parametrize("who", ["claire.support", "paul.dupont"])
    def test_staff_2_a_disabled_account_ends_it(self, app, inside, who):
        with app.app_context():
            from selfcare.services.accounts import barring

            barring.disable(account_of(who))
            db.session.commit()
        self.over(inside)

    @pytest.mark.parametrize(
        "lose",
        [
            "DELETE FROM memberships",
            "UPDATE memberships SET is_referent = false, ends_on = '2026-11-27'",
        ],
    )
    def test_staff_2_a_lost_place_ends_it(self, app, inside, lose):
        with app.app_context():
            db.session.execute(text(lose))
            db.session.commit()
        self.over(inside)

    def test_staff_2_the_customer_ends_it(self, app, inside, browse_as):
        paul = browse_as("paul.dupont")
        page = paul.get(f"{HOME}support/visits")
        assert "Support is looking at this contract" in page.words
        [form] = [f for f in page.all("form") if str(f["action"]).endswith("/end")]
        assert paul.post(str(form["action"])).status == 303
        self.over(inside)

    def test_staff_2_whoever_was_visited_sees_and_ends_it_without_the_section_support(
        self, app, cast, inside, browse_as
    ):
        """The mail and the notice on the contract's page lead them there."""
        cast.member("paul.dupont", support=Profile.NONE)
        paul = browse_as("paul.dupont")
        [link] = [a["href"] for a in paul.get(HOME).all(".notice a")]
        page = paul.get(str(link))
        assert page.status == 200
        assert page.one(".back a")["href"] == HOME
        [form] = [f for f in page.all("form") if str(f["action"]).endswith("/end")]
        assert paul.post(str(form["action"])).status == 303
        self.over(inside)

    def test_staff_2_the_agent_ends_it_without_its_cookie(self, cast, inside, browse_as, visiting):
        """A browser that was closed must not keep its agent from the next visit."""
        elsewhere = browse_as("claire.support")
        assert "leave that visit first" in visiting(by=elsewhere).words
        page = elsewhere.get("/staff/")
        assert "another browser" in page.words
        [form] = [f for f in page.all("form") if str(f["action"]).endswith("/end")]
        assert elsewhere.post(str(form["action"])).location == "/staff/"
        assert visiting(by=elsewhere).location == HOME
        self.over(inside)

    def test_staff_2_nobody_else_ends_it_from_the_pages_of_staff(
        self, app, cast, inside, browse_as
    ):
        with app.app_context():
            number = the_visit().id
        other = browse_as(cast.agent("louis.support"))
        assert other.post(f"/staff/visits/{number}/end").status == 404
        assert inside.get(HOME).status == 200

    def test_staff_2_closing_the_contract_ends_it(self, inside, browse_as, audited):
        browse_as("paul.dupont").post(f"{HOME}support/visits/policy", {"policy": "closed"})
        [entry] = audited("visit.policy")
        assert (entry.actor, entry.details) == ("paul.dupont", {"what": "closed"})
        self.over(inside)

    def test_staff_2_the_sweep_writes_down_an_end_nobody_saw(self, app, inside, clock, worker):
        from selfcare.services.staff import ending

        clock.later(minutes=31)
        with app.app_context():
            ending.end_expired()
        assert actions(app)[-1] == "visit.ended"
