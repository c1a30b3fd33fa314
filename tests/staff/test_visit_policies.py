"""Who may visit a contract: its referent decides, a customer invites (STAFF-2)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from selfcare.database import db
from selfcare.models import Contract, SignIn, Visit
from selfcare.rights import VisitPolicy
from selfcare.services.staff import asking
from tests.cast import account_of
from tests.staff.conftest import HOME, REF, actions, the_visit


class TestPolicy:
    @pytest.fixture
    def policy(self, app, paul_id):
        def set_to(policy: VisitPolicy) -> None:
            with app.app_context():
                db.session.execute(update(Contract).values(visit_policy=policy))
                db.session.commit()

        return set_to

    def test_staff_2_after_approval_only(self, app, agent, visiting, policy, browse_as, mailbox):
        policy(VisitPolicy.APPROVAL)
        assert visiting().location == "/staff/"
        assert agent.get(HOME).location.startswith("/login")
        assert "Begin the visit" not in agent.get("/staff/").texts("form button")
        state = "asked for · after the referent’s approval"
        assert agent.get("/staff/visits").texts("td[data-label=State]") == [state]
        paul = browse_as("paul.dupont")
        assert "Support asks to look" in mailbox.text()
        [form] = [
            f for f in paul.get(f"{HOME}support/visits").all("form")
            if str(f["action"]).endswith("/answer")
        ]  # fmt: skip
        paul.post(str(form["action"]), {"answer": "yes"})
        [begin] = [
            f for f in agent.get("/staff/").all("form") if str(f["action"]).endswith("/begin")
        ]
        assert agent.post(str(begin["action"])).location == HOME
        assert agent.get(HOME).status == 200
        assert actions(app)[-4:] == ["visit.asked", "visit.allowed", "visit.begun", "visit.page"]

    def test_staff_2_a_contract_that_was_closed_a_moment_ago_is_not_visited(
        self, app, agent, paul_id
    ):
        """The agent's request has read the contract already; the referent's is saved then."""
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=REF)).scalar_one()
            assert contract.visit_policy == VisitPolicy.NOTICE
            paul, claire = account_of("paul.dupont"), account_of("claire.support")
            mine = select(SignIn).filter_by(account_id=claire.id)
            sign_in = db.session.execute(mine).scalar_one()
            wish = asking.Wish(account=paul, contract=contract, reason="Invoices", ticket="T1")
            with db.engines[1].connect() as the_referents:
                closed = update(Contract).values(visit_policy=VisitPolicy.CLOSED)
                the_referents.execute(closed)
            with pytest.raises(asking.NotAllowed, match="closed"):
                asking.ask(wish, agent=sign_in)

    def test_staff_2_refused_is_refused(self, app, agent, visiting, policy, browse_as):
        policy(VisitPolicy.APPROVAL)
        visiting()
        with app.app_context():
            number = the_visit().id
        browse_as("paul.dupont").post(f"{HOME}support/visits/{number}/answer", {"answer": "no"})
        agent.post(f"/staff/visits/{number}/begin")
        assert agent.get(HOME).location.startswith("/login")
        assert actions(app)[-1] == "visit.refused"

    @pytest.mark.parametrize("order", [("end", "answer"), ("answer", "end")])
    def test_staff_2_what_was_ended_before_it_began_does_not_begin(
        self, app, agent, visiting, policy, browse_as, order
    ):
        policy(VisitPolicy.APPROVAL)
        visiting()
        with app.app_context():
            number = the_visit().id
        paul = browse_as("paul.dupont")
        for action in order:
            paul.post(f"{HOME}support/visits/{number}/{action}", {"answer": "yes"})
        agent.post(f"/staff/visits/{number}/begin")
        with app.app_context():
            assert the_visit().begun_at is None

    def test_staff_2_only_the_referent_answers(self, app, cast, visiting, policy, browse_as):
        from selfcare.rights import Profile

        policy(VisitPolicy.APPROVAL)
        visiting()
        cast.member("sophie.dupont", support=Profile.MANAGER, users=Profile.MANAGER)
        with app.app_context():
            number = the_visit().id
        sophie = browse_as("sophie.dupont")
        assert sophie.post(f"{HOME}support/visits/{number}/answer", {"answer": "yes"}).status == 404
        assert sophie.post(f"{HOME}support/visits/policy", {"policy": "notice"}).status == 403
        with app.app_context():
            assert the_visit().answered_at is None

    def test_staff_2_what_was_asked_for_lapses(
        self, app, agent, visiting, policy, browse_as, clock
    ):
        policy(VisitPolicy.APPROVAL)
        visiting()
        clock.later(hours=25)
        with app.app_context():
            number = the_visit().id
        browse_as("paul.dupont").post(f"{HOME}support/visits/{number}/answer", {"answer": "yes"})
        with app.app_context():
            assert the_visit().allowed is False

    def test_staff_2_the_log_tells_the_new_rule_in_words(self, agent, browse_as, paul_id):
        paul = browse_as("paul.dupont")
        paul.post(f"{HOME}support/visits/policy", {"policy": "approval"})
        assert "what: allowed once the referent has approved" in paul.get("/account/activity").words

    def test_staff_2_closed_is_closed(self, visiting, policy):
        policy(VisitPolicy.CLOSED)
        page = visiting()
        assert page.status == 422
        assert "has closed this contract" in page.words

    def test_staff_2_an_emergency_needs_a_second_person(
        self, app, cast, agent, visiting, policy, browse_as
    ):
        policy(VisitPolicy.CLOSED)
        assert visiting(emergency="y").location == "/staff/"
        with app.app_context():
            number = the_visit().id
        agent.post(f"/staff/visits/{number}/confirm")
        agent.post(f"/staff/visits/{number}/begin")
        assert agent.get(HOME).location.startswith("/login")
        other = browse_as(cast.agent("louis.support"))
        assert "needs a second person" in other.get("/staff/").words
        other.post(f"/staff/visits/{number}/confirm")
        agent.sign_in_as("claire.support")
        assert agent.post(f"/staff/visits/{number}/begin").location == HOME


class TestInvitation:
    def test_staff_2_a_code_read_out_opens_a_visit_once(
        self, app, cast, agent, browse_as, clock, paul_id
    ):
        page = browse_as("paul.dupont").post(f"{HOME}support/visits/invite")
        assert actions(app)[-1] == "visit.invited"
        code = page.one("p.code code").text
        fields = {"invitation": code.lower(), "reason": "Asked on the telephone", "ticket": "T1"}
        path = "/staff/visits/invited"
        assert agent.post(path, {**fields, "code": clock.code()}).location == HOME
        assert agent.get(HOME).status == 200
        agent.post("/visit/leave")
        assert "wrong, used or too old" in agent.post(path, {**fields, "code": clock.code()}).words

    def test_staff_2_of_invitations_at_the_same_time_one_is_good(self, app, browse_as, paul_id):
        paul = browse_as("paul.dupont")
        token = paul._token()
        cookie = paul.client.get_cookie("session", domain="portal.test")
        line = threading.Barrier(4)

        def invite(_number: int) -> int:
            client = app.test_client()
            client.set_cookie("session", cookie.value, domain="portal.test")
            line.wait(timeout=60)
            asked = {"data": {"csrf_token": token}, "base_url": "http://portal.test"}
            return client.post(f"{HOME}support/visits/invite", **asked).status_code

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(invite, range(4))) == [200] * 4
        with app.app_context():
            good = select(func.count()).select_from(Visit).where(Visit.ended_at.is_(None))
            assert db.session.execute(good).scalar_one() == 1

    def test_staff_2_a_code_lapses_after_an_hour(self, agent, browse_as, clock, paul_id):
        page = browse_as("paul.dupont").post(f"{HOME}support/visits/invite")
        clock.later(minutes=61)
        agent.sign_in_as("claire.support")
        fields = {"invitation": page.one("p.code code").text, "code": clock.code()}
        fields |= {"reason": "Asked on the telephone", "ticket": "T1"}
        assert agent.post("/staff/visits/invited", fields).status == 422
