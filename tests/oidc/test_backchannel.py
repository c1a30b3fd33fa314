"""CONSOLE-9: whoever is let into a client is let out of it when their sign-in ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from selfcare.background import claims
from selfcare.database import db
from selfcare.models import ClientKind, OidcGrant, OidcLogout, WishState, now
from selfcare.services import schedule
from selfcare.services.accounts import two_factor
from selfcare.services.oidc import backchannel
from selfcare.services.retention import forgetting
from tests.browsing import Browser
from tests.cast import PASSWORD, account_of
from tests.oidc.party import REDIRECT, Party


class Listener(HTTPServer):
    """A client's back-channel address; answers what it is told to, and keeps what it got.

    As mod_auth_openidc does, it refuses a token whose name it has seen.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.got: list[str] = []
        self.names: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        [token] = parse_qs(body)["logout_token"]
        name = json.loads(jws.extract_compact(token.encode()).payload)["jti"]
        usual = 400 if name in self.server.names else 200
        self.server.got.append(token)
        self.server.names.add(name)
        self.send_response(self.server.answers.pop(0) if self.server.answers else usual)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def party(register, listener) -> Party:
    """A client that wants to be told."""
    address = f"http://127.0.0.1:{listener.server_port}/backchannel"
    found: Party = register(backchannel_uri=address)
    return found


@pytest.fixture
def inside(party, marie) -> dict[str, Any]:
    """The claims that the client got of Marie."""
    return party.read(party.redeem(party.code_of(marie)).json["id_token"])


def told(listener: Listener, worker: Any, party: Party) -> list[dict[str, Any]]:
    """What the client learnt once the worker ran."""
    worker.run()
    shown: Any = party.app.test_client().get("/oauth/jwks").json
    keys = KeySet.import_key_set(shown)
    tokens = [jwt.decode(token, keys, algorithms=["RS256"]) for token in listener.got]
    assert all(token.header["typ"] == "logout+jwt" for token in tokens)
    return [dict(token.claims) for token in tokens]


def test_console_9_the_logout_token_is_what_the_standard_says(
    inside, marie, party, listener, worker
):
    marie.post("/logout", {"csrf_token": marie.get("/").csrf()})
    [claims] = told(listener, worker, party)
    assert claims.keys() == {"iss", "aud", "sub", "sid", "iat", "exp", "jti", "events"}
    assert (claims["sub"], claims["sid"]) == (inside["sub"], inside["sid"])
    assert (claims["iss"], claims["aud"]) == ("http://portal.test", "console")
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert 0 < claims["exp"] - claims["iat"] <= 120


def by_signing_out(marie: Browser) -> None:
    marie.post("/logout", {"csrf_token": marie.get("/").csrf()})


def by_the_console_s_request(marie: Browser) -> None:
    page = marie.get("/oauth/logout")
    marie.post("/oauth/logout/confirmed", {"csrf_token": page.csrf()})


def by_signing_in_anew(marie: Browser) -> None:
    page = marie.get("/login?again=1")
    marie.post(
        "/login?again=1",
        {"login": "marie.dupont", "password": PASSWORD, "csrf_token": page.csrf()},
    )


def by_my_sessions(marie: Browser) -> None:
    other = Browser(marie.app).sign_in_as("marie.dupont")
    page = other.get("/account/security/")
    other.post("/account/security/sessions/end-others", {"csrf_token": page.csrf()})


def by_one_of_my_sessions(marie: Browser) -> None:
    other = Browser(marie.app).sign_in_as("marie.dupont")
    page = other.get("/account/security/")
    [link] = page.all("tbody a")
    other.post(str(link["href"]), {"csrf_token": page.csrf()})


def by_resetting_the_second_factor(marie: Browser) -> None:
    with marie.app.app_context():
        two_factor.reset(account_of("marie.dupont"), by=None, reason="lost")
        db.session.commit()


def by_a_new_password(marie: Browser) -> None:
    from selfcare.services.accounts import passwords

    with marie.app.app_context():
        passwords.change(account_of("marie.dupont"), "Another-2026!", by=None)
        db.session.commit()


def by_running_out(marie: Browser) -> None:
    with time_machine.travel(now() + timedelta(days=40)), marie.app.app_context():
        backchannel.end_expired()


@pytest.mark.parametrize(
    "ends",
    [
        by_signing_out,
        by_the_console_s_request,
        by_signing_in_anew,
        by_my_sessions,
        by_one_of_my_sessions,
        by_resetting_the_second_factor,
        by_a_new_password,
        by_running_out,
    ],
)
def test_console_9_however_a_sign_in_ends_its_client_is_told_once(
    inside, marie, party, listener, worker, ends: Callable[[Browser], None]
):
    party.code_of(marie)  # entered twice
    ends(marie)
    assert [claims["sid"] for claims in told(listener, worker, party)] == [inside["sid"]]


def test_console_9_whoever_loses_the_console_is_let_out_of_it(inside, party, listener, worker, app):
    from selfcare.models import Contract
    from selfcare.services.console import access as console_access

    with app.app_context():
        contract = db.session.execute(select(Contract).filter_by(ref="OCB0000124")).scalar_one()
        console_access.want(contract, account_of("marie.dupont"), [], wake=False)
        db.session.commit()
    assert [claims["sid"] for claims in told(listener, worker, party)] == [inside["sid"]]


def test_console_9_other_people_and_clients_that_want_nothing_are_left_alone(
    inside, party, listener, worker, marie, cast, browse_as, register
):
    cast.member("pierre.dupont", console_roles=["guest"])
    pierre = browse_as("pierre.dupont")
    party.code_of(pierre)
    silent = register("silent", kind=ClientKind.CONFIDENTIAL, redirect_uris=[REDIRECT])
    silent.code_of(marie)
    by_signing_out(marie)
    assert len(told(listener, worker, party)) == 1
    assert "code" in party.answer(pierre.get(party.address()).location)


def test_console_9_a_client_that_is_away_is_told_when_it_is_back(
    inside, marie, party, listener, worker, app
):
    listener.answers = [503, 302]
    by_signing_out(marie)
    assert len(told(listener, worker, party)) == 1
    for minutes in (2, 10):
        with time_machine.travel(now() + timedelta(minutes=minutes)), app.app_context():
            schedule.wake_wishes()
            worker.run()
    assert len(told(listener, worker, party)) == len(listener.names) == 3
    with app.app_context():
        assert db.session.execute(select(OidcLogout.state)).scalars().all() == [WishState.DONE]
        assert claims.overdue(OidcLogout) == []


def test_console_9_what_has_run_out_is_forgotten(inside, marie, party, listener, worker, app):
    by_signing_out(marie)
    told(listener, worker, party)
    kept = forgetting.period(OidcGrant)
    for ahead, left in ((kept - timedelta(days=1), 1), (kept + timedelta(days=1), 0)):
        with time_machine.travel(now() + ahead), app.app_context():
            forgetting.forget()
            for kind in (OidcGrant, OidcLogout):
                assert len(db.session.execute(select(kind)).scalars().all()) == left, kind


def test_console_9_a_code_used_twice_lets_its_client_out(party, marie, listener, worker):
    code = party.code_of(marie)
    assert party.redeem(code).status_code == 200
    assert party.redeem(code).status_code == 400
    assert len(told(listener, worker, party)) == 1
