"""Sign-ins: the row behind each session cookie (AUTH-1, AUTH-7)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.orm import contains_eager

from selfcare import config
from selfcare.database import db
from selfcare.models import Account, OidcGrant, SignIn, now
from selfcare.services.console import access as console_access
from selfcare.services.oidc import backchannel
from selfcare.services.safety.browsers import Browser

_FRESH = timedelta(minutes=10)
"""How stale `last_seen_at` may be; saves a write on nearly every page."""

IS_OPEN = and_(
    SignIn.token_hash == bindparam("hash"),
    SignIn.ended_at.is_(None),
    SignIn.expires_at > bindparam("at"),
    SignIn.awaits_code == bindparam("awaits_code"),
    Account.disabled_at.is_(None),
)
"""Whether a sign-in, joined with its account, is the one that is asked for (see `asked`)."""

_LOAD = select(SignIn).join(SignIn.account).options(contains_eager(SignIn.account)).where(IS_OPEN)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _lifetime(account: Account) -> tuple[timedelta, timedelta]:
    """How long a sign-in lasts without a page, and at most (AUTH-7; of staff: STAFF-5)."""
    settings = config.current()
    if account.is_staff:
        idle = timedelta(minutes=settings.staff_idle_minutes)
        return idle, timedelta(hours=settings.staff_session_hours)
    return timedelta(hours=settings.session_hours), timedelta(days=settings.session_max_days)


CODE_WITHIN = timedelta(minutes=10)
"""How long after the password the second factor may come."""


def begin(
    account: Account,
    *,
    browser: Browser,
    awaits_code: bool = False,
    two_factor: bool = False,
) -> SignIn:
    """A new sign-in with its token, which only the cookie will know.

    Args:
        account: who signs in.
        browser: where from.
        awaits_code: the second factor is still to come, no page opens yet.
        two_factor: it was made with more than a password.
    """
    token = secrets.token_urlsafe(32)
    sign_in = SignIn(
        account=account,
        token_hash=_hash(token),
        ip=browser.ip,
        user_agent=browser.user_agent[:255],
        expires_at=now() + (CODE_WITHIN if awaits_code else _lifetime(account)[0]),
        awaits_code=awaits_code,
        two_factor=two_factor,
    )
    sign_in.token = token
    db.session.add(sign_in)
    db.session.flush()
    return sign_in


def load(token: str) -> SignIn | None:
    """The sign-in a cookie stands for, unless it was ended or has expired; prolongs it."""
    sign_in = _find(token)
    if sign_in and is_stale(sign_in.last_seen_at):
        prolong(sign_in)
    return sign_in


def awaiting(token: str) -> SignIn | None:
    """The sign-in whose second factor is still to come."""
    return _find(token, awaits_code=True)


def whose(token: str) -> int | None:
    """The account a session was of, ended or not; None for one that never opened a page."""
    return db.session.execute(
        select(SignIn.account_id).where(SignIn.token_hash == _hash(token), ~SignIn.awaits_code)
    ).scalar_one_or_none()


class Fate(StrEnum):
    """How a sign-in came to its end."""

    IDLE = "idle"
    TOO_OLD = "too_old"
    ENDED = "ended"


def fate(token: str) -> Fate | None:
    """What became of the sign-in of a cookie; None where it never was, or is still open."""
    statement = select(SignIn).where(SignIn.token_hash == _hash(token), ~SignIn.awaits_code)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        return None
    if found.ended_at is not None:
        return Fate.ENDED
    if found.expires_at > now():
        return None
    _, at_most = _lifetime(found.account)
    return Fate.TOO_OLD if found.expires_at >= found.created_at + at_most else Fate.IDLE


def complete(sign_in: SignIn) -> SignIn:
    """The second factor was right: the sign-in opens, under a token of its own."""
    sign_in.ended_at = now()
    return begin(
        sign_in.account,
        browser=Browser(ip=sign_in.ip, user_agent=sign_in.user_agent),
        two_factor=True,
    )


def open_ones(account: Account) -> list[SignIn]:
    """The account's present sign-ins, the latest used first (« Mes sessions »)."""
    statement = (
        select(SignIn)
        .where(
            SignIn.account_id == account.id,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now(),
            ~SignIn.awaits_code,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
        .limit(100)
    )
    return list(db.session.execute(statement).scalars())


def asked(token: str, *, awaits_code: bool = False) -> dict[str, Any]:
    """What `IS_OPEN` asks, for the sign-in of a cookie."""
    return {"hash": _hash(token), "at": now(), "awaits_code": awaits_code}


def _find(token: str, *, awaits_code: bool = False) -> SignIn | None:
    return db.session.execute(_LOAD, asked(token, awaits_code=awaits_code)).scalar_one_or_none()


def is_stale(last_seen_at: datetime) -> bool:
    """Whether a sign-in last seen then is to be prolonged."""
    return now() - last_seen_at > _FRESH


def prolong(sign_in: SignIn) -> None:
    """Somebody uses it: it lasts longer, within its bounds."""
    present = now()
    sign_in.last_seen_at = present
    idle, at_most = _lifetime(sign_in.account)
    sign_in.expires_at = min(present + idle, sign_in.created_at + at_most)
    db.session.flush()


def end(sign_in: SignIn) -> None:
    """End one sign-in: its browser is signed out on its next request, its clients are told."""
    sign_in.ended_at = now()
    backchannel.end(OidcGrant.sign_in_id == sign_in.id)
    db.session.flush()


def end_all(account: Account, *, but: SignIn | None = None, in_console: bool = False) -> None:
    """End every sign-in of an account, or every other one.

    Args:
        account: whose sign-ins.
        but: the one that goes on.
        in_console: whether the tokens of their console accounts end, too (CONSOLE-9); whatever
            makes former sign-ins doubtful makes these doubtful as well.
    """
    db.session.execute(
        update(SignIn)
        .where(
            SignIn.account_id == account.id,
            SignIn.ended_at.is_(None),
            SignIn.id != (but.id if but else None),
        )
        .values(ended_at=now())
    )
    backchannel.end(
        OidcGrant.account_id == account.id, OidcGrant.sign_in_id != (but.id if but else None)
    )
    if in_console:
        console_access.end_tokens(account)
