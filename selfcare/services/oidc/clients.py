"""Clients of the OpenID provider: which program may ask, where to answer it (CONSOLE-6)."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import and_, bindparam, or_, select, update

from selfcare.database import db
from selfcare.entities import shape
from selfcare.models import ClientKind, Contract, OidcClient, OidcSecret, now

_NAME = re.compile(r"[!-~]{1,64}")
"""What a client's name is made of: a database stores no NUL, nor looks it up."""

_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?![^/?])")
"""The beginning of an address on the caller's own machine, and its port (RFC 8252, 7.3)."""

_IS_MEANT = and_(OidcClient.id == bindparam("id"), OidcClient.disabled_at.is_(None))
_FIND_WITH_SECRET = (
    select(OidcClient)
    .where(_IS_MEANT)
    .add_columns(OidcSecret.id)
    .outerjoin(
        OidcSecret,
        (OidcSecret.client_id == OidcClient.id)
        & (OidcSecret.secret_hash == bindparam("secret"))
        & (OidcSecret.ends_at.is_(None) | (OidcSecret.ends_at > bindparam("at"))),
    )
)


class BadClient(Exception):
    """The fault of the client an operator asks for, as a sentence."""


class NotAuthenticated(Exception):
    """The client did not prove who it is."""


def add(
    client_id: str,
    *,
    name: str,
    kind: ClientKind,
    redirect_uris: Sequence[str],
    post_logout_uris: Sequence[str] = (),
    backchannel_uri: str | None = None,
    require_pkce: bool = True,
    trusted: bool = True,
    contract: Contract | None = None,
) -> OidcClient:
    """A new client; a confidential one gets its secret by `new_secret`.

    Raises:
        BadClient: an address that cannot be one, or a kind that cannot be so.
    """
    if not _NAME.fullmatch(client_id):
        raise BadClient("a client's name has 1 to 64 letters, digits and signs, no space")
    if db.session.get(OidcClient, client_id):
        raise BadClient(f"there is a client {client_id} already")
    if not redirect_uris:
        raise BadClient("a client needs an address to answer to (--redirect-uri)")
    for uri in (*redirect_uris, *post_logout_uris, *filter(None, [backchannel_uri])):
        _check_address(uri, kind)
    if kind is ClientKind.PUBLIC and not require_pkce:
        raise BadClient("a public client always uses PKCE")
    if kind is ClientKind.FLEXIBLE_ENGINE and contract is None:
        raise BadClient("a Flexible Engine client belongs to one contract (--contract)")
    client = OidcClient(
        id=client_id,
        name=name,
        kind=kind,
        redirect_uris=list(redirect_uris),
        post_logout_uris=list(post_logout_uris),
        backchannel_uri=backchannel_uri,
        require_pkce=require_pkce,
        trusted=trusted,
        contract_id=contract.id if contract else None,
    )
    db.session.add(client)
    db.session.flush()
    return client


def _check_address(uri: str, kind: ClientKind) -> None:
    parts = urlsplit(uri)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise BadClient(f"{uri} is not an address of the web")
    if parts.fragment or parts.username or parts.password or "*" in uri:
        raise BadClient(f"{uri}: no fragment, no password and no * in an address")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise BadClient(f"{uri}: http is for this machine only, give https")
    if kind is ClientKind.PUBLIC and parts.scheme == "http" and parts.hostname == "localhost":
        raise BadClient(f"{uri}: name the loopback address, 127.0.0.1 (RFC 8252)")


def _is_here(host: str) -> bool:
    """Whether it is this machine, by name or by any of its loopback addresses."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find(client_id: str) -> OidcClient | None:
    """The client of this name, unless it was disabled."""
    if not _NAME.fullmatch(client_id):
        return None
    row = db.session.connection().execute(_find(), {"id": client_id}).one_or_none()
    return shape(OidcClient).made_of(row) if row else None


@lru_cache
def _find() -> Any:
    return select(*shape(OidcClient).columns).where(_IS_MEANT)


def addresses() -> list[str]:
    """Where servers before the console are answered: any of them may be behind its button."""
    found = select(OidcClient).where(
        OidcClient.disabled_at.is_(None), OidcClient.kind != ClientKind.PUBLIC
    )
    clients = db.session.execute(found.order_by(OidcClient.id)).scalars()
    return [uri for client in clients for uri in client.redirect_uris]


def answers_at(client: OidcClient, uri: str) -> bool:
    """Whether a request of this client may be answered there: the same text, nothing cleverer.

    A command line listens on a loopback port that nobody knows beforehand (RFC 8252, 7.3); only
    the port may differ, and only for public clients.
    """
    if uri in client.redirect_uris:
        return True
    if client.kind != ClientKind.PUBLIC:
        return False
    return _without_port(uri) in {
        bare for known in client.redirect_uris if (bare := _without_port(known))
    } - {None}


def _without_port(uri: str) -> str | None:
    """A loopback address without its port, letter by letter; None for any other.

    No parser reads it: those drop line breaks and blanks, which the answer would still hold.
    """
    found = _LOOPBACK.match(uri)
    return found[1] + uri[found.end() :] if found else None


def new_secret(client: OidcClient, *, overlap: timedelta = timedelta(days=1)) -> str:
    """A new secret, told this once; the former one stays good for `overlap`.

    Raises:
        BadClient: a public client has no secret.
    """
    if client.kind == ClientKind.PUBLIC:
        raise BadClient(f"{client.id} is a public client: it has no secret")
    secret = secrets.token_urlsafe(32)
    db.session.execute(
        update(OidcSecret)
        .where(
            OidcSecret.client_id == client.id,
            or_(OidcSecret.ends_at.is_(None), OidcSecret.ends_at > now() + overlap),
        )
        .values(ends_at=now() + overlap)
    )
    db.session.add(OidcSecret(client_id=client.id, secret_hash=_hash(secret)))
    db.session.flush()
    return secret


def authenticate(client_id: str, secret: str | None) -> OidcClient:
    """The client that calls the token endpoint.

    A secret is 256 random bits, so its hash needs no salt and can be looked up.

    Raises:
        NotAuthenticated: unknown, disabled, a wrong secret, or one where there is none.
    """
    if not _NAME.fullmatch(client_id):
        raise NotAuthenticated
    asked = {"id": client_id, "secret": _hash(secret or ""), "at": now()}
    found = db.session.execute(_FIND_WITH_SECRET, asked).first()
    if found is None:
        raise NotAuthenticated
    client: OidcClient = found[0]
    if secret if client.kind == ClientKind.PUBLIC else found[1] is None:
        raise NotAuthenticated
    return client


def disable(client: OidcClient) -> None:
    """Nobody signs in through it from now on; what it holds dies with its next use."""
    client.disabled_at = now()
    db.session.flush()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
