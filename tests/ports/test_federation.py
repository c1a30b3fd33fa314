"""CONSOLE-1: a real Keystone believes what the portal's ID token says, by the headers it gets.

In production Apache checks the token and sets them (`make console-proof`); here the test does.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

from proof import federation
from selfcare.database import db
from selfcare.models import ClientKind
from selfcare.services.console.iam.port import Holder
from selfcare.services.oidc import clients, keys
from tests.keystone import DASHBOARD
from tests.oidc.party import REDIRECT, Party

ISSUER = "http://portal.test"
WEBSSO = "auth/OS-FEDERATION/identity_providers/portal/protocols/openid/websso"
pytestmark = [
    pytest.mark.once,
    pytest.mark.slow,
    pytest.mark.parametrize("console", ["keystone"], indirect=True),
]


@pytest.fixture
def told(app, cast, browse_as, iam, opened):
    """The claims the portal gives of Marie, whose account in this Keystone is ready."""
    iam.set_groups(opened, Holder("marie.dupont", "marie@example.com"), frozenset({"guest"}))
    cast.member("marie.dupont", ref=opened, console_roles=["guest"])
    with app.app_context():
        client = clients.add(
            "console", name="Console", kind=ClientKind.CONFIDENTIAL, redirect_uris=[REDIRECT]
        )
        secret = clients.new_secret(client)
        keys.rotate()
        db.session.commit()
    party = Party(app, "console", secret)
    return party.read(party.redeem(party.code_of(browse_as("marie.dupont"))).json["id_token"])


@pytest.fixture
def believing(console):
    """A Keystone that was told to believe the portal, as docs/openstack.md says."""
    federation.establish(
        console.url, username=console.username, password=console.password, issuer=ISSUER
    )
    return console


def sign_in(console, claims, *, origin=DASHBOARD, prefix="OIDC-"):
    """What Keystone answers the browser: status and page."""
    address = f"{console.url}/{WEBSSO}?{urllib.parse.urlencode({'origin': origin})}"
    headers = {f"{prefix}{name}": claims[name] for name in ("iss", "ksuser", "ksdomain")}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, headers=headers), timeout=30
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def whose(console, token):
    """Whose token it is."""
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    asked = urllib.request.Request(f"{console.url}/auth/tokens", headers=headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        user = json.load(answer)["token"]["user"]
    return user["name"], user["domain"]["name"]


def test_console_1_the_dashboard_gets_a_token_of_the_account_the_portal_made(
    believing, told, opened
):
    status, page = sign_in(believing, told)
    assert status == 200
    assert f'action="{DASHBOARD}"' in page
    token = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    assert token, page
    assert whose(believing, token[1]) == ("marie.dupont", opened)


@pytest.mark.parametrize(
    "changes",
    [
        {"ksuser": "pierre.dupont"},
        {"ksdomain": "OCB0999999"},
        {"iss": "http://portal.test/"},
        {"iss": "https://evil.example"},
    ],
    ids=str,
)
def test_console_1_nobody_else_is_let_in(believing, told, changes):
    status, page = sign_in(believing, {**told, **changes})
    assert status in {401, 403, 404}
    assert "token" not in re.findall(r'name="(\w+)"', page)


@pytest.mark.parametrize(
    "origin",
    [
        DASHBOARD.rstrip("/"),
        DASHBOARD.replace("https", "http"),
        f"{DASHBOARD}?",
        "https://evil.example/auth/websso/",
    ],
)
def test_console_1_the_dashboard_s_address_is_compared_letter_by_letter(believing, told, origin):
    assert sign_in(believing, told, origin=origin)[0] == 401


def test_console_1_claims_with_an_underscore_would_not_arrive(believing, told):
    """Which is why they are called ksuser and ksdomain."""
    assert sign_in(believing, told, prefix="OIDC_")[0] == 401
