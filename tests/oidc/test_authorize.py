"""CONSOLE-5: what a request to the provider must be, and who comes back with a code."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ClientKind, Contract, now
from selfcare.services.console import access as console_access
from tests.browsing import Browser
from tests.cast import PASSWORD, account_of
from tests.oidc.party import REDIRECT

SOMETHING_ELSE = [
    "https://console.example/redirect_uri/",
    "https://console.example/redirect_uri?",
    "https://console.example/redirect_uri#",
    "https://console.example/redirect_uri/../evil",
    "https://console.example:443/redirect_uri",
    "https://CONSOLE.example/redirect_uri",
    "https://console.example/redirect_uri%2f",
    "https://console.example.evil/redirect_uri",
    "https://console.example@evil/redirect_uri",
    "http://console.example/redirect_uri",
    "//console.example/redirect_uri",
    "/redirect_uri",
    "",
]


class TestWhoComesBack:
    def test_console_5_somebody_signed_in_brings_a_code_at_once(self, console, marie):
        page = marie.get(console.address())
        answer = console.answer(page.location)
        assert answer.keys() == {"code", "state", "iss"}
        assert (answer["state"], answer["iss"]) == ("the-state", "http://portal.test")
        assert page.headers["Cache-Control"] == "no-store"

    def test_console_5_who_is_not_signed_in_signs_in_on_the_way(self, console, marie, browse, cast):
        page = browse.get(console.address())
        assert page.location.startswith("/login?next=/oauth/continue/")
        form = browse.get(page.location)
        done = browse.post(
            page.location,
            {"login": "marie.dupont", "password": PASSWORD, "csrf_token": form.csrf()},
        )
        assert "code" in console.answer(browse.get(done.location).location)

    def test_console_1_forms_on_the_way_may_lead_to_the_client(self, console, browse):
        page = browse.get(console.address())
        policy = browse.get(page.location).headers["Content-Security-Policy"]
        assert "form-action 'self' https://console.example;" in policy
        assert "console.example" not in browse.get("/login").headers["Content-Security-Policy"]

    def test_console_5_a_post_is_asked_again_by_get(self, console, browse):
        path, _mark, query = console.address().partition("?")
        page = browse.client.post(
            f"{path}", data=query, content_type="application/x-www-form-urlencoded"
        )
        assert page.status_code == 303
        assert page.location == console.address()

    def test_console_1_nobody_without_a_console_role_gets_a_code(self, console, cast, browse_as):
        cast.member("sophie.dupont")
        answer = console.answer(browse_as("sophie.dupont").get(console.address()).location)
        assert answer["error"] == "access_denied"

    def test_console_5_a_request_is_answered_once(self, console, marie, browse):
        waiting = browse.get(console.address()).location.partition("next=")[2]
        assert console.answer(marie.get(waiting).location)["code"]
        assert marie.get(waiting).status == 410

    def test_console_5_a_request_is_answered_within_a_quarter_of_an_hour(
        self, console, marie, browse
    ):
        waiting = browse.get(console.address()).location.partition("next=")[2]
        with time_machine.travel(now() + timedelta(minutes=16)):
            assert marie.get(waiting).status == 410


class TestWhatIsRefused:
    @pytest.mark.parametrize("address", SOMETHING_ELSE)
    def test_console_6_another_address_gets_no_answer(self, console, marie, address):
        page = marie.get(console.address(redirect_uri=address))
        assert (page.status, page.location) == (400, "")

    def test_console_6_an_unknown_or_disabled_client_gets_no_answer(self, console, marie, app):
        assert marie.get(console.address(client_id="nobody")).status == 400
        app.test_cli_runner().invoke(args=["oidc", "client", "disable", "console"])
        assert marie.get(console.address()).status == 400

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"response_type": None}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "id_token"}, "unsupported_response_type"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"response_mode": "web_message"}, "invalid_request"),
            ({"scope": None}, "invalid_scope"),
            ({"scope": "profile"}, "invalid_scope"),
            ({"request": "e30."}, "request_not_supported"),
            ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
            ({"registration": "{}"}, "registration_not_supported"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"code_challenge": "x" * 44}, "invalid_request"),
            ({"prompt": "create"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"max_age": "soon"}, "invalid_request"),
            ({"id_token_hint": "not a token"}, "login_required"),
            ({"nonce": "n" * 256}, "invalid_request"),
        ],
        ids=str,
    )
    def test_console_5_what_is_not_allowed_is_told_to_the_client(
        self, console, marie, changes, error
    ):
        answer = console.answer(marie.get(console.address(**changes)).location)
        assert (answer["error"], answer["state"], answer["iss"]) == (
            error,
            "the-state",
            "http://portal.test",
        )
        assert "code" not in answer

    @pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
    def test_console_6_two_clients_or_addresses_get_no_answer(self, console, marie, name):
        value = {"client_id": "console", "redirect_uri": REDIRECT}[name]
        page = marie.get(f"{console.address()}&{urlencode({name: value})}")
        assert page.status == 400

    def test_console_5_a_parameter_given_twice_is_refused(self, console, marie):
        page = marie.get(f"{console.address()}&nonce=another")
        assert console.answer(page.location)["error"] == "invalid_request"

    def test_console_6_pkce_may_be_left_out_where_the_client_is_registered_so(
        self, register, marie
    ):
        old = register("old", require_pkce=False)
        code = old.code_of(marie, code_challenge=None, code_challenge_method=None)
        assert old.redeem(code, code_verifier=None).status_code == 200

    def test_console_6_a_command_line_listens_on_any_loopback_port(self, register, marie):
        tool = register("tool", kind=ClientKind.PUBLIC, redirect_uris=["http://127.0.0.1:8888/cb"])
        at = "http://127.0.0.1:54321/cb"
        page = marie.get(tool.address(redirect_uri=at))
        assert page.location.startswith(f"{at}?code=")
        for other in (
            "http://127.0.0.1:54321/other",
            "http://127.0.0.2:54321/cb",
            "http://localhost:8888/cb",
            "https://127.0.0.1:8888/cb",
            "http://127.0.0.1:8888@evil.example/cb",
        ):
            assert marie.get(tool.address(redirect_uri=other)).status == 400, other

    def test_console_6_only_public_clients_may_change_the_port(self, register, marie):
        server = register("server", redirect_uris=["http://127.0.0.1:8888/cb"])
        assert marie.get(server.address(redirect_uri="http://127.0.0.1:9/cb")).status == 400


class TestSignInAsked:
    def test_console_5_who_signs_in_is_told_that_it_is_for_the_console(self, console, browse):
        page = browse.get(browse.get(console.address()).location)
        assert "Sign in to go on to the technical console." in page.words

    def test_console_5_prompt_none_shows_no_page(self, console, marie, browse):
        answer = console.answer(browse.get(console.address(prompt="none")).location)
        assert answer["error"] == "login_required"
        assert "code" in console.answer(marie.get(console.address(prompt="none")).location)

    @pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "60"}])
    def test_console_5_a_new_sign_in_is_asked_for_and_satisfies(self, console, marie, cast, asked):
        with time_machine.travel(now() + timedelta(minutes=5)):
            page = marie.get(console.address(**asked))
            assert page.location.endswith("&again=1")
            form = marie.get(page.location)
            assert form.status == 200, "the sign-in page sends nobody back"
            assert "asks you to sign in once more" in form.words
            done = marie.post(
                page.location,
                {"login": "marie.dupont", "password": PASSWORD, "csrf_token": form.csrf()},
            )
            assert "code" in console.answer(marie.get(done.location).location)

    def test_console_5_a_new_sign_in_may_be_one_with_a_passkey(self, console, marie, another_app):
        there = another_app(portal_url="http://localhost:8000")
        signed_in = Browser(there).sign_in_as("marie.dupont")
        page = signed_in.get(console.address(prompt="login"))
        links = [str(link["href"]) for link in signed_in.get(page.location).all("main a")]
        [passkey] = [link for link in links if link.startswith("/login/passkey")]
        assert signed_in.get(passkey).status == 200, "it sends nobody back"

    def test_console_5_max_age_passes_with_a_young_sign_in(self, console, marie):
        assert "code" in console.answer(marie.get(console.address(max_age="3600")).location)

    def test_console_5_prompt_none_with_an_old_sign_in_is_refused(self, console, marie):
        with time_machine.travel(now() + timedelta(minutes=5)):
            page = marie.get(console.address(prompt="none", max_age="60"))
        assert console.answer(page.location)["error"] == "login_required"

    def test_console_5_a_hint_names_who_must_come(self, console, marie, cast, browse_as):
        hint = console.redeem(console.code_of(marie)).json["id_token"]
        assert "code" in console.answer(
            marie.get(console.address(id_token_hint=hint, prompt="none")).location
        )
        cast.member("pierre.dupont", console_roles=["guest"])
        pierre = browse_as("pierre.dupont")
        page = pierre.get(console.address(id_token_hint=hint, prompt="none"))
        assert console.answer(page.location)["error"] == "login_required"


class TestRightContract:
    @pytest.fixture
    def both(self, cast, marie):
        cast.member("marie.dupont", ref="OCB0000777", console_roles=["admin"])
        return marie

    def domain(self, console, location):
        tokens = console.redeem(console.answer(location)["code"]).json
        return console.read(tokens["id_token"])["ksdomain"]

    def test_console_1_the_contract_whose_button_was_clicked(self, console, both, another_app):
        for ref in ("OCB0000777", "OCB0000124"):
            with both.client.session_transaction() as session:
                session["console"] = {"ref": ref, "at": now().isoformat()}
            assert self.domain(console, both.get(console.address()).location) == ref

    def test_console_1_who_has_several_and_clicked_none_is_asked(self, console, both):
        page = both.get(console.address())
        assert page.status == 200
        assert [choice["value"] for choice in page.all("input[type=radio]")] == [
            "OCB0000124",
            "OCB0000777",
        ]
        assert (
            "form-action 'self' https://console.example;"
            in (page.headers["Content-Security-Policy"])
        )
        action = page.one("main form")["action"]
        done = both.post(action, {"contract": "OCB0000777", "csrf_token": page.csrf()})
        assert self.domain(console, done.location) == "OCB0000777"

    def test_console_1_the_last_choice_is_preselected(self, console, both):
        for ref in ("OCB0000777", "OCB0000124"):
            page = both.get(console.address())
            both.post(page.one("main form")["action"], {"contract": ref, "csrf_token": page.csrf()})
            again = both.get(console.address())
            assert again.one("input[type=radio][checked]")["value"] == ref

    def test_console_1_no_contract_but_ones_own_can_be_chosen(self, console, both, cast):
        cast.contract("OCB0000999")
        page = both.get(console.address())
        done = both.post(
            page.one("main form")["action"], {"contract": "OCB0000999", "csrf_token": page.csrf()}
        )
        assert (done.status, done.location) == (200, ""), "asked again"

    def test_console_1_no_is_an_answer(self, console, both):
        page = both.get(console.address())
        action = page.one("main form")["action"]
        done = both.post(action, {"refused": "1", "csrf_token": page.csrf()})
        assert console.answer(done.location)["error"] == "access_denied"
        assert both.get(action).status == 410

    def test_console_1_prompt_none_is_refused_where_there_is_a_choice(self, console, both):
        page = both.get(console.address(prompt="none"))
        assert console.answer(page.location)["error"] == "interaction_required"

    def test_console_1_who_is_not_ready_is_told_so_and_goes_on_by_themselves(
        self, console, cast, browse_as
    ):
        cast.member("pierre.dupont", console_roles=["guest"], console_state="queued")
        page = browse_as("pierre.dupont").get(console.address())
        assert page.status == 200
        assert "being prepared" in page.words
        refresh = page.one("noscript meta[http-equiv=refresh]")
        assert refresh["content"].startswith("5; url=/oauth/continue/")

    def test_console_1_a_page_that_waits_asks_and_is_led_on(self, console, cast, browse_as, app):
        """The choice made before holds; an answer in place would use the code up for nothing."""
        for ref in ("OCB0000124", "OCB0000777"):
            cast.member("pierre.dupont", ref=ref, console_roles=["guest"], console_state="queued")
        pierre = browse_as("pierre.dupont")
        choice = pierre.get(console.address())
        address = str(choice.one("main form")["action"])
        page = pierre.post(address, {"contract": "OCB0000777", "csrf_token": choice.csrf()})
        asked = page.one("main [data-hx-get]")["data-hx-get"]
        assert asked == address
        assert pierre.get(asked, part="x").status == 204
        cast.member("pierre.dupont", ref="OCB0000777", console_roles=["guest"])
        led = pierre.get(asked, part="x")
        assert (led.status, led.headers["HX-Redirect"]) == (204, address)
        tokens = console.redeem(console.answer(pierre.get(address).location)["code"]).json
        assert console.read(tokens["id_token"])["ksdomain"] == "OCB0000777"
        assert pierre.get(asked, part="x").headers["HX-Redirect"] == address, "it is over"

    def test_console_1_the_page_goes_on_once_the_worker_has_finished(
        self, console, cast, browse_as, app, stand_in_iam, worker, ref
    ):
        cast.member("pierre.dupont", ref=ref)
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            console_access.want(contract, account_of("pierre.dupont"), ["guest"])
            db.session.commit()
        pierre = browse_as("pierre.dupont")
        page = pierre.get(console.address())
        address = str(page.one("meta[http-equiv=refresh]")["content"]).partition("url=")[2]
        assert "being prepared" in pierre.get(address).words, "not yet"
        worker.run()
        tokens = console.redeem(console.answer(pierre.get(address).location)["code"]).json
        assert console.read(tokens["id_token"])["ksdomain"] == ref

    def test_console_6_a_client_that_is_not_trusted_asks_first(self, register, marie):
        other = register("other", trusted=False)
        page = marie.get(other.address())
        assert "learns your name" in page.words
        done = marie.post(
            page.one("main form")["action"],
            {"contract": "OCB0000124", "csrf_token": page.csrf()},
        )
        assert other.redeem(other.answer(done.location)["code"]).status_code == 200
