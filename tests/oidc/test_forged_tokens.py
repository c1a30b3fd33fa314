"""Forged tokens and mixed-up issuers (CONSOLE-5, RFC 8725, RFC 9207)."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws
from joserfc.jwk import RSAKey
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import OidcKey, now
from selfcare.services.oidc import keys


class TestMixedUp:
    def test_console_5_every_answer_names_its_issuer(self, console, marie):
        for changes in (
            {},
            {"prompt": "none", "max_age": "0"},
            {"response_type": "token"},
            {"request": "e30."},
            {"code_challenge": "short"},
        ):
            answer = console.answer(marie.get(console.address(**changes)).location)
            assert answer["iss"] == "http://portal.test", changes
        page = marie.get(console.address(response_mode="form_post", scope="profile"))
        fields = {tag["name"]: tag["value"] for tag in page.all("main form input[type=hidden]")}
        assert (fields["iss"], fields["error"]) == ("http://portal.test", "invalid_scope")

    def test_console_5_a_hint_of_another_issuer_is_none(self, console, marie, app):
        claims = console.read(console.redeem(console.code_of(marie)).json["id_token"])
        with app.app_context():
            forged = keys.sign({**claims, "iss": "https://evil.example"})
        assert hinted(console, marie, forged) == "login_required"


def hinted(console, browser, hint):
    """The error that a request with this hint comes back with, or None with a code."""
    page = browser.get(console.address(prompt="none", id_token_hint=hint))
    return console.answer(page.location).get("error")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class TestAlgorithms:
    @pytest.fixture
    def told(self, console, marie):
        """A good ID token: header, claims, and the whole."""
        token = console.redeem(console.code_of(marie)).json["id_token"]
        header, claims, _signature = token.split(".")
        read = [json.loads(base64.urlsafe_b64decode(text + "==")) for text in (header, claims)]
        return (*read, token)

    def refused(self, console, marie, token):
        """Neither as a hint to sign in nor as one to sign out."""
        assert hinted(console, marie, token) == "login_required"
        page = marie.get(f"/oauth/logout?id_token_hint={quote(token)}")
        assert (page.status, page.location) == (200, ""), "it asks"

    def test_console_5_a_good_token_is_a_good_hint_however_old(self, console, marie, told):
        with time_machine.travel(now() + timedelta(minutes=30)):
            assert hinted(console, marie, told[2]) is None

    @pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
    def test_console_5_no_signature_is_no_signature(self, console, marie, told, name):
        header, claims, _token = told
        self.refused(console, marie, f"{part({**header, 'alg': name})}.{part(claims)}.")

    def test_console_5_the_public_key_is_no_shared_secret(self, console, marie, told, app):
        """HS256 with what everybody can read, in each form somebody might compare with."""
        header, claims, _token = told
        shown = app.test_client().get("/oauth/jwks").json["keys"][0]
        public = RSAKey.import_key(shown)
        for secret in (
            public.as_pem(private=False),
            public.as_pem(private=False).strip(),
            public.as_der(private=False),
            json.dumps(shown).encode(),
            shown["n"].encode(),
        ):
            signed = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
            digest = hmac.digest(secret, signed.encode(), "sha256")
            forged = f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
            self.refused(console, marie, forged)

    @pytest.mark.parametrize("kid", ["ours", "another", None, "../../dev/null", "' OR 1=1 --"])
    @pytest.mark.parametrize("brought", [{}, {"jwk": True}, {"jku": "https://evil.example/jwks"}])
    def test_console_5_another_s_key_signs_nothing(self, console, marie, told, kid, brought):
        header, claims, _token = told
        key = RSAKey.generate_key(2048)
        header = {**header, "kid": header["kid"] if kid == "ours" else kid}
        if kid is None:
            del header["kid"]
        if brought:
            [[name, value]] = brought.items()
            header[name] = key.as_dict(private=False) if value is True else value
        signed = f"{part(header)}.{part(claims)}"
        forged = f"{signed}.{signature(key, signed)}"
        self.refused(console, marie, forged)

    @pytest.mark.parametrize("name", ["RS384", "RS512", "PS256"])
    def test_console_5_our_key_with_another_algorithm_is_refused(
        self, console, marie, told, app, name
    ):
        header, claims, _token = told
        with app.app_context():
            key = keys._private(*signing_key())
            forged = jws.serialize_compact(
                {**header, "alg": name}, json.dumps(claims).encode(), key, algorithms=[name]
            )
        self.refused(console, marie, forged)

    @pytest.mark.parametrize("typ", ["logout+jwt", "at+jwt"])
    def test_console_5_a_token_of_another_kind_is_no_id_token(self, console, marie, told, app, typ):
        _header, claims, _token = told
        with app.app_context():
            self.refused(console, marie, keys.sign(claims, typ=typ))

    @pytest.mark.parametrize(
        "change", [lambda t: t[:-4], lambda t: t + "AAAA", lambda t: f"{t}.x", lambda _t: "..."]
    )
    def test_console_5_a_changed_token_is_refused(self, console, marie, told, change):
        self.refused(console, marie, change(told[2]))

    def test_console_5_changed_claims_are_refused(self, console, marie, told, cast):
        header, claims, token = told
        forged = f"{part(header)}.{part({**claims, 'sub': '0' * 32})}.{token.split('.')[2]}"
        self.refused(console, marie, forged)


def signing_key() -> tuple[str, str]:
    key = db.session.execute(select(OidcKey)).scalar_one()
    return key.kid, key.sealed


def signature(key: RSAKey, signed: str) -> str:
    assert key.private_key
    made = key.private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
