"""Keys that sign ID tokens: made, shown before they sign, kept a while after (CONSOLE-5)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select

from selfcare import config
from selfcare.database import db
from selfcare.models import OidcKey, now
from selfcare.services.safety import sealing

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ALGORITHMS = ["RS256"]
PURPOSE = "oidc-key"
SHOWN_BEFORE = timedelta(hours=1)
"""Time a new key is published before it signs, since clients fetch keys rarely."""
SHOWN_AFTER = timedelta(days=1)
"""Time the former key stays published after its last signature."""

_SIGNING = (
    select(OidcKey.kid, OidcKey.sealed)
    .where(OidcKey.signs_from <= bindparam("at"))
    .order_by(OidcKey.signs_from.desc())
    .limit(1)
)


class NoKey(Exception):
    """No key signs: `flask oidc rotate-key` makes the first one."""


class NotOurs(Exception):
    """A token that this portal did not sign, or not for this."""


def rotate() -> OidcKey:
    """Make a key. The first signs at once; a later one is shown for an hour before it does."""
    from joserfc.jwk import RSAKey  # noqa: PLC0415 (heavy)

    present = now()
    newest = db.session.execute(select(OidcKey).order_by(OidcKey.signs_from.desc())).scalars().all()
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True)
    kid = secrets.token_hex(8)
    starts = present + SHOWN_BEFORE if newest else present
    for former in newest:
        former.shown_until = former.shown_until or starts + SHOWN_AFTER
    made = OidcKey(
        kid=kid,
        sealed=sealing.seal(key.as_pem(private=True).decode(), purpose=PURPOSE),
        public=key.as_dict(private=False) | {"kid": kid},
        signs_from=starts,
    )
    db.session.add(made)
    db.session.flush()
    return made


def public() -> list[dict[str, Any]]:
    """The keys clients may meet, as JWKs: those that sign, will sign, or signed lately."""
    shown = select(OidcKey.public).where(
        or_(OidcKey.shown_until.is_(None), OidcKey.shown_until > now())
    )
    return list(db.session.execute(shown).scalars())


def sign(claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
    """A signed token.

    Raises:
        NoKey: none was made yet.
    """
    from joserfc import jwt  # noqa: PLC0415 (heavy)

    signing = db.session.execute(_SIGNING, {"at": now()}).first()
    if signing is None:
        raise NoKey
    header = {"alg": "RS256", "kid": signing.kid, "typ": typ}
    return jwt.encode(header, dict(claims), _private(*signing), algorithms=ALGORITHMS)


def read(token: str, *, typ: str = "JWT") -> dict[str, Any]:
    """The claims of a token this portal signed as `issuer()`, however old.

    Raises:
        NotOurs: another key, another algorithm, another issuer, another kind, or not a token.
    """
    from joserfc import jwt  # noqa: PLC0415 (heavy)
    from joserfc.errors import JoseError  # noqa: PLC0415 (heavy)
    from joserfc.jwk import KeySet, RSAKey  # noqa: PLC0415 (heavy)

    keys = public()
    if not keys:
        raise NotOurs
    try:
        known = KeySet([RSAKey.import_key(key) for key in keys])
        read = jwt.decode(token, known, algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotOurs from None
    claims = read.claims
    if claims.get("iss") != issuer() or read.header.get("typ") != typ:
        raise NotOurs
    return dict(claims)


def issuer() -> str:
    """The provider's name in tokens and answers: the portal's address."""
    return config.current().portal_url.rstrip("/")


@lru_cache(maxsize=8)
def _private(kid: str, sealed: str) -> RSAKey:
    """The private key; unsealing and reading it takes longer than signing."""
    from joserfc.jwk import RSAKey  # noqa: PLC0415 (heavy)

    return RSAKey.import_key(sealing.unseal(sealed, purpose=PURPOSE), {"kid": kid})
