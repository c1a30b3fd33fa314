"""A relying party for tests: it asks, checks and redeems as a client of the console would."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browsing import Browser

REDIRECT = "https://console.example/redirect_uri"


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Party:
    """One client; `given` are the parameters of its authorization requests."""

    app: Flask
    client_id: str
    secret: str | None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    redirect_uri: str = REDIRECT

    def address(self, **changes: Any) -> str:
        """An authorization request; a change to None leaves the parameter out."""
        given = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile email groups",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        asked = {name: value for name, value in {**given, **changes}.items() if value is not None}
        return f"/oauth/authorize?{urlencode(asked)}"

    def answer(self, location: str) -> dict[str, str]:
        """What the portal sent back by the browser."""
        assert location.startswith(f"{self.redirect_uri}?"), location
        return dict(parse_qsl(urlsplit(location).query))

    def code_of(self, browser: Browser, **changes: Any) -> str:
        """The code that somebody signed in brings."""
        page = browser.get(self.address(**changes))
        assert page.status == 303, page
        return self.answer(page.location)["code"]

    def redeem(self, code: str, **changes: Any) -> Any:
        """The token endpoint's answer."""
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        sent = {name: value for name, value in {**given, **changes}.items() if value is not None}
        return self.app.test_client().post("/oauth/token", data=sent)

    def read(self, id_token: str) -> dict[str, Any]:
        """An ID token's claims, its signature checked with the published keys."""
        shown: Any = self.app.test_client().get("/oauth/jwks").json
        keys = KeySet.import_key_set(shown)
        token = jwt.decode(id_token, keys, algorithms=["RS256"])
        assert token.header["kid"]
        return dict(token.claims)
