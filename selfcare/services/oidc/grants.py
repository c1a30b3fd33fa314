"""A client's grants after consent: one code, one ID token, a short-lived access token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import contains_eager, joinedload, undefer

from selfcare.database import db
from selfcare.models import (
    Account,
    ClientKind,
    ConsoleAccess,
    Contract,
    Membership,
    OidcClient,
    OidcGrant,
    OidcRequest,
    OidcToken,
    SignIn,
    now,
)
from selfcare.services.oidc import backchannel, keys

CODE_GOOD_FOR = timedelta(seconds=60)
TOKEN_GOOD_FOR = timedelta(minutes=5)
ID_TOKEN_GOOD_FOR = timedelta(minutes=5)


class InvalidGrant(Exception):
    """The code or token opens nothing; which rule was broken is not said."""


@dataclass(frozen=True)
class Tokens:
    """The answer of the token endpoint."""

    access_token: str
    id_token: str
    scope: str
    expires_in: int


def give(
    request: OidcRequest, *, sign_in: SignIn, contract: Contract
) -> tuple[OidcGrant, str | None]:
    """Let the person into the client, for one contract; the code goes back to the client.

    Returns:
        The grant and its code; no code where the client gets an ID token at once.
    """
    wants_code = request.response_mode != "form_post" or request.client.kind != "flexible_engine"
    code = secrets.token_urlsafe(32) if wants_code else None
    grant = OidcGrant(
        client=request.client,
        account=sign_in.account,
        sign_in=sign_in,
        contract=contract,
        scope=request.scope,
        nonce=request.nonce,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        code_hash=_hash(code) if code else None,
        code_expires_at=now() + CODE_GOOD_FOR if code else None,
        used_at=None if code else now(),
    )
    db.session.add(grant)
    db.session.flush()
    return grant, code


def redeem(code: str, *, client: OidcClient, redirect_uri: str, verifier: str | None) -> Tokens:
    """Exchange a code for tokens, once.

    One statement marks the code as used, so of many at once one wins. A second use revokes what
    the first one got (RFC 9700, 4.5), and so must be committed even when it is refused.

    Raises:
        InvalidGrant: unknown, used, too old, another client's or address's, or the wrong verifier.
    """
    taken = db.session.execute(
        update(OidcGrant)
        .where(OidcGrant.code_hash == _hash(code), OidcGrant.used_at.is_(None))
        .values(used_at=now())
        .returning(OidcGrant.id)
    ).scalar_one_or_none()
    if taken is None:
        _revoke_replayed(code)
        raise InvalidGrant
    grant = in_force(taken)
    if (
        grant is None
        or grant.client_id != client.id
        or grant.redirect_uri != redirect_uri
        or (grant.code_expires_at or now()) <= now()
        or not is_verified(grant.code_challenge, verifier)
    ):
        raise InvalidGrant
    return issue(grant)


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


def issue(grant: OidcGrant) -> Tokens:
    """An access token and an ID token for a grant that is in force.

    Raises:
        InvalidGrant: the person has no console role on the contract any more.
    """
    access_token = secrets.token_urlsafe(32)
    db.session.add(
        OidcToken(
            token_hash=_hash(access_token), grant_id=grant.id, expires_at=now() + TOKEN_GOOD_FOR
        )
    )
    digest = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    at_hash = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    id_token = identify(grant, at_hash=at_hash)
    db.session.flush()
    return Tokens(access_token, id_token, grant.scope, int(TOKEN_GOOD_FOR.total_seconds()))


def identify(grant: OidcGrant, **more: Any) -> str:
    """The ID token: all claims, for Flexible Engine reads no userinfo.

    Times are whole seconds, rounded down, and there is no `nbf`: clocks differ by a second.

    Raises:
        InvalidGrant: the person has no console role on the contract any more.
    """
    issued = int(now().timestamp())
    sign_in = grant.sign_in
    return keys.sign(
        {
            "iss": keys.issuer(),
            "aud": grant.client_id,
            "azp": grant.client_id,
            "exp": issued + int(ID_TOKEN_GOOD_FOR.total_seconds()),
            "iat": issued,
            "auth_time": int(sign_in.created_at.timestamp()),
            "amr": ["mfa"] if sign_in.two_factor else ["pwd"],
            "sid": sign_in.sid,
            **({"nonce": grant.nonce} if grant.nonce else {}),
            **claims(grant),
            **more,
        }
    )


def claims(grant: OidcGrant) -> dict[str, Any]:
    """The person as the console sees them, from the portal's present data.

    `ksuser` and `ksdomain` have no underscore: proxies drop headers that have one (iam.md).

    Raises:
        InvalidGrant: the person has no console role on the contract any more.
    """
    account = grant.account
    console = db.session.execute(
        select(ConsoleAccess)
        .join(
            Membership,
            (Membership.account_id == ConsoleAccess.account_id)
            & (Membership.contract_id == ConsoleAccess.contract_id),
        )
        .where(
            ConsoleAccess.account_id == account.id,
            ConsoleAccess.contract_id == grant.contract_id,
        )
    ).scalar_one_or_none()
    if console is None or not console.wanted_groups:
        raise InvalidGrant
    return {
        "sub": account.subject,
        "preferred_username": account.login,
        "ksuser": console.iam_username or account.login,
        "ksdomain": grant.contract.ref,
        "groups": list(console.wanted_groups),
        "email": account.email,
        "email_verified": True,
        "name": account.full_name,
        "given_name": account.first_name,
        "family_name": account.last_name,
        "locale": account.locale,
    }


def of_token(access_token: str) -> OidcGrant:
    """The grant an access token stands for.

    Raises:
        InvalidGrant: too old, revoked, its sign-in has ended, or its client is disabled.
    """
    found = db.session.execute(
        select(OidcToken.grant_id).where(
            OidcToken.token_hash == _hash(access_token), OidcToken.expires_at > now()
        )
    ).scalar_one_or_none()
    grant = in_force(found) if found else None
    if grant is None:
        raise InvalidGrant
    return grant


def told_to(client: OidcClient, access_token: str) -> tuple[OidcGrant, datetime]:
    """The grant a token stands for, and its end, for the server that was shown it (RFC 7662).

    A client learns of its own tokens and of those a command line was given, whose purpose the
    console is. Any other client could show the console what people let it have for itself, and
    sign in there as them (RFC 9700, 2.3).

    Raises:
        InvalidGrant: as for `of_token`, or the token was given to another server.
    """
    grant = of_token(access_token)
    if grant.client_id != client.id and not (
        client.trusted and grant.client.kind == ClientKind.PUBLIC
    ):
        raise InvalidGrant
    ends = db.session.execute(
        select(OidcToken.expires_at).where(OidcToken.token_hash == _hash(access_token))
    ).scalar_one()
    return grant, ends


def in_force(grant_id: int) -> OidcGrant | None:
    """The grant with all its claims need, as long as its sign-in and its client are in force."""
    return db.session.execute(
        select(OidcGrant)
        .join(OidcGrant.sign_in)
        .join(OidcGrant.client)
        .options(
            contains_eager(OidcGrant.sign_in).undefer(SignIn.sid),
            contains_eager(OidcGrant.client),
            joinedload(OidcGrant.account).options(undefer(Account.subject)),
            joinedload(OidcGrant.contract),
        )
        .where(
            OidcGrant.id == grant_id,
            OidcGrant.ended_at.is_(None),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now(),
            OidcClient.disabled_at.is_(None),
        )
    ).scalar_one_or_none()


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
