"""CONSOLE-5, CONSOLE-7: codes for tokens, once; what tokens say and when they die."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta

import pytest
import time_machine

from selfcare.database import db
from selfcare.models import ClientKind, Membership, OidcToken, SignIn, now
from selfcare.services.months import today


class TestClaims:
    def test_console_5_the_id_token_says_everything(self, console, marie, app):
        answer = console.redeem(console.code_of(marie))
        assert answer.headers["Cache-Control"] == "no-store"
        given = answer.json
        claims = console.read(given["id_token"])
        assert claims["iss"] == "http://portal.test"
        assert claims["aud"] == claims["azp"] == "console"
        assert claims["nonce"] == "the-nonce"
        assert claims["exp"] - claims["iat"] == 300
        assert all(isinstance(claims[name], int) for name in ("iat", "exp", "auth_time"))
        assert "nbf" not in claims
        assert claims["amr"] == ["pwd"]
        assert re.fullmatch(r"[0-9a-f]{32}", claims["sid"])
        assert re.fullmatch(r"[0-9a-f]{32}", claims["sub"])
        assert (claims["ksuser"], claims["ksdomain"]) == ("marie.dupont", "OCB0000124")
        assert (claims["preferred_username"], claims["groups"]) == ("marie.dupont", ["guest"])
        assert not [name for name in ("ksuser", "ksdomain") if "_" in name]
        digest = hashlib.sha256(given["access_token"].encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def test_console_5_userinfo_says_the_same(self, console, marie, app):
        given = console.redeem(console.code_of(marie)).json
        header = {"Authorization": f"Bearer {given['access_token']}"}
        claims = console.read(given["id_token"])
        client = app.test_client()
        for told in (
            client.get("/oauth/userinfo", headers=header),
            client.post("/oauth/userinfo", headers=header),
            client.post("/oauth/userinfo", data={"access_token": given["access_token"]}),
        ):
            assert told.json == {name: claims[name] for name in told.json}
            assert told.json["sub"] == claims["sub"]

    def test_console_5_subjects_are_random_and_stay(self, console, marie, cast, browse_as):
        cast.member("pierre.dupont", console_roles=["guest"])
        subjects = [
            console.read(console.redeem(console.code_of(one)).json["id_token"])["sub"]
            for one in (marie, marie, browse_as("pierre.dupont"))
        ]
        assert subjects[0] == subjects[1] != subjects[2]


class TestCodes:
    @pytest.mark.parametrize(
        "changes",
        [
            {"redirect_uri": "https://console.example/other"},
            {"code_verifier": "x" * 43},
            {"code_verifier": None},
            {"code_verifier": "short"},
        ],
        ids=str,
    )
    def test_console_5_a_code_is_good_for_what_it_was_asked_for(self, console, marie, changes):
        refused = console.redeem(console.code_of(marie), **changes)
        assert (refused.status_code, refused.json) == (400, {"error": "invalid_grant"})

    def test_console_5_a_code_is_good_for_its_own_client(self, console, register, marie):
        other = register("other")
        other.verifier = console.verifier
        assert other.redeem(console.code_of(marie)).json == {"error": "invalid_grant"}

    def test_console_5_a_verifier_without_a_challenge_is_refused(self, register, marie):
        old = register("old", require_pkce=False)
        code = old.code_of(marie, code_challenge=None, code_challenge_method=None)
        assert old.redeem(code).json == {"error": "invalid_grant"}

    def test_console_7_a_code_is_good_for_a_minute(self, console, marie):
        code = console.code_of(marie)
        with time_machine.travel(now() + timedelta(seconds=61)):
            assert console.redeem(code).json == {"error": "invalid_grant"}

    def test_console_5_a_second_use_revokes_what_the_first_one_gave(self, console, marie, app):
        code = console.code_of(marie)
        given = console.redeem(code).json
        assert console.redeem(code).json == {"error": "invalid_grant"}
        header = {"Authorization": f"Bearer {given['access_token']}"}
        told = app.test_client().get("/oauth/userinfo", headers=header)
        assert told.status_code == 401
        assert 'error="invalid_token"' in told.headers["WWW-Authenticate"]

    def test_safe_the_database_holds_no_code_and_no_token(self, console, marie, app):
        code = console.code_of(marie)
        given = console.redeem(code).json
        with app.app_context(), db.engine.connect() as connection:
            kept = [
                str(tuple(row))
                for table in ("oidc_grants", "oidc_tokens", "oidc_secrets")
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
            ]
        assert kept
        for secret in (code, given["access_token"], console.secret):
            assert not [row for row in kept if secret in row]


class TestClients:
    def basic(self, name, secret):
        return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}

    def test_console_5_a_client_proves_itself_in_the_header_or_in_the_form(
        self, console, marie, app
    ):
        assert console.redeem(console.code_of(marie)).status_code == 200
        form = {
            "grant_type": "authorization_code",
            "code": console.code_of(marie),
            "redirect_uri": console.redirect_uri,
            "code_verifier": console.verifier,
        }
        header = self.basic("console", console.secret)
        client = app.test_client()
        assert client.post("/oauth/token", data=form, headers=header).status_code == 200
        twice = client.post(
            "/oauth/token", data={**form, "client_secret": console.secret}, headers=header
        )
        assert (twice.status_code, twice.json) == (401, {"error": "invalid_client"})
        assert twice.headers["WWW-Authenticate"] == "Basic"

    @pytest.mark.parametrize("secret", ["wrong", "", None])
    def test_console_5_without_its_secret_a_client_gets_nothing(self, console, marie, secret):
        refused = console.redeem(console.code_of(marie), client_secret=secret)
        assert (refused.status_code, refused.json) == (401, {"error": "invalid_client"})

    def test_console_5_guessing_secrets_is_braked_and_the_right_one_never_held_up(
        self, console, marie, another_app
    ):
        console.app = another_app(throttle_address="3 per minute")
        code = console.code_of(marie)
        answers = [console.redeem("x", client_secret=f"guess {n}").status_code for n in range(5)]
        assert answers == [401, 401, 401, 429, 429]
        assert console.redeem(code).status_code == 200

    def test_console_6_a_public_client_has_no_secret(self, register, marie):
        tool = register("tool", kind=ClientKind.PUBLIC, redirect_uris=["http://127.0.0.1:1/cb"])
        assert tool.redeem(tool.code_of(marie)).status_code == 200
        assert tool.redeem(tool.code_of(marie), client_secret="one").status_code == 401

    def test_console_6_two_secrets_are_good_while_one_replaces_the_other(self, console, marie, app):
        done = app.test_cli_runner().invoke(args=["oidc", "client", "secret", "console"])
        newer = done.output.split()[-1]
        assert console.redeem(console.code_of(marie)).status_code == 200
        code = console.code_of(marie)
        assert console.redeem(code, client_secret=newer).status_code == 200
        with time_machine.travel(now() + timedelta(hours=25)):
            assert console.redeem("none").json == {"error": "invalid_client"}
            assert console.redeem("none", client_secret=newer).json == {"error": "invalid_grant"}

    @pytest.mark.parametrize(
        ("grant_type", "error"),
        [
            ("password", "unsupported_grant_type"),
            ("", "invalid_request"),
            (None, "invalid_request"),
        ],
    )
    def test_console_5_only_codes_are_exchanged(self, console, marie, grant_type, error):
        refused = console.redeem(console.code_of(marie), grant_type=grant_type)
        assert refused.json == {"error": error}


class TestTokens:
    def told(self, app, token):
        header = {"Authorization": f"Bearer {token}"}
        return app.test_client().get("/oauth/userinfo", headers=header).status_code

    def test_console_7_an_access_token_lives_five_minutes(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        assert self.told(app, token) == 200
        with time_machine.travel(now() + timedelta(minutes=5, seconds=1)):
            assert self.told(app, token) == 401

    def test_console_9_it_dies_with_the_sign_in(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        with app.app_context():
            db.session.query(SignIn).update({"ended_at": now()})
            db.session.commit()
        assert self.told(app, token) == 401

    def test_console_7_a_client_may_give_it_back(self, console, register, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        other = register("other")
        client = app.test_client()
        for party in (other, console):
            done = client.post(
                "/oauth/revoke",
                data={"token": token, "client_id": party.client_id, "client_secret": party.secret},
            )
            assert done.status_code == 200
            assert self.told(app, token) == (200 if party is other else 401)

    def test_console_1_a_role_taken_away_ends_what_tokens_tell(self, console, marie, app):
        code = console.code_of(marie)
        token = console.redeem(code).json["access_token"]
        with app.app_context(), db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE console_accesses SET wanted_groups = '[]'")
        assert self.told(app, token) == 401

    def test_users_10_after_the_last_day_of_the_access_they_tell_nothing(self, console, marie, app):
        token = console.redeem(console.code_of(marie)).json["access_token"]
        for days, told in ((0, 200), (-1, 401)):
            with app.app_context():
                last = today() + timedelta(days=days)
                db.session.query(Membership).update({"ends_on": last})
                db.session.commit()
            assert self.told(app, token) == told

    def test_console_5_no_token_no_answer(self, app):
        told = app.test_client().get("/oauth/userinfo")
        assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert self.told(app, "nothing") == 401


class TestKeys:
    def test_console_5_a_new_key_is_shown_an_hour_before_it_signs(self, console, marie, app):
        runner = app.test_cli_runner()

        def kid():
            token = console.redeem(console.code_of(marie)).json["id_token"]
            header = token.partition(".")[0]
            return base64.urlsafe_b64decode(header + "==")

        first = kid()
        assert "signs from" in runner.invoke(args=["oidc", "rotate-key"]).output
        shown = app.test_client().get("/oauth/jwks").json["keys"]
        assert len(shown) == 2
        assert not [key for key in shown if {"d", "p", "q"} & key.keys()]
        assert kid() == first
        with time_machine.travel(now() + timedelta(minutes=61)):
            assert kid() != first
        with time_machine.travel(now() + timedelta(days=1, hours=2)):
            assert len(app.test_client().get("/oauth/jwks").json["keys"]) == 1

    def test_console_5_discovery_names_what_is_there(self, app):
        told = app.test_client().get("/.well-known/openid-configuration").json
        assert told["issuer"] == "http://portal.test"
        adapter = app.url_map.bind("portal.test")
        for name, address in told.items():
            if name.endswith(("_endpoint", "_uri")):
                path = address.removeprefix("http://portal.test")
                assert "GET" in adapter.allowed_methods(path) or "POST" in (
                    adapter.allowed_methods(path)
                ), name


def test_console_7_tokens_are_rows_with_an_end(console, marie, app):
    console.redeem(console.code_of(marie))
    with app.app_context():
        assert db.session.query(OidcToken).count() == 1
