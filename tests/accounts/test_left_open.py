"""Pages left open until their cookie was lost, and what pastes and password managers bring."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher

from selfcare.database import db
from selfcare.services.accounts import passwords
from tests.accounts.captchas import ask_for_password, solve
from tests.browsing import Browser, Page
from tests.cast import PASSWORD, account_of

NEW = "Bleu-Nuage.42"


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", locale="en")


def without_cookies(browser: Browser, path: str, fields: dict[str, str]) -> Page:
    """Open a page, lose the cookies, send its form."""
    token = browser.get(path).csrf()
    browser.client = browser.app.test_client()
    return browser.post(path, {**fields, "csrf_token": token})


class TestLeftOpen:
    def test_auth_1_a_sign_in_form_comes_again_with_its_login(self, pauls_login, browse):
        fields = {"login": pauls_login, "password": PASSWORD}
        page = without_cookies(browse, "/login?next=/account/profile", fields)
        assert page.status == 400
        assert "This page was open for too long" in page.words
        assert page.one("#login")["value"] == pauls_login
        assert PASSWORD not in page.text
        again = {**fields, "csrf_token": page.csrf()}
        assert browse.post("/login?next=/account/profile", again).location == "/account/profile"

    def test_auth_2_a_forgotten_password_form_comes_again(self, pauls_login, browse):
        page = without_cookies(browse, "/password/forgot", {"login": pauls_login, "answer": "x"})
        assert "This page was open for too long" in page.words
        assert page.one("#login")["value"] == pauls_login
        fields = {"login": pauls_login, "csrf_token": page.csrf(), **solve(browse.app, page)}
        assert browse.post("/password/forgot", fields).location == "/password/forgot/sent"

    def test_auth_4_a_forgotten_login_form_comes_again(self, pauls_login, browse):
        page = without_cookies(browse, "/login/forgot", {"email": "a@example.com", "answer": "x"})
        assert "This page was open for too long" in page.words
        assert page.one("#email")["value"] == "a@example.com"

    def test_auth_3_the_page_behind_a_mailed_link_comes_again(self, pauls_login, browse, mailbox):
        ask_for_password(browse, pauls_login)
        browse.get(mailbox.link(has="/password/set/"))
        link = str(browse.get("/password/set").one("input[name=link]")["value"])
        fields = {"password": NEW, "confirm": NEW, "link": link}
        page = without_cookies(browse, "/password/set", fields)
        assert page.status == 400
        assert "This page was open for too long" in page.words
        assert browse.sign_in(pauls_login, NEW).status == 422
        assert browse.post("/password/set", {"password": NEW, "confirm": NEW}).status == 303
        assert browse.sign_in(pauls_login, NEW).status == 303

    def test_auth_7_without_its_sign_in_a_code_leads_to_the_sign_in_page(self, browse):
        token = browse.get("/login").csrf()
        browse.client = browse.app.test_client()
        answer = browse.post("/login/code", {"code": "123456", "csrf_token": token})
        assert answer.location == "/login"

    def test_safe_nothing_is_done_with_a_lost_token(self, pauls_login, app):
        """Not even with all the rest right: another site can send that."""
        browser = Browser(app)
        fields = {"login": pauls_login, "password": PASSWORD, "csrf_token": "x"}
        assert browser.post("/login", fields).status == 400
        assert browser.get("/account/profile").status == 303


class TestPasswordManagers:
    @pytest.mark.parametrize(
        "path",
        [
            "/account/password",
            "/account/profile/edit",
            "/account/security/two-factor/",
        ],
    )
    def test_auth_3_they_see_whose_password_it_is(self, pauls_login, browse_as, path):
        field = browse_as(pauls_login).get(path).one("form input[autocomplete=username]")
        assert (field["type"], field["value"], field.has_attr("readonly")) == (
            "text",
            pauls_login,
            True,
        )
        assert field["tabindex"] == "-1"
        assert field.find_parent(class_="quiet")["aria-hidden"] == "true"

    def test_auth_3_behind_a_mailed_link_too(self, pauls_login, browse, mailbox):
        ask_for_password(browse, pauls_login)
        browse.get(mailbox.link(has="/password/set/"))
        field = browse.get("/password/set").one("form input[autocomplete=username]")
        assert (field["type"], field["value"]) == ("text", pauls_login)

    def test_auth_3_they_find_the_page_to_change_it(self, browse):
        answer = browse.get("/.well-known/change-password")
        assert (answer.status, answer.location) == (302, "/account/password")


class TestSpelling:
    WORD = "Mot-d\u00e9pass\u00e9.42"

    def set(self, app, login: str, password: str) -> None:
        with app.app_context():
            passwords.set_password(account_of(login), password)
            db.session.commit()

    @pytest.mark.parametrize("was", ["NFC", "NFD"])
    @pytest.mark.parametrize("now", ["NFC", "NFD"])
    def test_auth_1_a_password_is_the_same_however_it_is_composed(self, pauls_login, app, was, now):
        self.set(app, pauls_login, unicodedata.normalize(was, self.WORD))
        given = unicodedata.normalize(now, self.WORD)
        assert Browser(app).sign_in(pauls_login, given).status == 303

    def test_auth_1_one_kept_as_it_was_typed_opens_once_more_and_is_kept_anew(
        self, pauls_login, app
    ):
        old = unicodedata.normalize("NFD", self.WORD)
        with app.app_context():
            hasher: PasswordHasher = passwords._hasher
            account_of(pauls_login).password_hash = hasher.hash(old)
            db.session.commit()
        assert Browser(app).sign_in(pauls_login, self.WORD).status == 422
        assert Browser(app).sign_in(pauls_login, old).status == 303
        assert Browser(app).sign_in(pauls_login, self.WORD).status == 303

    @pytest.mark.parametrize(
        "pasted",
        [
            "\u200bpaul.dupont",
            "paul.dupont\u00ad",
            "\ufeff paul.dupont\u00a0",
            "paul.dupont\u202c\n",
        ],
    )
    def test_auth_1_a_pasted_login_may_bring_signs_nobody_sees(
        self, pauls_login, app, pasted, mailbox
    ):
        assert Browser(app).sign_in(pasted).status == 303
        ask_for_password(Browser(app), pasted)
        assert mailbox.link(has="/password/set/")


class TestLevel:
    @pytest.mark.parametrize(
        ("password", "level"),
        [
            ("Bleu-Nuage.42", "strong"),
            ("Bleu-Nu4", "medium"),
            ("Password-2026!", "invalid"),
            ("bleu", "invalid"),
            ("", "invalid"),
            ("x" * 5000, "invalid"),
        ],
    )
    def test_auth_3_the_level_is_what_the_rules_will_say(
        self, pauls_login, browse_as, password, level
    ):
        me = browse_as(pauls_login)
        answer = me.post("/password/level", {"login": pauls_login, "password": password})
        assert (answer.status, answer.text) == (200, level)
        assert answer.headers["Cache-Control"] == "no-store"
        change = {"current": PASSWORD, "password": password, "confirm": password}
        assert me.post("/account/password", change).status == (422 if level == "invalid" else 303)

    def test_auth_3_nobody_tries_words_without_end(self, another_app):
        browser = Browser(another_app(throttle_captcha="2 per minute"))
        asked = [browser.post("/password/level", {"password": "x"}).status for _ in range(3)]
        assert asked == [200, 200, 429]
