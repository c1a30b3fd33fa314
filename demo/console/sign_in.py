"""Signing in to the stand-in: it asks the portal, as Keystone behind mod_auth_openidc does.

It is a client of the portal's OpenID provider like any other: discovery, code with PKCE, an ID
token whose signature it checks with the published keys, sign-out both ways. It then shows who
came, for which company account, and with which roles.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from flask import Blueprint, Response, current_app, redirect, render_template_string, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from demo.console.api import state

if TYPE_CHECKING:
    from joserfc import jwt

bp = Blueprint("sign_in", __name__, url_prefix="/dashboard")
CLIENT = "console-demo"
_WITHIN = 10

PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Console technique (démonstration)</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/console.css"><link rel="icon" href="data:,"></head><body><main>
<h1>Console technique – démonstration</h1>
{% if problem %}<p role="alert">La connexion n’a pas abouti : {{ problem }}</p>
<p><a href="/dashboard/">Se connecter par l’espace client</a></p>
{% else %}
<p>Connecté(e) : <b>{{ claims.name }}</b> ({{ claims.ksuser }})</p>
<dl><dt>Compte entreprise</dt><dd>{{ claims.ksdomain }}</dd>
<dt>Rôles</dt><dd>{{ claims.groups|join(", ") }}</dd>
<dt>Groupes dans la console</dt><dd>{{ groups|join(", ") or "compte inconnu ici" }}</dd></dl>
<form method="post" action="/dashboard/sign-out"><button>Se déconnecter</button></form>
{% endif %}
<p><a href="{{ portal }}">Retour à l’espace client</a> · <a href="/">Ce que l’IAM sait</a></p>
</main></body></html>"""


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show who is signed in; send anyone else to the portal."""
    claims = _sessions().get(cookie.get("sid", ""))
    if claims is None:
        return _ask()
    return render_template_string(
        PAGE, claims=claims, groups=_groups(claims), portal=_portal(), problem=None
    )


@bp.get("/sign-in")
def start() -> ResponseReturnValue:
    """Sign in anew, for this contract: the console button leads here."""
    _sessions().pop(cookie.pop("sid", ""), None)
    return _ask()


def _ask() -> ResponseReturnValue:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    cookie["asked"] = {
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "verifier": verifier,
    }
    query = {
        "client_id": CLIENT,
        "redirect_uri": _here("callback"),
        "response_type": "code",
        "scope": "openid profile email groups",
        "state": cookie["asked"]["state"],
        "nonce": cookie["asked"]["nonce"],
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return redirect(f"{_provider()['authorization_endpoint']}?{urlencode(query)}", code=303)


@bp.get("/callback")
def callback() -> ResponseReturnValue:
    """Take the portal's answer: a code, or an error."""
    from joserfc.errors import JoseError  # noqa: PLC0415 (heavy)

    asked = cookie.pop("asked", {})
    if not asked or request.args.get("state") != asked["state"]:
        return _failed("la réponse ne correspond à aucune demande de ce navigateur.")
    if request.args.get("iss") != _provider()["issuer"]:
        return _failed("la réponse vient d’ailleurs.")
    if "error" in request.args:
        return _failed(f"{request.args['error']} ({request.args.get('error_description', '')})")
    answer = requests.post(
        _provider()["token_endpoint"],
        auth=(CLIENT, _secret()),
        data={
            "grant_type": "authorization_code",
            "code": request.args.get("code", ""),
            "redirect_uri": _here("callback"),
            "code_verifier": asked["verifier"],
        },
        timeout=_WITHIN,
    )
    if not answer.ok:
        return _failed(answer.text)
    try:
        claims = _read(answer.json()["id_token"], nonce=asked["nonce"])
    except (JoseError, ValueError) as problem:
        return _failed(str(problem))
    cookie["sid"] = claims["sid"]
    _sessions()[claims["sid"]] = claims
    return redirect("/dashboard/", code=303)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out here; then the portal asks whether to sign out there, too.

    As Horizon does, it sends no ID token: with one, the portal would not ask.
    """
    _sessions().pop(cookie.pop("sid", ""), None)
    query = {"post_logout_redirect_uri": _here("bye"), "client_id": CLIENT}
    return redirect(f"{_provider()['end_session_endpoint']}?{urlencode(query)}", code=303)


@bp.get("/bye")
def bye() -> ResponseReturnValue:
    """Say that the person has signed out."""
    return _failed("vous êtes déconnecté(e).")


@bp.post("/backchannel")
def backchannel() -> ResponseReturnValue:
    """Hear from the portal that a sign-in has ended (OpenID Connect Back-Channel Logout)."""
    from joserfc.errors import JoseError  # noqa: PLC0415 (heavy)

    try:
        token = _decode(request.form.get("logout_token", ""))
    except (JoseError, ValueError):
        return Response(status=400)
    events = token.claims.get("events", {})
    if (
        token.header.get("typ") != "logout+jwt"
        or "http://schemas.openid.net/event/backchannel-logout" not in events
        or "nonce" in token.claims
    ):
        return Response(status=400)
    _sessions().pop(str(token.claims.get("sid")), None)
    return Response(status=200, headers={"Cache-Control": "no-store"})


def _failed(problem: str) -> ResponseReturnValue:
    return render_template_string(PAGE, problem=problem, portal=_portal(), claims={}, groups=[])


def _read(id_token: str, *, nonce: str) -> dict[str, Any]:
    claims = dict(_decode(id_token).claims)
    if claims.get("nonce") != nonce:
        raise ValueError("nonce")
    return claims


def _decode(token: str) -> jwt.Token:
    from joserfc import jwt  # noqa: PLC0415 (heavy)
    from joserfc.jwk import KeySet  # noqa: PLC0415 (heavy)

    keys = requests.get(_provider()["jwks_uri"], timeout=_WITHIN).json()
    found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    claims = found.claims
    if claims.get("iss") != _provider()["issuer"] or claims.get("aud") != CLIENT:
        raise ValueError("iss, aud")
    if claims.get("exp", 0) < time.time() - 5:
        raise ValueError("exp")
    return found


def _groups(claims: dict[str, Any]) -> list[str]:
    """Return the groups that count: those of the account the portal made in the IAM."""
    things = state().things
    for user in things["users"].values():
        domain = things["domains"][user["domain_id"]]["name"]
        if (user["name"], domain) == (claims["ksuser"], claims["ksdomain"]):
            return [str(group["name"]) for group in state().groups_of(user["id"])]
    return []


def _provider() -> dict[str, Any]:
    """Return the provider's metadata, read once."""
    known: dict[str, Any] = current_app.extensions["provider"]
    if not known:
        address = f"{_portal()}/.well-known/openid-configuration"
        known.update(requests.get(address, timeout=_WITHIN).json())
    return known


def _portal() -> str:
    return os.environ.get("PORTAL_URL", "").rstrip("/")


def _secret() -> str:
    return os.environ.get("CONSOLE_CLIENT_SECRET", "")


def _here(page: str) -> str:
    return f"{request.host_url}dashboard/{page}"


def _sessions() -> dict[str, dict[str, Any]]:
    """Return the claims of those who are signed in here, by `sid`."""
    found: dict[str, dict[str, Any]] = current_app.extensions["signed_in"]
    return found
