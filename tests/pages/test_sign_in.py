"""AUTH-1: signing in and out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import SignIn
from tests.browsing import Browser
from tests.cast import PASSWORD, account_of

ORDERS = "/contracts/OCB0000124/orders"
WRONG = "Wrong login or password."


@pytest.fixture(autouse=True)
def referent(cast):
    cast.referent()


class TestSignIn:
    def test_auth_1_right_password_leads_home(self, browse):
        answer = browse.sign_in("paul.dupont")
        assert (answer.status, answer.location) == (303, "/")
        assert "Paul DUPONT" in browse.get("/").words

    def test_auth_1_case_and_spaces_of_the_login_do_not_matter(self, browse):
        assert browse.sign_in("  PAUL.Dupont ").status == 303

    def test_auth_1_case_of_the_password_does_matter(self, browse):
        assert browse.sign_in("paul.dupont", PASSWORD.upper()).status == 422

    def test_auth_1_wrong_login_and_wrong_password_read_the_same(self, browse):
        unknown = browse.sign_in("nobody.atall")
        wrong = browse.sign_in("paul.dupont", "Wrong-2026!")
        assert unknown.status == wrong.status == 422
        assert unknown.words.replace("nobody.atall", "") == wrong.words.replace("paul.dupont", "")
        assert WRONG in unknown.words
        assert "Identifiant ou mot de passe incorrect." in wrong.words

    def test_auth_1_the_password_never_comes_back_in_the_page(self, browse):
        assert "Wrong-2026!" not in browse.sign_in("paul.dupont", "Wrong-2026!").text

    def test_auth_1_an_account_without_a_password_cannot_sign_in(self, browse, app, cast):
        cast.account("new.comer")
        with app.app_context():
            account_of("new.comer").password_hash = None
            db.session.commit()
        for password in (PASSWORD, "None"):
            assert WRONG in browse.sign_in("new.comer", password).words

    @pytest.mark.parametrize(
        ("login", "password"), [("", PASSWORD), ("paul.dupont", ""), (" ", "x"), ("x" * 300, "x")]
    )
    def test_auth_1_missing_or_endless_input_is_named_and_linked_to_its_field(
        self, browse, login, password
    ):
        page = browse.sign_in(login, password)
        assert page.status == 422
        links = [str(tag["href"]) for tag in page.all("[role=alert] a")]
        assert links
        for link in links:
            assert page.one(link)["aria-invalid"] == "true"
        assert {error.get_text() for error in page.all("form .error")} <= {
            "Champ obligatoire – Required field.",
            "Trop long – Too long.",
        }
        assert page.one("title").get_text().startswith("Erreur – Error")

    @pytest.mark.parametrize("login", ["paul\0.dupont", "\0", "pa%ul", "paul'--", "ÿ" * 60])
    def test_auth_1_odd_logins_are_answered_like_any_other(self, browse, login):
        assert browse.sign_in(login, "x").status == 422

    def test_auth_1_odd_passwords_are_answered_like_any_other(self, browse):
        for password in ("\0", "🔑" * 200, "'; --"):
            assert WRONG in browse.sign_in("paul.dupont", password).words

    @pytest.mark.parametrize("language", ["fr", "en"])
    def test_auth_1_the_page_is_bilingual_whatever_the_language(self, app, language):
        page = Browser(app, language=language).get("/login")
        labels = page.texts("label")
        assert any("Identifiant – Login" in label for label in labels)
        assert any("Mot de passe – Password" in label for label in labels)
        assert {"/password/forgot", "/login/forgot"} <= {str(a["href"]) for a in page.all("a")}
        for words in ("Mot de passe oublié", "Forgot your password?", "Identifiant oublié"):
            assert words in page.words
        assert page.one("#main > [lang=fr]").get_text().strip().startswith("Bienvenue")
        english = page.texts("#main > [lang=fr] [lang=en]")
        assert {"Login", "Password", "Sign in"} <= set(english)

    def test_auth_1_fields_tell_password_managers_what_they_are(self, browse):
        page = browse.get("/login")
        assert page.one("input[name=login]")["autocomplete"] == "username"
        assert page.one("input[name=password]")["autocomplete"] == "current-password"

    def test_auth_1_signed_in_people_are_led_on(self, browse_as):
        answer = browse_as("paul.dupont").get(f"/login?next={ORDERS}")
        assert (answer.status, answer.location) == (303, ORDERS)

    @pytest.mark.parametrize("page", ["/password/forgot", "/login/forgot"])
    def test_auth_1_both_links_lead_to_help(self, browse, page):
        assert "support@example.com" in browse.get(page).words


class TestNext:
    def test_auth_1_leads_to_the_page_first_asked_for(self, browse):
        asked = f"{ORDERS}?q=c2&sort=name"
        to_login = browse.get(asked)
        assert to_login.status == 303
        assert to_login.location.startswith("/login?next=")
        answer = browse.sign_in("paul.dupont", at=to_login.location)
        assert answer.location == asked

    def test_auth_1_a_wrong_attempt_keeps_the_page_first_asked_for(self, browse):
        at = browse.get(ORDERS).location
        page = browse.sign_in("paul.dupont", "wrong", at=at)
        action = page.one("form.card").get("action") or at
        assert browse.sign_in("paul.dupont", at=str(action)).location == ORDERS

    @pytest.mark.parametrize(
        "target", [ORDERS, "/account/orders?q=%2F%2Fx", "/contracts/OCB0000124/?a=b"]
    )
    def test_auth_1_addresses_of_the_portal_are_followed(self, app, target):
        from urllib.parse import quote

        answer = Browser(app).sign_in("paul.dupont", at=f"/login?next={quote(target)}")
        assert answer.location == target

    @pytest.mark.parametrize(
        "target",
        [
            "//evil.example",
            "///evil.example",
            "////evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "https:evil.example",
            "HTTPS://evil.example/",
            "http:///evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "@evil.example",
            " //evil.example",
            "/login",
            "/login?next=/login",
            "/logout",
            "",
            "/" + "x" * 3000,
        ],
    )
    def test_auth_1_other_sites_and_loops_lead_home(self, app, target):
        from urllib.parse import quote

        answer = Browser(app).sign_in("paul.dupont", at=f"/login?next={quote(target)}")
        assert (answer.status, answer.location) == (303, "/")

    def test_auth_1_a_lost_form_does_not_come_back_as_a_page(self, browse):
        """A POST cannot be repeated after signing in: home it is."""
        answer = browse.post("/logout")
        assert (answer.status, answer.location) == (303, "/login")

    def test_auth_1_an_htmx_part_sends_the_whole_page_to_sign_in(self, browse):
        answer = browse.get(
            f"{ORDERS}?q=c2",
            part="orders",
            **{"HX-Current-URL": f"http://portal.test{ORDERS}?q=c2"},
        )
        assert answer.status == 204
        assert answer.headers["HX-Redirect"] == ("/login?next=/contracts/OCB0000124/orders?q%3Dc2")
        assert browse.sign_in("paul.dupont", at=answer.headers["HX-Redirect"]).location == (
            f"{ORDERS}?q=c2"
        )


class TestSignOut:
    def test_auth_1_signing_out_is_a_form(self, browse_as):
        paul = browse_as("paul.dupont")
        assert paul.get("/logout").status == 405
        assert paul.get("/").status == 200
        answer = paul.post("/logout")
        assert (answer.status, answer.location) == (303, "/login")
        assert paul.get("/").status == 303

    def test_auth_1_a_copied_cookie_is_worth_nothing_afterwards(self, app, browse_as):
        paul, thief = browse_as("paul.dupont"), Browser(app)
        cookie = paul.client.get_cookie("session", domain="portal.test")
        assert cookie
        thief.client.set_cookie("session", cookie.value, domain="portal.test")
        assert thief.get("/").status == 200
        paul.post("/logout")
        assert thief.get("/").status == 303

    def test_auth_1_signing_out_ends_this_browser_only(self, browse_as):
        office, train = browse_as("paul.dupont"), browse_as("paul.dupont")
        office.post("/logout")
        assert train.get("/").status == 200

    def test_auth_7_signing_in_anew_ends_the_former_session(self, app, browse_as):
        paul, thief = browse_as("paul.dupont"), Browser(app)
        cookie = paul.client.get_cookie("session", domain="portal.test")
        thief.client.set_cookie("session", cookie.value, domain="portal.test")
        token = {"csrf_token": paul.get("/").csrf()}
        data = token | {"login": "paul.dupont", "password": PASSWORD}
        assert paul.post("/login", data).status == 303
        assert paul.get("/").status == 200
        assert thief.get("/").status == 303

    def test_auth_1_every_sign_in_gets_a_session_of_its_own(self, app, browse):
        """No fixation: what was in the session before signing in is gone."""
        browse.get("/login")
        before = browse.client.get_cookie("session", domain="portal.test")
        token = browse.get("/login").csrf()
        browse.sign_in("paul.dupont")
        after = browse.client.get_cookie("session", domain="portal.test")
        assert before.value != after.value
        assert browse.get("/legal").csrf() != token


class TestSession:
    def test_auth_1_the_database_does_not_know_the_cookie(self, app, browse):
        browse.sign_in("paul.dupont")
        with browse.client.session_transaction(base_url="http://portal.test/") as session:
            token = session["_user_id"]
        with app.app_context():
            row = db.session.execute(select(SignIn)).scalar_one()
            assert token not in (row.token_hash, str(row.id))
            assert row.ip == "192.0.2.10"

    @pytest.mark.parametrize("cookie", ["garbage", "", "e30.aaaa.bbbb", "\x7f", "." * 3000])
    def test_auth_1_a_tampered_cookie_is_nobody(self, browse, cookie):
        browse.client.set_cookie("session", cookie, domain="portal.test")
        assert browse.get("/").status == 303
        assert browse.get("/login").status == 200

    def test_auth_1_a_changed_signature_is_nobody(self, browse_as):
        paul = browse_as("paul.dupont")
        value = paul.client.get_cookie("session", domain="portal.test").value
        middle = len(value) // 2
        changed = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
        paul.client.set_cookie("session", changed, domain="portal.test")
        assert paul.get("/").status == 303

    def test_auth_1_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, browse):
        answer = browse.sign_in("paul.dupont")
        cookies = {c.partition("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
        assert cookies.keys() == {"known", "session"}
        for cookie in cookies.values():
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie

    def test_auth_1_cookies_are_secure_and_bound_to_the_host_on_https(self, another_app, cast):
        portal = another_app(portal_url="https://portal.test")
        answer = portal.test_client().get("/login", base_url="https://portal.test/")
        [cookie] = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert "max-age=" in answer.headers["Strict-Transport-Security"]

    def test_safe_cookies_are_signed_with_sha_256(self, browse):
        answer = browse.sign_in("paul.dupont")
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 2
        for cookie in cookies:
            signature = cookie.partition(";")[0].rpartition(".")[2]
            assert len(signature) == 43, cookie  # 256 bits in base64; SHA-1 makes 27 letters

    def test_auth_1_signing_out_empties_the_browsers_cache(self, browse_as):
        paul = browse_as("paul.dupont")
        assert paul.post("/logout").headers["Clear-Site-Data"] == '"cache"'

    def test_auth_1_the_former_secret_key_is_accepted_while_it_is_replaced(
        self, another_app, browse_as, settings
    ):
        paul = browse_as("paul.dupont")
        rotated = another_app(
            secret_key="a brand new secret key, which is long",
            secret_key_previous=settings.secret_key,
        )
        paul.client.application, paul.app = rotated, rotated
        assert paul.get("/").status == 200


class TestForms:
    @pytest.mark.parametrize("path", ["/login", "/logout", "/account/language"])
    def test_auth_1_a_form_without_its_token_does_nothing_and_says_so(self, browse_as, path):
        paul = browse_as("paul.dupont")
        page = paul.post(path, {"locale": "fr", "login": "a", "password": "b"}, token=False)
        assert page.status == 400
        assert "Open the page again and send the form once more." in page.words
        assert paul.get("/").status == 200

    @pytest.mark.parametrize("token", ["x", "", "a.b.c", "\0"])
    def test_auth_1_a_form_with_a_wrong_token_does_nothing(self, browse, token):
        page = browse.post("/login", {"csrf_token": token, "login": "paul.dupont"})
        assert page.status == 400

    def test_auth_1_a_token_of_another_session_is_none(self, app, browse):
        stranger = Browser(app).get("/login").csrf()
        browse.get("/login")
        data = {"csrf_token": stranger, "login": "paul.dupont", "password": PASSWORD}
        assert browse.post("/login", data).status == 400

    def test_auth_1_the_second_of_two_tabs_leads_on(self, browse):
        """Its token is that of the session before the first one signed in, or out."""
        before = browse.get(f"/login?next={ORDERS}").csrf()
        browse.sign_in("paul.dupont")
        form = {"csrf_token": before, "login": "paul.dupont", "password": PASSWORD}
        answer = browse.post(f"/login?next={ORDERS}", form)
        assert (answer.status, answer.location) == (303, ORDERS)
        token = browse.get("/").csrf()
        for _tab in range(2):
            answer = browse.post("/logout", {"csrf_token": token})
            assert (answer.status, answer.location) == (303, "/login")

    def test_auth_1_nobody_is_signed_out_with_another_sessions_token(self, app, browse_as):
        stranger = Browser(app).get("/login").csrf()
        paul = browse_as("paul.dupont")
        assert paul.post("/logout", {"csrf_token": stranger}).status == 400
        assert paul.get("/").status == 200

    def test_auth_1_two_browsers_of_the_public_pages_get_tokens_of_their_own(self, app):
        first, second = Browser(app), Browser(app)
        assert first.get("/legal").csrf() != second.get("/legal").csrf()
        assert second.post("/account/language", {"locale": "fr"}).status == 303

    @pytest.mark.parametrize("path", ["/", "/account/orders", ORDERS, "/legal", "/readyz"])
    def test_auth_1_posting_to_a_page_that_takes_no_form_says_so(self, browse_as, path):
        page = browse_as("paul.dupont").post(path)
        assert page.status == 405
        assert "This page cannot be used that way" in page.words
        assert "GET" in page.headers["Allow"]
