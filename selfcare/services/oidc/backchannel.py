"""Telling clients that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0, CONSOLE-9).

`end` is all that others call. What a client was given is void at once; that it is told is a wish,
so that a client that is away for a while is told when it is back.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, select, update

from selfcare.background import claims
from selfcare.background.jobs import job
from selfcare.database import db
from selfcare.models import Account, OidcClient, OidcGrant, OidcLogout, SignIn, now
from selfcare.services.oidc import keys

log = structlog.get_logger(__name__)

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_GOOD_FOR = timedelta(minutes=2)
_WITHIN = 5
"""Seconds a client may take to answer."""


class NotTold(Exception):
    """The client did not take it this time."""

    is_expected = True


def end(*conditions: ColumnElement[bool]) -> None:
    """End these grants; each client that held some of a sign-in is told of it once."""
    ended = db.session.execute(
        update(OidcGrant)
        .where(OidcGrant.ended_at.is_(None), *conditions)
        .values(ended_at=now())
        .returning(OidcGrant.client_id, OidcGrant.sign_in_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ended:
        return
    listening = select(OidcClient.id).where(
        OidcClient.backchannel_uri.is_not(None), OidcClient.id.in_({row[0] for row in ended})
    )
    told = set(db.session.execute(listening).scalars())
    for client_id, sign_in_id in sorted({(row[0], row[1]) for row in ended}):
        if client_id not in told:
            continue
        wish = OidcLogout(client_id=client_id, sign_in_id=sign_in_id)
        db.session.add(wish)
        db.session.flush()
        tell.after_commit(wish.id, first=True)


@job(queue="sweeps")
def end_expired() -> None:
    """A sign-in that ran out has ended, too: its clients are told."""
    theirs = select(SignIn.id).where(SignIn.id == OidcGrant.sign_in_id)
    end(theirs.where(SignIn.expires_at < now(), SignIn.ended_at.is_(None)).exists())


@job(queue="iam", timeout=60)
def tell(logout_id: int) -> None:
    """Send a logout token, with a name of its own each time.

    A client that takes one and whose answer is lost would take the same name for a replay, and
    refuse it ever after (mod_auth_openidc does); to sign somebody out twice does no harm.
    """
    mine = claims.claim(OidcLogout, logout_id)
    if mine is None:
        return
    with mine:
        wish = mine.seen()
        client = db.session.get_one(OidcClient, wish.client_id)
        if not client.disabled_at and client.backchannel_uri:
            wish = mine.held()
            wish.jti = secrets.token_hex(16)
            token, address = _token(wish), client.backchannel_uri
            db.session.commit()  # nothing stays locked while the client takes its time
            try:
                _send(token, address)
            except (OSError, NotTold) as problem:  # an OSError is whatever `requests` raises
                claims.postpone(mine.held(), str(problem))
                db.session.commit()
                log.warning("logout_not_told", logout=logout_id, client=client.id)
                raise
        claims.settle(mine.held())


def _send(token: str, address: str) -> None:
    import requests  # noqa: PLC0415 (a worker's business: the web process loads none of it)

    answer = requests.post(
        address, data={"logout_token": token}, timeout=_WITHIN, allow_redirects=False
    )
    if answer.status_code not in {200, 204}:
        raise NotTold(f"{address} answers {answer.status_code}")


def _token(wish: OidcLogout) -> str:
    """The claims of the standard: `sid` and `sub`, an event, a short life, never a `nonce`."""
    sid, subject = db.session.execute(
        select(SignIn.sid, Account.subject)
        .join(Account, Account.id == SignIn.account_id)
        .where(SignIn.id == wish.sign_in_id)
    ).one()
    issued = int(now().timestamp())
    return keys.sign(
        {
            "iss": keys.issuer(),
            "aud": wish.client_id,
            "sub": subject,
            "sid": sid,
            "iat": issued,
            "exp": issued + int(TOKEN_GOOD_FOR.total_seconds()),
            "jti": wish.jti,
            "events": {EVENT: {}},
        },
        typ="logout+jwt",
    )
