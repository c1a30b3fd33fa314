"""A client's grants after consent: one code, one ID token, a short-lived access token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from selfcare.database import db
from selfcare.models import (
    ClientKind,
    OidcClient,
    OidcGrant,
    OidcRequest,
    OidcToken,
    SignIn,
    now,
)
from selfcare.services.oidc import backchannel, keys
from selfcare.services.oidc.granted import Granted, by_id, by_token

CODE_GOOD_FOR = timedelta(seconds=60)
TOKEN_GOOD_FOR = timedelta(minutes=5)
ID_TOKEN_GOOD_FOR = timedelta(minutes=5)

# Carried out on the connection: to take rows through the session costs more than the statement.
_GIVE = insert(OidcGrant).returning(OidcGrant.id)
_TAKE = (
    update(OidcGrant)
    .where(OidcGrant.code_hash == bindparam("code"), OidcGrant.used_at.is_(None))
    .values(used_at=bindparam("at"))
    .returning(OidcGrant.id)
)
_ISSUE = insert(OidcToken)


class InvalidGrant(Exception):
    """The code or token opens nothing; which rule was broken is not said."""


@dataclass(frozen=True)
class Tokens:
    """The answer of the token endpoint."""

    access_token: str
    id_token: str
    scope: str
    expires_in: int


def give(request: OidcRequest, *, sign_in: SignIn, contract_id: int) -> dict[str, str]:
    """Let the person into the client, for one contract.

    Returns:
        What goes back to the client: a `code`, or at once the `id_token`, by the client's kind.
    """
    at_once = request.client.kind == ClientKind.FLEXIBLE_ENGINE
    code = None if at_once else secrets.token_urlsafe(32)
    grant_id = (
        db.session.connection()
        .execute(
            _GIVE,
            {
                "client_id": request.client.id,
                "account_id": sign_in.account_id,
                "sign_in_id": sign_in.id,
                "contract_id": contract_id,
                "scope": request.scope,
                "nonce": request.nonce,
                "redirect_uri": request.redirect_uri,
                "code_challenge": request.code_challenge,
                "code_hash": _hash(code) if code else None,
                "code_expires_at": now() + CODE_GOOD_FOR if code else None,
                "used_at": None if code else now(),
            },
        )
        .scalar_one()
    )
    return {"code": code} if code else {"id_token": identify(_in_force(grant_id))}


def redeem(code: str, *, client: OidcClient, redirect_uri: str, verifier: str | None) -> Tokens:
    """Exchange a code for tokens, once.

    One statement marks the code as used, so of many at once one wins. A second use revokes what
    the first one got (RFC 9700, 4.5), and so must be committed even when it is refused.

    Raises:
        InvalidGrant: unknown, used, too old, another client's or address's, or the wrong verifier.
    """
    taken = db.session.connection().execute(_TAKE, {"code": _hash(code), "at": now()}).scalar()
    if taken is None:
        _revoke_replayed(code)
        raise InvalidGrant
    granted = _in_force(taken)
    if (
        granted.client_id != client.id
        or granted.redirect_uri != redirect_uri
        or (granted.code_expires_at or now()) <= now()
        or not is_verified(granted.code_challenge, verifier)
    ):
        raise InvalidGrant
    return issue(granted)


def _revoke_replayed(code: str) -> None:
    backchannel.end(OidcGrant.code_hash == _hash(code))


def is_verified(challenge: str | None, verifier: str | None) -> bool:
    """Whether the verifier is the one whose SHA-256 was announced (RFC 7636); both or neither."""
    if challenge is None:
        return verifier is None  # a verifier without a challenge: somebody took the challenge away
    if verifier is None or not 43 <= len(verifier) <= 128:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def issue(granted: Granted) -> Tokens:
    """An access token and an ID token for a grant that is in force."""
    access_token = secrets.token_urlsafe(32)
    kept = {"token_hash": _hash(access_token), "grant_id": granted.grant_id}
    db.session.connection().execute(_ISSUE, {**kept, "expires_at": now() + TOKEN_GOOD_FOR})
    digest = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    at_hash = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    id_token = identify(granted, at_hash=at_hash)
    return Tokens(access_token, id_token, granted.scope, int(TOKEN_GOOD_FOR.total_seconds()))


def identify(granted: Granted, **more: Any) -> str:
    """The ID token: all claims, for Flexible Engine reads no userinfo.

    Times are whole seconds, rounded down, and there is no `nbf`: clocks differ by a second.
    """
    issued = int(now().timestamp())
    return keys.sign(
        {
            "iss": keys.issuer(),
            "aud": granted.client_id,
            "azp": granted.client_id,
            "exp": issued + int(ID_TOKEN_GOOD_FOR.total_seconds()),
            "iat": issued,
            "auth_time": int(granted.signed_in_at.timestamp()),
            "amr": ["mfa"] if granted.two_factor else ["pwd"],
            "sid": granted.sid,
            **({"nonce": granted.nonce} if granted.nonce else {}),
            **granted.claims(),
            **more,
        }
    )


def of_token(access_token: str) -> Granted:
    """The grant an access token stands for.

    Raises:
        InvalidGrant: too old, revoked, its sign-in has ended, its client is disabled, or the
            person has no console role on the contract any more.
    """
    return _of_token(access_token)[0]


def told_to(client: OidcClient, access_token: str) -> tuple[Granted, datetime]:
    """The grant a token stands for, and its end, for the server that was shown it (RFC 7662).

    A client learns of its own tokens and of those a command line was given, whose purpose the
    console is. Any other client could show the console what people let it have for itself, and
    sign in there as them (RFC 9700, 2.3).

    Raises:
        InvalidGrant: as for `of_token`, or the token was given to another server.
    """
    granted, ends = _of_token(access_token)
    if granted.client_id != client.id and not (
        client.trusted and granted.client_kind == ClientKind.PUBLIC
    ):
        raise InvalidGrant
    return granted, ends


def _of_token(access_token: str) -> tuple[Granted, datetime]:
    found = by_token(_hash(access_token))
    if found is None:
        raise InvalidGrant
    return found


def _in_force(grant_id: int) -> Granted:
    found = by_id(grant_id)
    if found is None:
        raise InvalidGrant
    return found


def revoke(token: str, *, client: OidcClient) -> None:
    """A client gives a token back (RFC 7009); another client's and unknown ones are left alone."""
    db.session.execute(
        delete(OidcToken).where(
            OidcToken.token_hash == _hash(token),
            OidcToken.grant_id.in_(select(OidcGrant.id).where(OidcGrant.client_id == client.id)),
        )
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
