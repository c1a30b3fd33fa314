"""Passkeys: added, used, refused, removed (AUTH-7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from selfcare.database import db
from selfcare.models import Passkey
from selfcare.services.accounts import passkeys
from tests.accounts.authenticator import Authenticator
from tests.accounts.captchas import ask_for_password
from tests.accounts.test_two_factor import BASE, begin_set_up
from tests.browsing import Browser, Page
from tests.cast import PASSWORD, account_of

NEW, IN = "/account/security/passkeys/new", "/login/passkey"


@pytest.fixture(autouse=True)
def by_name_and_https(setting) -> None:
    """Browsers have passkeys on https only; the test's own cookies stay as they are."""
    setting(portal_url="https://portal.test")


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", locale="en")


@pytest.fixture
def me(pauls_login, browse_as) -> Browser:
    return browse_as(pauls_login)


def asked(page: Page) -> tuple[str, dict]:
    form = page.one("form[data-passkey]")
    return str(page.one("input[name=challenge]")["value"]), json.loads(str(form["data-options"]))


def add(
    browser: Browser, device: Authenticator, name: str = "Phone", password: str = PASSWORD
) -> Page:
    challenge, options = asked(browser.get(NEW))
    fields = {"challenge": challenge, "credential": device.make(options), "name": name}
    fields["password"] = password
    return browser.post(NEW, fields)


def enter(browser: Browser, device: Authenticator) -> Page:
    challenge, options = asked(browser.get(IN))
    return browser.post(IN, {"challenge": challenge, "credential": device.prove(options)})


@pytest.fixture
def device(me) -> Authenticator:
    device = Authenticator()
    assert add(me, device).status == 303
    return device


def test_auth_7_a_passkey_signs_in_without_password(device, browse, mailbox):
    assert enter(browse, device).location == "/"
    assert browse.get("/account/profile").status == 200
    assert enter(Browser(browse.app), device).status == 303
    assert "Phone" in mailbox.text()


def test_auth_7_nothing_can_be_clicked_before_the_script_is_there(me, browse):
    """Else a form leaves without a passkey: too early a click, or a browser without scripts."""
    for page in (me.get(NEW), browse.get(IN)):
        assert page.one("form[data-passkey] button").has_attr("disabled")


def test_auth_7_staff_sign_in_at_a_door_without_passkeys(device, browse, app):
    with app.app_context():
        account_of("paul.dupont").is_staff = True
        db.session.commit()
    assert enter(browse, device).status == 422


def test_auth_7_an_answer_is_good_once(device, browse, app):
    challenge, options = asked(browse.get(IN))
    fields = {"challenge": challenge, "credential": device.prove(options)}
    assert browse.post(IN, fields).status == 303
    assert Browser(app).post(IN, fields).status == 422


def test_auth_7_an_answer_comes_within_five_minutes(device, browse):
    challenge, options = asked(browse.get(IN))
    fields = {"challenge": challenge, "credential": device.prove(options)}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        assert browse.post(IN, fields).status == 422


def test_auth_7_a_passkey_nobody_added_opens_nothing(pauls_login, browse):
    assert enter(browse, Authenticator()).status == 422
    assert browse.get("/").status == 303


def test_auth_7_another_sites_answer_opens_nothing(device, browse):
    device.origin = "https://evil.test"
    assert enter(browse, device).status == 422


def test_auth_7_the_owner_has_to_be_there(device, browse):
    device.flags = 0x01
    assert enter(browse, device).status == 422


def test_auth_7_a_copied_passkey_is_noticed(device, browse, app):
    device.count = 5
    enter(browse, device)
    device.count = 2
    page = enter(Browser(app), device)
    assert page.status == 422
    assert "counted fewer uses of this passkey than we have" in page.words


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", '"x"', "null", '{"id": "x"}', '{"id": "\\u0000\\ud800"}', "é", "{" * 2000],
)
def test_auth_7_nonsense_opens_nothing(device, browse, answer):
    challenge, _options = asked(browse.get(IN))
    assert browse.post(IN, {"challenge": challenge, "credential": answer}).status == 422


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_auth_7_half_an_answer_opens_nothing(device, browse, part):
    challenge, options = asked(browse.get(IN))
    answer = json.loads(device.prove(options))
    for spoilt in ("", "AAAA", None):
        answer["response"][part] = spoilt
        sent = {"challenge": challenge, "credential": json.dumps(answer)}
        assert browse.post(IN, sent).status == 422
        challenge, options = asked(browse.get(IN))


def test_auth_7_a_passkey_is_added_once(me, device):
    assert add(me, device, "Again").status == 422


def test_auth_7_an_account_has_ten_passkeys_at_most(me, app):
    with app.app_context():
        account = account_of("paul.dupont")
        for number in range(9):
            key = Passkey(credential_id=f"AAA{number}", public_key=b"-", name=str(number))
            key.account_id = account.id
            db.session.add(key)
        db.session.commit()
    assert add(me, Authenticator(), "The tenth").status == 303
    assert add(me, Authenticator(), "The eleventh").status == 422


def test_auth_7_a_borrowed_session_cannot_add_one(me):
    assert add(me, Authenticator(), password="Wrong-2026!").all("#password-error")


