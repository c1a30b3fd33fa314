"""The second factor: set up, asked for, left, lost (AUTH-7)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry, RecoveryCode, TwoFactor
from selfcare.services.accounts import two_factor
from tests.browsing import Browser
from tests.cast import PASSWORD, account_of

BASE = "/account/security/two-factor/"


class App:
    """An authenticator app on somebody's phone."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)
        self.clock = time.time()

    def code(self) -> str:
        """The code of a moment later than the last one asked for."""
        code = self.totp.at(int(self.clock))
        self.clock += 30
        return code


def begin_set_up(browser: Browser) -> App:
    """Read the secret from the page, as a person would type it."""
    assert browser.post(BASE, {"password": PASSWORD}).location == BASE + "new"
    page = browser.get(BASE + "new")
    assert page.headers["Cache-Control"] == "no-store"
    return App(page.one("code").get_text().replace(" ", ""))


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", locale="en")


@pytest.fixture
def me(pauls_login, browse_as) -> Browser:
    return browse_as(pauls_login)


@pytest.fixture
def phone(me) -> App:
    """Paul's app, in force, its clock a step ahead of the codes used."""
    app = begin_set_up(me)
    page = me.post(BASE + "new", {"code": app.code()})
    assert page.status == 200
    return app


@pytest.fixture
def codes(me, phone, app: Flask) -> list[str]:
    """Recovery codes of Paul's."""
    with app.app_context():
        made = two_factor.renew_recovery_codes(account_of("paul.dupont"))
        db.session.commit()
    return made


def give_code(browser: Browser, code: str):
    return browser.post("/login/code", {"code": code})


class TestSettingUp:
    def test_auth_7_the_first_code_puts_it_in_force(self, me, mailbox, audited):
        app = begin_set_up(me)
        assert me.get(BASE + "qr.svg").headers["Content-Type"].startswith("image/svg+xml")
        page = me.post(BASE + "new", {"code": app.code()})
        assert len(page.all("ul.codes li")) == two_factor.RECOVERY_CODES
        assert page.headers["Cache-Control"] == "no-store"
        assert "now on" in mailbox.text()
        assert [entry.actor for entry in audited("two_factor.on")] == ["paul.dupont"]
        assert me.get(BASE + "qr.svg").status == 404
        assert me.get(BASE).location == "/account/security/"

    def test_auth_7_a_borrowed_session_cannot_set_it_up(self, me):
        assert me.post(BASE, {"password": "Wrong-2026!"}).one("#errors a")["href"] == "#password"
        assert me.get(BASE + "new").location == BASE

    def test_auth_7_a_wrong_code_leaves_it_off(self, me, browse):
        begin_set_up(me)
        answer = me.post(BASE + "new", {"code": "000000"})
        assert answer.status == 422
        assert answer.all("#code-error")
        assert browse.sign_in("paul.dupont").location == "/"

    def test_auth_7_the_picture_holds_the_secret_of_the_page(self, me, app):
        phone = begin_set_up(me)
        with app.app_context():
            device = db.session.execute(select(TwoFactor)).scalar_one()
            assert two_factor.secret(device) == phone.totp.secret
            assert phone.totp.secret not in device.sealed_secret

    def test_auth_7_the_picture_needs_no_inline_style(self, me):
        begin_set_up(me)
        assert "style" not in me.get(BASE + "qr.svg").text


