"""The stand-in console as a client of the portal's OpenID provider."""

from __future__ import annotations

import hashlib
from urllib.parse import urljoin

from sqlalchemy import select

from demo.console.sign_in import CLIENT
from selfcare.database import db
from selfcare.models import ClientKind, OidcClient, OidcKey, OidcSecret
from selfcare.services.oidc import clients, keys


def register(console_url: str, *, secret: str) -> None:
    """Register the stand-in with the provider, at its present address: its port may change."""
    addresses = [urljoin(console_url, "/dashboard/callback")]
    farewells = [urljoin(console_url, "/dashboard/bye")]
    told = urljoin(console_url, "/dashboard/backchannel")
    client = db.session.get(OidcClient, CLIENT)
    if client is None:
        client = clients.add(
            CLIENT,
            name="Console technique (démonstration)",
            kind=ClientKind.CONFIDENTIAL,
            redirect_uris=addresses,
        )
    client.redirect_uris, client.post_logout_uris = addresses, farewells
    client.backchannel_uri = told
    digest = hashlib.sha256(secret.encode()).hexdigest()
    known = select(OidcSecret.id).filter_by(client_id=CLIENT, secret_hash=digest)
    if not db.session.execute(known).first():
        db.session.add(OidcSecret(client_id=CLIENT, secret_hash=digest))
    if not db.session.execute(select(OidcKey.kid)).first():
        keys.rotate()
    db.session.flush()
