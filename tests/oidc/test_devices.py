"""CONSOLE-10: a device without a browser is let in by somebody signed in (RFC 8628)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.models import ClientKind, OidcGrant, now
from tests.oidc.party import challenge_of

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def tool(register):
    return register("tool", kind=ClientKind.PUBLIC, redirect_uris=["http://127.0.0.1:1/cb"])


@pytest.fixture
def ask(app, tool):
    def asked(**changes):
        form = {"client_id": "tool", "scope": "openid profile", **changes}
        return app.test_client().post("/oauth/device", data=form).json

    return asked


@pytest.fixture
def poll(app):
    def polled(device_code, **changes):
        form = {"client_id": "tool", "grant_type": GRANT, "device_code": device_code, **changes}
        return app.test_client().post("/oauth/token", data=form).json

    return polled


def let_in(browser, user_code, **answer):
    page = browser.get("/device")
    chosen = browser.post("/device", {"user_code": user_code, "csrf_token": page.csrf()})
    assert chosen.status == 200, chosen.words
    fields = {
        tag["name"]: tag["value"]
        for tag in chosen.all("main input[type=hidden], main input[checked]")
    }
    return browser.post("/device/answer", {**fields, **answer})


class TestDevice:
    def test_console_10_somebody_types_the_code_and_lets_it_in(self, ask, poll, tool, marie):
        asked = ask()
        assert asked["verification_uri"] == "http://portal.test/device"
        assert (asked["expires_in"], asked["interval"]) == (600, 5)
        assert poll(asked["device_code"]) == {"error": "authorization_pending"}
        assert (
            "The device is connected"
            in let_in(marie, asked["user_code"].lower().replace("-", " ")).words
        )
        given = poll(asked["device_code"])
        claims = tool.read(given["id_token"])
        assert (claims["aud"], claims["ksdomain"]) == ("tool", "OCB0000124")
        assert poll(asked["device_code"]) == {"error": "expired_token"}

    def test_console_10_no_is_an_answer(self, ask, poll, marie):
        asked = ask()
        let_in(marie, asked["user_code"], refused="1")
        assert poll(asked["device_code"]) == {"error": "access_denied"}

    def test_console_10_the_code_in_a_link_fills_the_form_and_sends_nothing(self, ask, poll, marie):
        asked = ask()
        path = asked["verification_uri_complete"].removeprefix("http://portal.test")
        page = marie.get(path)
        assert page.one("input[name=user_code]")["value"] == asked["user_code"]
        assert poll(asked["device_code"]) == {"error": "authorization_pending"}

    def test_console_10_who_asks_too_often_is_slowed_down(self, ask, poll):
        asked = ask()
        with time_machine.travel(now(), tick=False) as clock:
            assert poll(asked["device_code"]) == {"error": "authorization_pending"}
            assert poll(asked["device_code"]) == {"error": "slow_down"}
            clock.shift(5)
            assert poll(asked["device_code"]) == {"error": "authorization_pending"}

    def test_console_10_a_code_is_good_for_ten_minutes(self, ask, poll, marie):
        asked = ask()
        with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
            assert poll(asked["device_code"]) == {"error": "expired_token"}
            page = marie.get("/device")
            again = marie.post(
                "/device", {"user_code": asked["user_code"], "csrf_token": page.csrf()}
            )
            assert again.status == 422

    def test_console_10_pkce_holds_here_too(self, ask, poll, tool, marie):
        asked = ask(code_challenge=challenge_of(tool.verifier), code_challenge_method="S256")
        let_in(marie, asked["user_code"])
        assert poll(asked["device_code"]) == {"error": "invalid_grant"}
        assert "id_token" in poll(asked["device_code"], code_verifier=tool.verifier)
        assert ask(code_challenge="x", code_challenge_method="plain") == {
            "error": "invalid_request"
        }

    def test_console_10_no_contract_but_ones_own_can_be_chosen(self, ask, poll, marie, cast):
        cast.contract("OCB0000999")
        asked = ask()
        page = let_in(marie, asked["user_code"], contract="OCB0000999")
        assert page.one("input[name=contract]")["value"] == "OCB0000124", "asked again"
        assert poll(asked["device_code"]) == {"error": "authorization_pending"}

    def test_console_10_a_code_is_used_up_whatever_the_other_server_s_clock_says(
        self, ask, poll, marie
    ):
        asked = ask()
        let_in(marie, asked["user_code"])
        present = now()
        with time_machine.travel(present + timedelta(seconds=2)):
            assert "id_token" in poll(asked["device_code"])
        with time_machine.travel(present):
            assert poll(asked["device_code"]) == {"error": "expired_token"}

    def test_console_10_of_many_who_poll_at_once_one_gets_tokens(self, ask, poll, marie):
        line = threading.Barrier(4)

        def at_once(device_code):
            line.wait(timeout=60)
            return poll(device_code)

        with ThreadPoolExecutor(4) as runners:
            for _race in range(4):
                asked = ask()
                let_in(marie, asked["user_code"])
                answers = list(runners.map(at_once, [asked["device_code"]] * 4))
                assert len([one for one in answers if "id_token" in one]) == 1, answers

    def test_console_10_another_client_s_code_opens_nothing(self, ask, app, register, marie):
        asked = ask()
        let_in(marie, asked["user_code"])
        other = register("other")
        form = {"grant_type": GRANT, "device_code": asked["device_code"]}
        form |= {"client_id": "other", "client_secret": other.secret}
        assert app.test_client().post("/oauth/token", data=form).json == {"error": "invalid_grant"}

    @pytest.mark.parametrize("page", ["/device", "/device/answer"])
    def test_console_10_guessing_codes_is_braked(self, marie, tool, page):
        token = marie.get("/device").csrf()
        guess = {"user_code": "BBBB-BBBB", "contract": "OCB0000124", "csrf_token": token}
        for _try in range(40):
            if marie.post(page, guess).status == 429:
                return
        pytest.fail("nobody stops it")

    def test_console_10_nobody_makes_codes_without_end(self, app, tool):
        asking = app.test_client()
        for _try in range(40):
            if asking.post("/oauth/device", data={"client_id": "tool"}).status_code == 429:
                return
        pytest.fail("nobody stops it")

    def test_console_10_of_many_answers_at_once_one_counts(self, app, ask, poll, marie):
        """Whoever refuses a device has refused it, whatever else is sent at the same time."""
        line = threading.Barrier(4)
        token = marie.get("/device").csrf()
        cookie = marie.client.get_cookie("session", domain="portal.test")

        def at_once(answer):
            client = app.test_client()
            client.set_cookie("session", cookie.value, domain="portal.test")
            line.wait(timeout=60)
            sent = client.post("/device/answer", data=answer, base_url="http://portal.test")
            return "refused" in answer, sent.status_code

        form = {"user_code": ask()["user_code"], "contract": "OCB0000124", "csrf_token": token}
        with ThreadPoolExecutor(4) as runners:
            answers = list(runners.map(at_once, [form, form | {"refused": "1"}] * 2))
        [refused] = [refused for refused, status in answers if status == 200]
        with app.app_context():
            grants = select(func.count()).select_from(OidcGrant)
            assert db.session.execute(grants).scalar_one() == (0 if refused else 1)


class TestIntrospection:
    def test_console_10_the_console_asks_what_a_token_says(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        form = {"token": token, "client_id": "console", "client_secret": console.secret}
        told = app.test_client().post("/oauth/introspect", data=form).json
        assert (told["active"], told["ksuser"], told["ksdomain"]) == (
            True,
            "marie.dupont",
            "OCB0000124",
        )
        form["token"] = "another"
        assert app.test_client().post("/oauth/introspect", data=form).json == {"active": False}

    def test_console_10_a_public_client_learns_nothing(self, tool, app):
        form = {"token": "any", "client_id": "tool"}
        assert app.test_client().post("/oauth/introspect", data=form).status_code == 401