class TestSigningIn:
    def test_auth_7_asks_for_the_code_before_any_page(self, phone, browse):
        assert browse.sign_in("paul.dupont").location == "/login/code"
        assert browse.get("/").location.startswith("/login")
        assert give_code(browse, phone.code()).location == "/"
        assert browse.get("/").status == 200

    def test_auth_7_leads_to_the_page_first_asked_for(self, phone, browse):
        answer = browse.sign_in("paul.dupont", at="/login?next=/account/orders")
        assert answer.location == "/login/code?next=/account/orders"
        back = browse.get(answer.location).all("main a[href^='/login']")
        assert [link["href"] for link in back] == ["/login?next=/account/orders"]
        answer = browse.post(answer.location, {"code": phone.code()})
        assert answer.location == "/account/orders"

    def test_auth_7_the_code_is_asked_for_in_the_owners_language(self, phone, app):
        french = Browser(app, language="fr")
        french.sign_in("paul.dupont")
        assert french.get("/login/code").one("html")["lang"] == "en"

    def test_auth_7_signed_in_is_on_record_once_the_code_was_right(self, phone, browse, app):
        def recorded() -> list[str]:
            with app.app_context():
                made = select(AuditEntry.action).where(AuditEntry.action.startswith("sign_in."))
                return list(db.session.execute(made.order_by(AuditEntry.id)).scalars())

        browse.sign_in("paul.dupont")
        give_code(browse, "000000")
        assert recorded() == ["sign_in.wrong_code"]
        give_code(browse, phone.code())
        assert recorded() == ["sign_in.wrong_code", "sign_in.done"]

    def test_auth_7_a_code_is_good_once(self, phone, browse, app):
        code = phone.code()
        browse.sign_in("paul.dupont")
        assert give_code(browse, code).status == 303
        other = Browser(app, ip="198.51.100.9")
        other.sign_in("paul.dupont")
        assert give_code(other, code).status == 422
        assert other.get("/").status == 303

    def test_auth_7_an_old_code_is_refused(self, phone, browse):
        code = phone.code()
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3)):
            browse.sign_in("paul.dupont")
            assert give_code(browse, code).status == 422

    def test_auth_7_the_password_is_forgotten_after_ten_minutes(self, phone, browse):
        browse.sign_in("paul.dupont")
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
            assert give_code(browse, "123456").location == "/login"

    def test_auth_7_a_new_password_ends_a_half_made_sign_in(self, me, phone, browse):
        browse.sign_in("paul.dupont")
        new = "Bleu-Nuage.42"
        change = {"current": PASSWORD, "password": new, "confirm": new}
        assert me.post("/account/password", change).status == 303
        assert give_code(browse, phone.code()).location == "/login"

    def test_auth_6_guessing_codes_is_slowed_down(self, phone, browse):
        browse.sign_in("paul.dupont")
        codes = [give_code(browse, f"{n:06}").status for n in range(5)]
        assert codes == [422] * 5
        answer = give_code(browse, phone.code())
        assert answer.status == 429
        assert answer.headers["Retry-After"]

    def test_auth_6_whoever_has_the_password_cannot_brake_the_owners_codes(
        self, phone, codes, app, browse
    ):
        """Neither in a browser of the owner's, nor with a recovery code anywhere."""
        browse.sign_in("paul.dupont")
        assert give_code(browse, codes[1]).status == 303
        browse.post("/logout")
        thief = Browser(app, ip="203.0.113.7")
        thief.sign_in("paul.dupont")
        for number in range(6):
            give_code(thief, f"{number:06}")
            give_code(thief, f"aaaa-bbbb-cccc-{number:04}")
        assert give_code(thief, "123456").status == 429
        assert give_code(thief, codes[0]).status == 429
        browse.sign_in("paul.dupont")
        assert give_code(browse, phone.code()).status == 303
        elsewhere = Browser(app, ip="198.51.100.4")
        elsewhere.sign_in("paul.dupont")
        assert give_code(elsewhere, codes[0]).status == 303

    def test_auth_6_the_owner_learns_of_a_burst_of_wrong_codes(self, phone, browse, mailbox):
        before = len(mailbox.all())
        browse.sign_in("paul.dupont")
        for number in range(6):
            give_code(browse, f"{number:06}")
        assert len(mailbox.all()) == before + 1
        assert "has your password" in str(mailbox.last()["Subject"])
        assert "/password/forgot?login=paul.dupont" in mailbox.text()

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-" * 40, "é"])
    def test_auth_7_odd_codes_are_refused(self, phone, browse, code):
        browse.sign_in("paul.dupont")
        assert give_code(browse, code).status == 422

    def test_auth_7_a_recovery_code_is_good_once(self, codes, browse, app, mailbox, audited):
        browse.sign_in("paul.dupont")
        assert give_code(browse, codes[0].upper().replace("-", " ")).status == 303
        assert "9 recovery codes left" in mailbox.text()
        assert [e.actor for e in audited("two_factor.recovery_code_used")] == ["paul.dupont"]
        other = Browser(app)
        other.sign_in("paul.dupont")
        assert give_code(other, codes[0]).status == 422
        assert give_code(other, codes[1]).status == 303

    def test_auth_7_only_hashes_of_recovery_codes_are_kept(self, codes, app):
        with app.app_context():
            kept = repr(db.session.execute(select(RecoveryCode.code_hash)).scalars().all())
        assert codes[0] not in kept
        assert codes[0].replace("-", "") not in kept


class TestLeaving:
    def test_auth_7_turning_it_off_takes_password_and_code(self, me, phone, browse, audited):
        prove = {"password": "Wrong-2026!", "code": phone.code()}
        assert me.post(BASE + "off", prove).one("#errors a")["href"] == "#password"
        prove = {"password": PASSWORD, "code": "000000"}
        assert me.post(BASE + "off", prove).one("#errors a")["href"] == "#code"
        prove = {"password": PASSWORD, "code": phone.code()}
        phone.clock -= 60
        assert audited("two_factor.off") == []
        assert me.post(BASE + "off", prove | {"code": phone.code()}).status == 303
        assert [entry.actor for entry in audited("two_factor.off")] == ["paul.dupont"]
        assert browse.sign_in("paul.dupont").location == "/"

    def test_auth_7_new_recovery_codes_replace_the_old(self, me, phone, codes, browse, audited):
        prove = {"password": PASSWORD, "code": phone.code()}
        page = me.post(BASE + "codes", prove)
        fresh = [tag.get_text() for tag in page.all("ul.codes code")]
        assert len(fresh) == 10
        made = audited("two_factor.new_recovery_codes")
        assert [entry.actor for entry in made] == ["paul.dupont"] * 2, "those of `codes`, and these"
        browse.sign_in("paul.dupont")
        assert give_code(browse, codes[0]).status == 422
        assert give_code(browse, fresh[0]).status == 303


