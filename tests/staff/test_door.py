"""The door of staff, and what their roles open (STAFF-5)."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from selfcare.database import db
from selfcare.models import Membership
from selfcare.rights import STAFF_RULES, StaffAbility, StaffRole
from tests.browsing import Browser
from tests.cast import PASSWORD, account_of
from tests.staff.conftest import REASON, REF

PAGES = {
    StaffAbility.LOOK: "/staff/",
    StaffAbility.READ_AUDIT: "/staff/audit",
    StaffAbility.VISIT: "/staff/visits/invited",
}


@pytest.fixture
def claire(cast) -> str:
    return cast.agent("claire.support")


def test_staff_5_password_then_code_open_the_first_page(browse, claire, clock):
    assert browse.sign_in(claire, at="/staff/login").location == "/staff/login/code"
    page = browse.post("/staff/login/code", {"code": clock.code()})
    assert page.location == "/staff/"
    assert browse.get("/staff/").one("h1").text == "To do"


def test_staff_5_a_wrong_code_opens_nothing(browse, claire, clock):
    browse.sign_in(claire, at="/staff/login")
    page = browse.post("/staff/login/code", {"code": "000000"})
    assert page.status == 422
    assert "wrong or has already been used" in page.words
    assert browse.get("/staff/").location.startswith("/staff/login")


def test_staff_5_whoever_has_no_app_yet_sets_one_up_and_gets_no_further(cast, browse, clock):
    login = cast.account("nina.support", is_staff=True)
    with browse.app.app_context():
        from selfcare.services.staff import agents

        agents.set_roles(account_of(login), [StaffRole.SUPPORT])
        db.session.commit()
    assert browse.sign_in(login, at="/staff/login").location == "/staff/second-factor"
    assert browse.get("/staff/").location == "/staff/second-factor"
    browse.post("/staff/second-factor")
    key = browse.get("/staff/second-factor").one("code").text.replace(" ", "")
    assert browse.get("/staff/second-factor/qr.svg").status == 200
    page = browse.post("/staff/second-factor", {"code": pyotp.TOTP(key).now()})
    assert len(page.all(".codes li")) == 10
    assert browse.get("/staff/").status == 200


def test_staff_5_staff_and_customers_have_a_door_each(cast, browse, claire):
    cast.account("paul.dupont")
    page = browse.sign_in(claire)
    assert page.status == 422
    assert page.all("#errors a")[0]["href"] == "/staff/login"
    page = browse.sign_in("paul.dupont", at="/staff/login")
    assert page.status == 422
    assert "This account is a customer’s" in page.words


@pytest.mark.parametrize("door", ["/login", "/staff/login"])
def test_staff_5_a_wrong_password_tells_nothing_of_whose_it_is(browse, claire, door):
    page = browse.sign_in(claire, "wrong", at=door)
    assert page.status == 422
    assert "customer’s" not in page.words
    assert "/staff/login" not in str(page.one("#errors"))


def test_staff_5_the_cookie_goes_below_staff_and_opens_nothing_else(cast, browse_as, claire):
    browser = browse_as(claire)
    assert browser.get("/staff/").status == 200
    assert browser.get("/account/profile").location.startswith("/login")
    cookie = browser.client.get_cookie("session-staff", path="/staff", domain="portal.test")
    assert cookie is not None
    browser.client.set_cookie("session", cookie.value, domain="portal.test")
    assert browser.get("/account/profile").location.startswith("/login")


def test_staff_5_a_customers_cookie_opens_no_page_of_staff(cast, browse_as):
    browser = browse_as(cast.account("paul.dupont"))
    cookie = browser.client.get_cookie("session", domain="portal.test")
    browser.client.set_cookie("session-staff", cookie.value, domain="portal.test", path="/staff")
    assert browser.get("/staff/").location.startswith("/staff/login")


def test_staff_5_both_live_side_by_side_in_one_browser(cast, browse_as, claire):
    browser = browse_as(cast.account("paul.dupont")).sign_in_as(claire)
    assert browser.get("/account/profile").status == 200
    assert browser.get("/staff/").status == 200
    browser.post("/staff/logout")
    assert browser.get("/account/profile").status == 200
    assert browser.get("/staff/").location.startswith("/staff/login")


def test_staff_5_half_an_hour_without_a_page_signs_out(browse_as, claire, clock):
    browser = browse_as(claire)
    for _step in range(4):
        clock.later(minutes=20)
        assert browser.get("/staff/").status == 200
    clock.later(minutes=31)
    assert browser.get("/staff/").location.startswith("/staff/login")


def test_staff_5_after_eight_hours_the_day_is_over(browse_as, claire, clock):
    browser = browse_as(claire)
    for _step in range(23):
        clock.later(minutes=20)
        assert browser.get("/staff/").status == 200
    clock.later(minutes=21)
    assert browser.get("/staff/").location.startswith("/staff/login")


@pytest.mark.parametrize("role", StaffRole)
@pytest.mark.parametrize("ability", PAGES)
def test_staff_5_each_role_opens_what_the_table_says(cast, browse_as, ability, role):
    browser = browse_as(cast.agent("some.body", role))
    expected = 200 if role in STAFF_RULES[ability] else 403
    page = browser.get(PAGES[ability])
    assert page.status == expected
    if expected == 403:
        assert "role" in page.words


def test_staff_5_from_other_networks_there_is_nothing(another_app, cast, claire):
    app = another_app(staff_networks="192.0.2.0/24, 2001:db8::/32")
    assert Browser(app, ip="192.0.2.77").get("/staff/login").status == 200
    assert Browser(app, ip="2001:db8::1").get("/staff/login").status == 200
    assert Browser(app, ip="198.51.100.1").get("/staff/login").status == 404
    assert Browser(app, ip="198.51.100.1").get("/login").status == 200


def test_staff_5_a_visit_shows_nothing_from_other_networks(another_app, cast, clock):
    cast.referent()
    app = another_app(staff_networks="192.0.2.0/24")
    claire = Browser(app).sign_in_as(cast.agent("claire.support"))
    with app.app_context():
        paul = account_of("paul.dupont").id
    fields = {"contract": REF, "code": clock.code(), **REASON}
    home = claire.post(f"/staff/people/{paul}/visit", fields).location
    assert claire.get(home).status == 200
    claire.environ = {"REMOTE_ADDR": "198.51.100.1"}
    page = claire.get(home)
    assert page.status == 403
    assert "Paul" not in page.text


class TestNoPlaceOnContracts:
    def test_staff_5_the_database_gives_staff_no_place(self, app, cast, claire):
        cast.contract()
        with app.app_context(), pytest.raises(DBAPIError, match="staff have no place"):
            db.session.execute(
                text(
                    "INSERT INTO memberships (account_id, contract_id, is_referent, profiles,"
                    " created_at, end_is_told) SELECT a.id, c.id, false, '{}', CURRENT_TIMESTAMP,"
                    " false"
                    " FROM accounts a, contracts c WHERE a.login = :login"
                ),
                {"login": claire},
            )

    def test_staff_5_nor_takes_a_place_over(self, app, cast, claire):
        cast.referent()
        with app.app_context(), pytest.raises(DBAPIError, match="staff have no place"):
            db.session.execute(
                text("UPDATE memberships SET account_id = :id"),
                {"id": account_of(claire).id},
            )

    def test_staff_5_a_member_cannot_be_made_staff(self, app, cast):
        cast.referent()
        with app.app_context(), pytest.raises(DBAPIError, match="staff have no place"):
            db.session.execute(text("UPDATE accounts SET is_staff = true"))

    def test_staff_5_others_get_their_places(self, app, cast, claire):
        cast.member("sophie.dupont", ref=REF)
        with app.app_context():
            assert db.session.query(Membership).count() == 1


def test_staff_5_roles_are_changed_by_command(app, cast, claire, browse_as, audited):
    browser = browse_as(claire)
    said = app.test_cli_runner().invoke(args=["staff", "roles", claire, "--role", "auditor"])
    assert said.exit_code == 0, said.output
    assert browser.get("/staff/audit").status == 200
    assert browser.get("/staff/visits/invited").status == 403
    entry = audited("staff.changed")[-1]
    change = {"former_roles": ["support"], "new_roles": ["auditor"]}
    assert (entry.subject, entry.details) == (claire, change)


def test_staff_5_a_staff_member_is_disabled_by_command(app, cast, claire, browse_as):
    browser = browse_as(claire)
    assert app.test_cli_runner().invoke(args=["staff", "disable", claire]).exit_code == 0
    assert browser.get("/staff/").location.startswith("/staff/login")
    cast.account("paul.dupont")
    assert app.test_cli_runner().invoke(args=["staff", "disable", "paul.dupont"]).exit_code == 1


def test_staff_5_staff_added_by_command_have_a_role(app, cast):
    wanted = ["--email", "omar@example.com", "--first-name", "Omar", "--last-name", "Sy"]
    wanted += ["--mobile", "+33 6 01 01 01 01", "--role", "operator"]
    said = app.test_cli_runner().invoke(args=["staff", "add", "omar.operator", *wanted])
    assert said.exit_code == 0, said.output
    with app.app_context():
        from selfcare.services.staff import agents

        assert agents.roles_of(account_of("omar.operator")) == {StaffRole.OPERATOR}


def test_staff_5_a_password_alone_is_told_from_a_disabled_account(browse, cast, claire, app):
    with app.app_context():
        from selfcare.services.accounts import barring

        barring.disable(account_of(claire))
        db.session.commit()
    assert browse.sign_in(claire, PASSWORD, at="/staff/login").status == 422
