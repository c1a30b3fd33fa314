"""The endpoints that clients call: tokens, userinfo, revocation, keys, discovery (CONSOLE-5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.database import db
from selfcare.extensions import csrf
from selfcare.models import ClientKind, OidcClient
from selfcare.services.oidc import clients, devices, grants, keys, requests
from selfcare.services.oidc.clients import NotAuthenticated
from selfcare.services.oidc.devices import NotYet
from selfcare.services.oidc.grants import InvalidGrant
from selfcare.services.safety import browsers, throttling
from selfcare.web.access import public
from selfcare.web.headers import no_store

bp = Blueprint("oauth_tokens", __name__)
csrf.exempt(bp)  # clients have no session


_SUPPORTED: Mapping[str, Any] = {
    "scopes_supported": list(requests.SCOPES),
    "response_types_supported": ["code", "id_token"],
    "response_modes_supported": ["query", "form_post"],
    "grant_types_supported": [
        "authorization_code",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": keys.ALGORITHMS,
    "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post",
        "none",
    ],
    "code_challenge_methods_supported": ["S256"],
    "prompt_values_supported": sorted(requests.PROMPTS),
    "claims_supported": [
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "azp", "sid"),
        *("preferred_username", "ksuser", "ksdomain", "groups", "email", "email_verified"),
        *("name", "given_name", "family_name", "locale"),
    ],
    "ui_locales_supported": ["fr", "en"],
    "claims_parameter_supported": False,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
}
"""What the discovery document says besides addresses."""


@bp.get("/.well-known/openid-configuration")
@public("clients read it")
def discovery() -> ResponseReturnValue:
    """The abilities of this provider (OpenID Connect Discovery)."""

    def address(endpoint: str) -> str:
        return keys.issuer() + url_for(endpoint, _external=False)

    return jsonify(
        issuer=keys.issuer(),
        authorization_endpoint=address("oauth.authorize"),
        token_endpoint=address(".token"),
        userinfo_endpoint=address(".userinfo"),
        jwks_uri=address(".jwks"),
        revocation_endpoint=address(".revoke"),
        introspection_endpoint=address(".introspect"),
        end_session_endpoint=address("oauth_ending.end"),
        device_authorization_endpoint=address(".device"),
        **_SUPPORTED,
    )


@bp.get("/oauth/jwks")
@public("clients read it")
def jwks() -> ResponseReturnValue:
    """The public keys that ID tokens are checked with."""
    return jsonify(keys=keys.public())


@bp.post("/oauth/token")
@public("clients prove themselves by their secret")
def token() -> ResponseReturnValue:
    """A code for tokens, once."""
    if any(len(values) > 1 for _name, values in request.form.lists()):
        return _problem("invalid_request", 400)
    try:
        client = _client()
    except NotAuthenticated:
        return _problem("invalid_client", 401)
    try:
        tokens = _redeem(client)
    except (InvalidGrant, NotYet) as refusal:
        # What was used up or revoked stays so, and a device's haste is noted.
        db.session.commit()
        return _problem(getattr(refusal, "error", "invalid_grant"), 400)
    if tokens is None:
        missing = not request.form.get("grant_type")
        return _problem("invalid_request" if missing else "unsupported_grant_type", 400)
    db.session.commit()
    return _answer(
        access_token=tokens.access_token,
        token_type="Bearer",  # noqa: S106 (a kind of token)
        expires_in=tokens.expires_in,
        id_token=tokens.id_token,
        scope=tokens.scope,
    )


def _redeem(client: OidcClient) -> grants.Tokens | None:
    """The answer to this kind of grant; None for an unknown kind."""
    form = request.form
    verifier = form.get("code_verifier")
    match form.get("grant_type"):
        case "authorization_code":
            return grants.redeem(
                form.get("code", ""),
                client=client,
                redirect_uri=form.get("redirect_uri", ""),
                verifier=verifier,
            )
        case "urn:ietf:params:oauth:grant-type:device_code":
            return devices.redeem(form.get("device_code", ""), client=client, verifier=verifier)
    return None


@bp.post("/oauth/device")
@public("a device asks to be let in; somebody signed in answers")
def device() -> ResponseReturnValue:
    """A code for a device without a browser, and one to show (RFC 8628).

    Whoever knows the name of a public client may ask, so requests are counted by address.
    """
    try:
        client = _client()
        limits = config.current().throttle_address
        throttling.of_address(browsers.present(), limits, kind="device").take()
        asked = devices.ask(client, request.form)
    except NotAuthenticated:
        return _problem("invalid_client", 401)
    except ValueError as problem:
        return _problem(str(problem), 400)
    db.session.commit()
    code = f"{asked.user_code[:4]}-{asked.user_code[4:]}"
    page = keys.issuer() + url_for("oauth_devices.index", _external=False)
    return _answer(
        device_code=asked.device_code,
        user_code=code,
        verification_uri=page,
        verification_uri_complete=f"{page}?user_code={code}",
        expires_in=int(devices.GOOD_FOR.total_seconds()),
        interval=int(devices.INTERVAL.total_seconds()),
    )


@bp.route("/oauth/userinfo", methods=["GET", "POST"])
@public("clients prove themselves by an access token")
def userinfo() -> ResponseReturnValue:
    """The person signed in, from the portal's present data."""
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        given = request.form.get("access_token", "") if request.method == "POST" else ""
    if not given:
        return _no_token("Bearer")
    try:
        return _answer(**grants.of_token(given).claims())
    except InvalidGrant:
        return _no_token('Bearer error="invalid_token"')


