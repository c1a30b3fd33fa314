"""« Mon profil »: password, data, email address, my data to take away (ACCOUNT-1, ACCOUNT-3)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.language import phones
from selfcare.models import Account, MailedLink
from tests.cast import PASSWORD, account_of

NEW = "Bleu-Nuage.42"
DATA = {
    "civility": "sir",
    "last_name": "Dupont",
    "first_name": "Paul",
    "email": "paul.dupont@example.com",
    "phone": "01 01 01 01 01",
    "mobile": "",
    "locale": "en",
    "has_find_key": "y",
}


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", civility="sir", phone="+33 1 01 01 01 01", locale="en")


@pytest.fixture
def me(pauls_login, browse_as):
    return browse_as(pauls_login)


def change(browser, **fields):
    data = {"current": PASSWORD, "password": NEW, "confirm": NEW, **fields}
    return browser.post("/account/password", data)


def kept(app, login="paul.dupont") -> Account:
    with app.app_context():
        return db.session.execute(select(Account).filter_by(login=login)).scalar_one()


class TestPassword:
    def test_account_1_changes_it_and_mails(self, me, browse, mailbox):
        answer = change(me)
        assert (answer.status, answer.location) == (303, "/account/profile")
        assert browse.sign_in("paul.dupont", NEW).status == 303
        assert "has been changed" in str(mailbox.last()["Subject"])

    def test_account_1_this_session_goes_on_and_the_others_end(self, me, browse_as, pauls_login):
        elsewhere = browse_as(pauls_login)
        change(me)
        assert me.get("/account/profile").status == 200
        assert elsewhere.get("/account/profile").status == 303

    def test_account_1_asks_for_the_current_one(self, me, browse):
        answer = change(me, current="Wrong-2026!")
        assert answer.status == 422
        assert answer.one("#errors a")["href"] == "#current"
        assert browse.sign_in("paul.dupont", PASSWORD).status == 303

    def test_auth_6_guessing_the_current_one_is_slowed_down(self, me):
        for _time in range(5):
            change(me, current="Wrong-2026!")
        assert "Too many attempts" in change(me).words

    @pytest.mark.parametrize(
        ("new", "again", "wrong"),
        [("court", "court", "password"), (NEW, "else", "confirm"), ("", "", "password")],
    )
    def test_auth_3_mistakes_stand_beside_their_field(self, me, new, again, wrong):
        answer = change(me, password=new, confirm=again)
        assert answer.status == 422
        assert answer.all(f"#{wrong}-error")
        assert answer.one(f"#{wrong}")["aria-invalid"] == "true"
        assert answer.one("head > title").text.strip().startswith("Error:")

    def test_auth_3_passwords_can_be_shown_without_javascript(self, me):
        assert me.get("/account/password").one("#password")["type"] == "password"
        shown = me.get(str(me.get("/account/password").one("#show-passwords")["href"]))
        assert shown.one("#password")["type"] == "text"

    def test_auth_3_the_page_states_every_rule(self, me, app):
        from selfcare.services.accounts.password_rules import PasswordRules

        page = me.get("/account/password")
        stated = {str(rule["data-rule"]) for rule in page.all("#password-rules li")}
        assert stated == {rule.key for rule in PasswordRules().rules()} - {"login"}
        assert "different from your login" in page.words


class TestData:
    def test_account_1_changes_what_counts_at_once(self, me, app, mailbox):
        answer = me.post(
            "/account/profile/edit",
            DATA | {"last_name": "Durand", "phone": "", "mobile": "+44 7400 123456"},
        )
        assert (answer.status, answer.location) == (303, "/account/profile")
        account = kept(app)
        assert (account.last_name, account.phone) == ("Durand", None)
        assert account.mobile == "+44 7400 123456"
        assert "Durand" in me.get("/account/profile").words
        assert mailbox.all() == []

    @pytest.mark.parametrize(
        ("changes", "wrong"),
        [
            ({"last_name": " "}, "last_name"),
            ({"first_name": "x" * 81}, "first_name"),
            ({"email": "paul"}, "email"),
            ({"phone": "", "mobile": ""}, "phone"),
            ({"phone": "12"}, "phone"),
            ({"mobile": "abc"}, "mobile"),
            ({"mobile": "01 01 01 01 01"}, "mobile"),
            ({"last_name": "\x00"}, "last_name"),
            ({"last_name": "\u200b\u202e"}, "last_name"),
            ({"last_name": "\u00ad\u3164 \u2800"}, "last_name"),
            ({"locale": "de"}, "locale"),
            ({"civility": ""}, "civility"),
        ],
    )
    def test_account_1_mistakes_keep_what_was_typed(self, me, app, changes, wrong):
        answer = me.post("/account/profile/edit", DATA | {"first_name": "Pol"} | changes)
        assert answer.status == 422
        assert f"#{wrong}" in [link["href"] for link in answer.all("#errors a")]
        typed = changes.get("first_name", "Pol")
        assert answer.one("#first_name")["value"] == typed
        assert kept(app).first_name == "Paul"

    @pytest.mark.parametrize(
        ("typed", "name"),
        [("Cafe\u0301", "Caf\u00e9"), ("\u202eDu\u200brand", "Durand"), ("Du\r\nrand", "Du rand")],
    )
    def test_account_1_a_name_is_kept_as_it_is_read(self, me, app, typed, name):
        assert me.post("/account/profile/edit", DATA | {"last_name": typed}).status == 303
        assert kept(app).last_name == name

    def test_account_1_the_language_counts_at_once(self, me):
        me.post("/account/profile/edit", DATA | {"locale": "fr"})
        assert me.get("/account/profile").one("html")["lang"] == "fr"

    def test_find_1_the_key_can_be_switched_off(self, me):
        key = "[aria-keyshortcuts]"
        without = {name: value for name, value in DATA.items() if name != "has_find_key"}
        assert me.get("/").one(key)["id"] == "find"
        assert me.get("/account/profile/edit").one("#has_find_key").has_attr("checked")
        assert me.post("/account/profile/edit", without).status == 303
        assert not me.get("/").all(key)
        assert "Search by the “/” key no" in me.get("/account/profile").words
        assert "Search by the “/” key" in me.get("/account/activity").words
        assert not me.get("/account/profile/edit").one("#has_find_key").has_attr("checked")
        assert me.post("/account/profile/edit", DATA).status == 303
        assert me.get("/").all(key)

    @pytest.mark.once
    @pytest.mark.parametrize(
        ("typed", "number"),
        [
            ("01 01 01 01 01", "+33 1 01 01 01 01"),
            ("01.01.01.01.01", "+33 1 01 01 01 01"),
            ("+33 (0)1 01 01 01 01", "+33 1 01 01 01 01"),
            ("0033101010101", "+33 1 01 01 01 01"),
            ("+44 20 7946 0958", "+44 20 7946 0958"),
            ("0692 12 34 56", "+262 692 12 34 56"),  # La Réunion
            ("+33 6 92 12 34 56", "+262 692 12 34 56"),
            ("0690 12 34 56", "+590 690 12 34 56"),  # Guadeloupe
            ("0696 12 34 56", "+596 696 12 34 56"),  # Martinique
            ("0694 12 34 56", "+594 694 12 34 56"),  # Guyane
            ("+687 75 12 34", "+687 75.12.34"),  # Nouvelle-Calédonie
            ("+689 87 12 34 56", "+689 87 12 34 56"),  # Polynésie
        ],
    )
    def test_account_1_phones_are_read_as_people_write_them(self, typed, number):
        assert phones.read(typed) == number
        assert phones.read(phones.shown(number)) == number

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("0899 12 34 56", "number of a service"),
            ("08 00 12 34 56", "number of a service"),
            ("09 72 12 34 56", "fixed line"),
            ("0262 12 34 56", "fixed line"),  # La Réunion
            ("75 12 34", "or +33 1 01 01 01 01"),  # whose country's? Nouméa's, were it said
        ],
    )
    def test_account_1_a_mobile_is_a_mobile(self, me, app, typed, said):
        page = me.post("/account/profile/edit", DATA | {"mobile": typed})
        assert page.status == 422
        assert any(said in error for error in page.texts(".error")), page.texts(".error")
        assert page.one("#mobile")["value"] == typed
        assert kept(app).mobile is None

    def test_account_1_a_mobile_overseas_is_taken(self, me, app):
        assert me.post("/account/profile/edit", DATA | {"mobile": "0692 12 34 56"}).status == 303
        assert kept(app).mobile == "+262 692 12 34 56"

    def test_account_1_an_address_no_mail_server_takes_is_refused(self, me):
        long = f"{'x' * 65}@example.com"
        page = me.post("/account/profile/edit", DATA | {"email": long, "current": PASSWORD})
        assert page.status == 422
        assert "#email" in [link["href"] for link in page.all("#errors a")]
        assert page.one("#email")["value"] == long
        longest = DATA | {"email": long[1:], "current": PASSWORD}
        assert me.post("/account/profile/edit", longest).status == 303


class TestNewAddress:
    NEW = "paul@new.example"

    def ask(self, browser, **changes):
        data = DATA | {"email": self.NEW, "current": PASSWORD} | changes
        return browser.post("/account/profile/edit", data)

    def test_account_1_counts_once_confirmed(self, me, app, browse, mailbox, audited):
        assert self.ask(me).status == 303
        assert [entry.details for entry in audited("email.asked")] == [{"email": self.NEW}]
        assert kept(app).email == "paul.dupont@example.com"
        link = mailbox.link(to=self.NEW, has="/email/confirm/")
        assert "paul@new.example" in mailbox.text(to="paul.dupont@example.com")
        browse.get(link)
        assert self.NEW in browse.get("/email/confirm").words
        assert kept(app).email == "paul.dupont@example.com"
        assert browse.post("/email/confirm").status == 303
        assert kept(app).email == self.NEW
        assert "former" in mailbox.text(to="paul.dupont@example.com")
        browse.get(link)
        assert browse.post("/email/confirm").status == 410
        assert browse.get("/email/confirm").one("main a.button")["href"] == "/account/profile"

    def test_account_1_the_profile_says_what_waits_for_its_owner(self, me, browse, mailbox):
        assert self.NEW not in me.get("/account/profile").words
        self.ask(me)
        assert f"{self.NEW} will replace it if" in me.get("/account/profile").words
        browse.get(mailbox.link(to=self.NEW, has="/email/confirm/"))
        browse.post("/email/confirm")
        assert "will replace it" not in me.get("/account/profile").words

    def test_account_1_an_address_given_by_mistake_is_worth_nothing_after_the_next(
        self, me, app, browse, mailbox
    ):
        self.ask(me, email="strangers@new.example")
        mistaken = mailbox.link(to="strangers@new.example", has="/email/confirm/")
        self.ask(me)
        browse.get(mistaken)
        assert browse.post("/email/confirm").status == 410
        browse.get(mailbox.link(to=self.NEW, has="/email/confirm/"))
        assert browse.post("/email/confirm").status == 303

    def test_mail_reaches_a_domain_with_accents(self, me, browse, app, mailbox):
        assert self.ask(me, email="paul@exämple.fr").status == 303
        browse.get(mailbox.link(to="paul@xn--exmple-cua.fr", has="/email/confirm/"))
        assert browse.post("/email/confirm").status == 303
        assert kept(app).email == "paul@exämple.fr"

    def test_account_1_an_address_no_server_takes_is_refused(self, me):
        assert self.ask(me, email="jérôme@example.com").one("#errors a")["href"] == "#email"

    def test_auth_6_nobody_is_flooded_with_mails_to_confirm(self, me, cast, browse_as, mailbox):
        assert [self.ask(me).status for _time in range(3)] == [303] * 3
        refused = self.ask(me, email="another@new.example", first_name="Pol")
        assert refused.one("#errors a")["href"] == "#email"
        assert "Too many attempts" in refused.words
        assert refused.one("#first_name")["value"] == "Pol"
        cast.account("sophie.dupont", locale="en")
        assert self.ask(browse_as("sophie.dupont")).status == 422
        assert len(mailbox.all()) == 6

    def test_account_1_asks_for_the_password(self, me, app, mailbox):
        assert self.ask(me, current="").one("#errors a")["href"] == "#current"
        assert self.ask(me, current="Wrong-2026!").status == 422
        assert mailbox.all() == []
        assert kept(app).civility == "sir"

    def test_account_1_dies_when_the_password_changes(self, me, browse, mailbox):
        self.ask(me)
        link = mailbox.link(to=self.NEW)
        change(me)
        browse.get(link)
        assert browse.post("/email/confirm").status == 410

    def test_account_1_anothers_address_is_told_to_its_owner_only(
        self, me, cast, app, browse, mailbox
    ):
        cast.account("somebody.else", email="Paul@New.example")
        assert self.ask(me).status == 303
        browse.get(mailbox.link(to=self.NEW, has="/email/confirm/"))
        answer = browse.post("/email/confirm")
        assert answer.status == 409
        assert kept(app).email == "paul.dupont@example.com"
        with app.app_context():
            assert db.session.execute(select(MailedLink.used_at)).scalar_one()

    def test_account_1_the_case_of_an_address_is_no_change(self, me, mailbox):
        me.post("/account/profile/edit", DATA | {"email": "Paul.Dupont@Example.com"})
        assert mailbox.all() == []


class TestMyData:
    def test_account_3_is_a_file_with_everything_of_mine_and_no_secret(self, cast, browse_as, app):
        cast.member("paul.dupont", referent=True, console_roles=["admin"])
        cast.member("sophie.dupont")
        cast.order(by="paul.dupont")
        cast.order(by="sophie.dupont", name_en="Hers")
        cast.subscription(by="paul.dupont")
        answer = browse_as("paul.dupont").get("/account/data.json")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer.headers["Cache-Control"]
        data = json.loads(answer.text)
        assert data["account"]["login"] == "paul.dupont"
        assert data["contracts"][0]["ref"] == "OCB0000124"
        assert data["console_accesses"][0]["wanted_groups"] == ["admin"]
        assert len(data["orders"]) == 2
        assert len(data["subscriptions"]) == len(data["sign_ins"]) == 1
        assert data["api_logins"] == data["api_passwords"] == []
        assert "Hers" not in answer.text
        done = [entry["at"] for entry in data["activity"]]
        assert done == sorted(done)
        with app.app_context():
            assert str(account_of("paul.dupont").password_hash) not in answer.text
        assert "hash" not in answer.text