class TestStaff:
    @pytest.fixture
    def agent(self, cast) -> str:
        return cast.account("agent.support", is_staff=True, locale="en")

    def test_auth_7_staff_cannot_turn_it_off(self, agent, app):
        with app.app_context(), pytest.raises(two_factor.StaffNeedsIt):
            two_factor.turn_off(account_of(agent))

    def test_auth_7_staff_reset_it_with_an_audit_entry(
        self, agent, me, phone, browse, app, mailbox
    ):
        run = app.test_cli_runner().invoke
        asked = ["accounts", "reset-two-factor", "paul.dupont", "--reason", "lost phone, ticket 12"]
        assert run(args=[*asked, "--by", "paul.dupont"]).exit_code == 1
        assert run(args=[*asked, "--by", agent]).exit_code == 0
        assert me.get("/account/profile").status == 303
        assert browse.sign_in("paul.dupont").location == "/"
        with app.app_context():
            entry = db.session.execute(
                select(AuditEntry).filter_by(action="two_factor.reset")
            ).scalar_one()
            assert (entry.actor, entry.subject) == (agent, "paul.dupont")
            assert entry.details == {"reason": "lost phone, ticket 12"}
        assert "lost phone" in browse.get("/account/activity").words
        assert "now off" in mailbox.text()


class TestAnotherSecretKey:
    """`SECRET_KEY` is replaced (deploy.md, Secrets)."""

    KEY = "a brand new secret key, which is long"

    @pytest.fixture
    def elsewhere(self, another_app, settings):
        """Somebody's browser before the portal with its new key, and the former one or none."""

        def elsewhere(*, previous: str = "") -> Browser:
            return Browser(another_app(secret_key=self.KEY, secret_key_previous=previous))

        return elsewhere

    def test_auth_7_recovery_codes_are_good_when_the_apps_secret_cannot_be_read(
        self, phone, codes, elsewhere
    ):
        browser = elsewhere()
        assert browser.sign_in("paul.dupont").location == "/login/code"
        assert give_code(browser, phone.code()).status == 422
        assert give_code(browser, codes[0]).location == "/"

    def test_auth_7_resealed_secrets_outlive_the_former_key(self, phone, settings, elsewhere):
        both = elsewhere(previous=settings.secret_key)
        done = both.app.test_cli_runner().invoke(args=["accounts", "reseal"])
        assert done.output == "Sealed with the present key: 1.\n"
        browser = elsewhere()
        browser.sign_in("paul.dupont")
        assert give_code(browser, phone.code()).location == "/"

    def test_auth_7_resealing_says_what_it_cannot_read(self, phone, elsewhere):
        done = elsewhere().app.test_cli_runner().invoke(args=["accounts", "reseal"])
        assert done.exit_code == 1
        assert "1 cannot be read" in done.output


class TestCodesFile:
    """The recovery codes as a file, from the page that shows them (AUTH-7)."""

    def shown(self, me: Browser) -> tuple[str, dict[str, str]]:
        page = me.post(BASE + "new", {"code": begin_set_up(me).code()})
        form = page.one("main form")
        [field] = form.select("[name=codes]")
        codes = str(field["value"])
        assert codes.split() == [tag.get_text() for tag in page.all("ul.codes code")]
        return str(form["action"]), {"codes": codes}

    def test_auth_7_recovery_codes_are_a_file_to_keep(self, me):
        address, fields = self.shown(me)
        answer = me.client.post(
            address,
            data={**fields, "csrf_token": me._token()},
            base_url="http://portal.test/",
            environ_base=me.environ,
        )
        assert answer.status_code == 200
        assert answer.text.split() == fields["codes"].split()
        assert answer.headers["Cache-Control"] == "no-store"
        assert "recovery-codes-paul.dupont" in answer.headers["Content-Disposition"]

    @pytest.mark.parametrize("codes", ["", "abcd-efgh-jkmn-pqrs", "<b>x</b>", "x" * 9_000])
    def test_auth_7_nothing_else_becomes_that_file(self, me, codes):
        address, _ = self.shown(me)
        assert me.post(address, {"codes": codes}).status == 404
