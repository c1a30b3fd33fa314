"""What somebody hostile tries on the provider (CONSOLE-5 to 7, RFC 9700, RFC 8725)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.models import ClientKind, Contract, OidcGrant, OidcToken, now
from tests.oidc.party import REDIRECT

RACES, RUNNERS = 200, 4


class TestRaces:
    @pytest.mark.timeout(240)
    def test_console_5_of_many_who_redeem_a_code_one_wins_200_times(self, console, marie, app):
        """And the tokens of that one are revoked: a code that was seen twice was stolen."""
        line = threading.Barrier(RUNNERS)

        def redeem(code: str) -> int:
            line.wait(timeout=60)
            return console.redeem(code).status_code

        with ThreadPoolExecutor(RUNNERS) as runners:
            for race in range(RACES):
                answers = sorted(runners.map(redeem, [console.code_of(marie)] * RUNNERS))
                assert answers == [200] + [400] * (RUNNERS - 1), f"race {race}"
        with app.app_context():
            count = select(func.count(OidcGrant.id), func.count(OidcGrant.ended_at))
            assert tuple(db.session.execute(count).one()) == (RACES, RACES)
            assert db.session.scalar(select(func.count()).select_from(OidcToken)) == RACES

    def test_console_5_a_request_sent_twice_at_once_brings_one_code(self, console, marie, browse):
        waiting = browse.get(console.address()).location.partition("next=")[2]
        cookie = marie.client.get_cookie("session", domain="portal.test")
        line = threading.Barrier(RUNNERS)

        def answer(_runner: int) -> int:
            client = marie.app.test_client()
            client.set_cookie("session", cookie.value, domain="portal.test")
            line.wait(timeout=60)
            return client.get(waiting, base_url="http://portal.test").status_code

        with ThreadPoolExecutor(RUNNERS) as runners:
            answers = sorted(runners.map(answer, range(RUNNERS)))
        assert answers == [303] + [410] * (RUNNERS - 1)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            f"{REDIRECT}?x=1",
            f"{REDIRECT}#code",
            f"{REDIRECT};x",
            f"{REDIRECT} ",
            f" {REDIRECT}",
            f"{REDIRECT}%00",
            f"{REDIRECT}\n",
            f"{REDIRECT}\\@evil.example",
            f"{REDIRECT}/.",
            "https://console.example/x/../redirect_uri",
            "https://console.example//redirect_uri",
            "https://console.example/redirect%5Furi",
            "https://console.example/REDIRECT_URI",
            "https://console.example./redirect_uri",
            "https://xn--console-.example/redirect_uri",
            "https://cоnsole.example/redirect_uri",
            "https://user:word@console.example/redirect_uri",
            "https://console.example\\redirect_uri",
            "https:console.example/redirect_uri",
            "https:///console.example/redirect_uri",
            "HTTPS://console.example/redirect_uri",
            "javascript:alert(1)//https://console.example/redirect_uri",
            "https://console.example/redirect_uri\r\nLocation: https://evil.example",
            "https://[::1",
            "https://console.example:99999/redirect_uri",
        ],
        ids=ascii,
    )
    def test_console_6_no_other_spelling_of_the_address_is_answered(self, console, marie, address):
        page = marie.get(console.address(redirect_uri=address))
        assert (page.status, page.location) == (400, "")

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:99/c\nb",
            "http://127.0.0.1\n:99/cb",
            "http:\n//127.0.0.1:99/cb",
            "http://127.0.0.1:99/c\tb",
            "http://127.0.0.1:99/cb\n",
            " http://127.0.0.1:99/cb",
            "\x01http://127.0.0.1:99/cb",
            "http://127.0.0.1:99/cb?",
            "http://127.0.0.1:99/cb#",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:9\uff19/cb",
            "http://127.0.0.1:99\\@evil.example/cb",
            "http://127.0.0.1:99@evil.example/cb",
            "HTTP://127.0.0.1:99/cb",
        ],
        ids=ascii,
    )
    def test_console_6_of_a_command_line_s_address_the_port_may_differ_and_nothing_else(
        self, register, marie, address
    ):
        tool = register("tool", kind=ClientKind.PUBLIC, redirect_uris=["http://127.0.0.1/cb"])
        page = marie.get(tool.address(redirect_uri=address))
        assert (page.status, page.location) == (400, "")

    def test_console_6_what_is_answered_is_what_was_registered_for_this_client(
        self, console, register, marie
    ):
        register("other", redirect_uris=["https://other.example/redirect_uri"])
        page = marie.get(console.address(redirect_uri="https://other.example/redirect_uri"))
        assert (page.status, page.location) == (400, "")

    def test_safe_what_a_client_sends_starts_no_header_of_ours(self, console, marie):
        state = "a\r\nSet-Cookie: session=evil"
        page = marie.get(console.address(state=state))
        answer = console.answer(page.location)
        assert (answer["state"], answer["error"]) == (state, "invalid_request")
        assert "evil" not in page.headers.get("Set-Cookie", "")

    @pytest.mark.parametrize(
        "name",
        ["client_id", "redirect_uri", "state", "nonce", "login_hint", "scope", "prompt", "max_age"],
    )
    @pytest.mark.parametrize(
        "text",
        ["\x00", "a\x00b", "\ufffd", "\ud800".encode("utf-8", "replace").decode(), "é" * 3000],
    )
    def test_safe_odd_characters_break_nothing(self, console, marie, name, text):
        assert marie.get(console.address(**{name: text})).status in {303, 400}

    @pytest.mark.parametrize("path", ["token", "revoke", "introspect", "device"])
    @pytest.mark.parametrize(
        "name", ["client_id", "client_secret", "code", "token", "redirect_uri", "scope"]
    )
    def test_safe_odd_characters_break_no_endpoint(self, console, app, path, name):
        form = {
            "grant_type": "authorization_code",
            "client_id": "console",
            "client_secret": console.secret,
            name: "a\x00é\ufffd",
        }
        assert app.test_client().post(f"/oauth/{path}", data=form).status_code in {200, 400, 401}


class TestPkce:
    @pytest.mark.parametrize(
        "verifier", ["", "x" * 42, "x" * 129, "é" * 43, "the-challenge-itself", "x" * 43 + "\x00"]
    )
    def test_console_5_only_the_very_verifier_redeems(self, console, marie, verifier):
        refused = console.redeem(console.code_of(marie), code_verifier=verifier)
        assert (refused.status_code, refused.json) == (400, {"error": "invalid_grant"})

    def test_console_5_a_wrong_verifier_uses_the_code_up(self, console, marie):
        """Whoever stole a code has one try; its owner learns of it by failing."""
        code = console.code_of(marie)
        assert console.redeem(code, code_verifier="x" * 43).status_code == 400
        assert console.redeem(code).status_code == 400

    def test_console_5_the_challenge_of_another_request_does_not_fit(self, console, marie):
        first = console.code_of(marie)
        console.verifier = "y" * 43
        second = console.code_of(marie)
        assert console.redeem(first).status_code == 400
        assert console.redeem(second).status_code == 200


class TestWhoAndWhere:
    def test_console_1_a_code_of_one_contract_says_that_contract(self, console, marie, cast):
        """A click on another contract in between changes nothing for a code already given."""
        cast.member("marie.dupont", ref="OCB0000777", console_roles=["admin"])
        said = []
        for ref in ("OCB0000124", "OCB0000777"):
            with marie.client.session_transaction() as session:
                session["console"] = {"ref": ref, "at": now().isoformat()}
            said.append(console.code_of(marie))
        domains = [console.read(console.redeem(code).json["id_token"])["ksdomain"] for code in said]
        assert domains == ["OCB0000124", "OCB0000777"]

    def test_console_1_a_click_opens_no_contract_of_others(self, console, marie, cast):
        cast.contract("OCB0000999")
        with marie.client.session_transaction() as session:
            session["console"] = {"ref": "OCB0000999", "at": now().isoformat()}
        tokens = console.redeem(console.code_of(marie)).json
        assert console.read(tokens["id_token"])["ksdomain"] == "OCB0000124"

    def test_console_1_a_cookie_made_up_for_another_contract_opens_none(self, console, marie, cast):
        """What a browser remembers preselects; it is neither a choice nor a right."""
        cast.contract("OCB0000999")
        for name in ("console_contract", "company_account", "console_name"):
            marie.client.set_cookie(name, "OCB0000999", domain="portal.test")
        tokens = console.redeem(console.code_of(marie)).json
        assert console.read(tokens["id_token"])["ksdomain"] == "OCB0000124"
        cast.member("marie.dupont", ref="OCB0000777", console_roles=["admin"])
        page = marie.get(console.address())
        assert page.one("input[type=radio][checked]")["value"] == "OCB0000124"
        assert "OCB0000999" not in page.words

    def test_console_1_a_click_counts_for_one_way(self, console, marie, cast):
        cast.member("marie.dupont", ref="OCB0000777", console_roles=["admin"])
        with marie.client.session_transaction() as session:
            session["console"] = {"ref": "OCB0000777", "at": now().isoformat()}
        assert console.code_of(marie)
        assert marie.get(console.address()).status == 200, "asked for the contract"

    def test_console_6_a_client_of_one_contract_gets_no_other(self, register, cast, browse_as, app):
        cast.member("luc.dupont", ref="OCB0000777", console_roles=["admin"])
        cast.contract("OCB0000124")
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref="OCB0000124")).scalar_one()
            db.session.expunge(contract)
        fe = register("fe", kind=ClientKind.FLEXIBLE_ENGINE, contract=contract)
        page = browse_as("luc.dupont").get(
            fe.address(
                response_type="id_token",
                response_mode="form_post",
                code_challenge=None,
                code_challenge_method=None,
            )
        )
        fields = {tag["name"]: tag["value"] for tag in page.all("main form input[type=hidden]")}
        assert fields["error"] == "access_denied"
        assert "id_token" not in fields

    def test_console_1_staff_get_no_code(self, console, cast, browse_as):
        page = browse_as(cast.agent("agent.dupont")).get(console.address())
        assert page.location.startswith("/login")

    def test_console_9_a_code_dies_with_its_sign_in(self, console, marie):
        code = console.code_of(marie)
        page = marie.get("/")
        marie.post("/logout", {"csrf_token": page.csrf()})
        assert console.redeem(code).json == {"error": "invalid_grant"}


class TestTokens:
    def introspected(self, app, party, token):
        form = {"token": token, "client_id": party.client_id, "client_secret": party.secret}
        return app.test_client().post("/oauth/introspect", data=form).json

    def test_console_7_no_token_travels_in_an_address(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        client = app.test_client()
        assert client.get(f"/oauth/userinfo?access_token={token}").status_code == 401
        assert client.post(f"/oauth/userinfo?access_token={token}").status_code == 401

    def test_console_7_what_another_server_was_given_opens_no_console(
        self, console, register, marie, app
    ):
        """A wiki that people sign in to must not sign in to the console as them."""
        wiki = register("wiki")
        token = wiki.redeem(wiki.code_of(marie)).json["access_token"]
        assert self.introspected(app, console, token) == {"active": False}
        assert self.introspected(app, wiki, token)["active"] is True

    def test_console_10_what_a_command_line_was_given_opens_the_console(
        self, console, register, marie, app
    ):
        tool = register("tool", kind=ClientKind.PUBLIC, redirect_uris=["http://127.0.0.1:1/cb"])
        token = tool.redeem(tool.code_of(marie)).json["access_token"]
        told = self.introspected(app, console, token)
        assert (told["active"], told["client_id"]) == (True, "tool")
        assert 0 < told["exp"] - now().timestamp() <= 300
        curious = register("curious", trusted=False)
        assert self.introspected(app, curious, token) == {"active": False}

    def test_console_7_an_id_token_is_no_access_token(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["id_token"]
        header = {"Authorization": f"Bearer {token}"}
        assert app.test_client().get("/oauth/userinfo", headers=header).status_code == 401
        assert self.introspected(app, console, token) == {"active": False}

    def test_console_7_the_token_endpoint_answers_no_page_of_another_site(self, console, app):
        answer = app.test_client().options(
            "/oauth/token", headers={"Origin": "https://evil.example"}
        )
        assert "Access-Control-Allow-Origin" not in answer.headers