def test_auth_7_adding_takes_a_name(me):
    answer = add(me, Authenticator(), " ")
    assert answer.status == 422
    assert answer.all("#name-error")


def test_auth_7_anothers_challenge_adds_nothing(me, cast, browse_as):
    cast.account("somebody.else")
    challenge, options = asked(me.get(NEW))
    key = Authenticator()
    fields = {"challenge": challenge, "credential": key.make(options), "name": "x"}
    fields["password"] = PASSWORD
    assert browse_as("somebody.else").post(NEW, fields).status == 422


def test_auth_7_a_removed_passkey_signs_nobody_in(me, device, browse):
    page = me.get("/account/security/")
    path = str(page.one('a[href*="/remove"]')["href"])
    assert "Phone" in me.get(path).words
    assert me.post(path).status == 303
    assert enter(browse, device).status == 422


def test_auth_7_nobody_removes_anothers(me, device, cast, browse_as):
    path = str(me.get("/account/security/").one('a[href*="/remove"]')["href"])
    cast.account("somebody.else")
    assert browse_as("somebody.else").post(path).status == 404


@pytest.mark.parametrize(
    ("portal", "possible"),
    [
        ("https://portal.test", True),
        ("http://localhost:8000", True),
        ("http://portal.test", False),
        ("http://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_auth_7_offered_only_where_browsers_have_them(app, setting, portal, possible):
    setting(portal_url=portal)
    with app.app_context():
        assert passkeys.possible() is possible


class TestSecondFactor:
    """A passkey does without the code, so who adds one has to know it (AUTH-7)."""

    @pytest.fixture
    def phone(self, me):
        app = begin_set_up(me)
        me.post(BASE + "new", {"code": app.code()})
        return app

    def test_auth_7_adding_one_asks_for_password_and_code(self, me, phone, mailbox):
        key = Authenticator()
        refused = add(me, key)
        assert refused.status == 422
        assert refused.all("#code-error")
        challenge, options = asked(me.get(NEW))
        fields = {"challenge": challenge, "credential": key.make(options), "name": "Phone"}
        wrong = me.post(NEW, {**fields, "password": PASSWORD, "code": "000000"})
        assert wrong.all("#code-error")
        challenge, options = asked(me.get(NEW))
        fields = {"challenge": challenge, "credential": key.make(options), "name": "Phone"}
        done = me.post(NEW, {**fields, "password": PASSWORD, "code": phone.code()})
        assert done.location == "/account/security/"
        assert "was added" in mailbox.text()

    def test_auth_7_without_it_the_password_is_enough(self, me):
        assert not me.get(NEW).all("#code")
        assert add(me, Authenticator()).status == 303


def test_auth_7_the_owner_gets_a_mail_when_one_is_removed(device, me, mailbox, audited):
    remove = me.get("/account/security/").one("a[href$=remove]")["href"]
    assert me.post(str(remove)).status == 303
    assert "was removed" in mailbox.text()
    assert "Phone" in mailbox.text()
    for action in ("passkey.added", "passkey.removed"):
        assert [entry.details for entry in audited(action)] == [{"name": "Phone"}], action


class TestNewPassword:
    """A password is often changed because somebody else knew it; they may have added a passkey."""

    NEW = "Bleu-Nuage.42"

    def change(self, me: Browser, **answer: str) -> Page:
        fields = {"current": PASSWORD, "password": self.NEW, "confirm": self.NEW, **answer}
        return me.post("/account/password", fields)

    def test_auth_7_asks_what_happens_to_the_passkeys(self, device, me, browse):
        page = self.change(me)
        assert page.status == 422
        assert page.one("#errors a")["href"] == "#passkeys"
        assert "Phone" in page.words
        assert browse.sign_in("paul.dupont", self.NEW).status == 422

    def test_auth_7_keeps_them_if_so_said(self, device, me, browse):
        assert self.change(me, passkeys="keep").status == 303
        assert enter(browse, device).status == 303

    def test_auth_7_removes_them_if_so_said(self, device, me, browse, mailbox):
        assert self.change(me, passkeys="remove").status == 303
        assert enter(browse, device).status == 422
        assert "Phone" not in me.get("/account/security/").words

    def test_auth_7_asks_nobody_who_has_none(self, me):
        assert not me.get("/account/password").all("#passkeys")
        assert self.change(me).status == 303

    def test_auth_7_a_mailed_link_asks_likewise(self, device, pauls_login, browse, mailbox):
        ask_for_password(browse, pauls_login)
        browse.get(mailbox.link(has="/password/set/"))
        fields = {"password": self.NEW, "confirm": self.NEW}
        assert browse.post("/password/set", fields).all("a[href='#passkeys']")
        assert browse.post("/password/set", {**fields, "passkeys": "remove"}).status == 303
        assert enter(browse, device).status == 422


@pytest.mark.parametrize("depth", [5_000, 9_000])
def test_safe_an_answer_nested_without_end_opens_nothing(device, browse, depth):
    challenge, _options = asked(browse.get(IN))
    answer = '{"id":' + "[" * depth + "]" * depth + "}"
    assert browse.post(IN, {"challenge": challenge, "credential": answer}).status == 422