@bp.post("/oauth/introspect")
@public("clients prove themselves by their secret")
def introspect() -> ResponseReturnValue:
    """The content of an access token, for the server before the console (RFC 7662)."""
    try:
        client = _client()
    except NotAuthenticated:
        return _problem("invalid_client", 401)
    if client.kind == ClientKind.PUBLIC:
        return _problem("invalid_client", 401)
    try:
        granted, ends = grants.told_to(client, request.form.get("token", ""))
        return _answer(
            active=True,
            exp=int(ends.timestamp()),
            iss=keys.issuer(),
            client_id=granted.client_id,
            scope=granted.scope,
            token_type="Bearer",  # noqa: S106 (a kind of token)
            **granted.claims(),
        )
    except InvalidGrant:
        return _answer(active=False)


@bp.post("/oauth/revoke")
@public("clients prove themselves by their secret")
def revoke() -> ResponseReturnValue:
    """A client gives a token back (RFC 7009)."""
    try:
        client = _client()
    except NotAuthenticated:
        return _problem("invalid_client", 401)
    grants.revoke(request.form.get("token", ""), client=client)
    db.session.commit()
    return _answer()


def _no_token(challenge: str) -> Response:
    headers = {"WWW-Authenticate": challenge}
    return no_store(Response(status=401, mimetype="text/plain", headers=headers))


def _client() -> OidcClient:
    """The client that calls.

    Wrong secrets are counted by address; the right one, which nobody guesses, is never held up by
    others' tries.

    Raises:
        NotAuthenticated: it did not prove who it is.
        TooManyAttempts: likewise, and not for the first time.
    """
    try:
        return clients.authenticate(*_credentials())
    except NotAuthenticated:
        limits = config.current().throttle_address
        throttling.of_address(browsers.present(), limits, kind="client").take()
        raise


def _credentials() -> tuple[str, str | None]:
    """A client's name and secret, from the header or from the form, never from both.

    Raises:
        NotAuthenticated: from both, or they cannot be read.
    """
    named, secret = request.form.get("client_id", ""), request.form.get("client_secret")
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return named, secret
    try:
        user, _colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise NotAuthenticated from None
    if secret is not None or named not in {"", unquote_plus(user)}:
        raise NotAuthenticated
    return unquote_plus(user), unquote_plus(password)


def _answer(**fields: Any) -> Response:
    return no_store(jsonify(**fields))


def _problem(error: str, status: int) -> Response:
    answer = _answer(error=error)
    answer.status_code = status
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Basic"
    return answer
