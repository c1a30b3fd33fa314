"""The form token: one per session, so that pages keep their ETag; it says whose page it was for."""

from __future__ import annotations

import secrets
from functools import lru_cache

from flask import current_app, g, session
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer


class _Undated(TimestampSigner):
    """Signs without the present time."""

    def get_timestamp(self) -> int:
        return 0


def csrf_token() -> str:
    """The session's form token, for Flask-WTF to check; the same on all its pages.

    Flask-WTF's own changes every second, and with it every page's ETag.
    """
    if "csrf_token" not in g:
        raw = session.setdefault("csrf_token", secrets.token_hex(20))
        g.csrf_token = _signed(raw, current_app.config["SECRET_KEY"])
    token: str = g.csrf_token
    return token


@lru_cache(maxsize=4096)
def _signed(raw: str, secret_key: str) -> str:
    """The same for all pages of a session, so it is signed for the first."""
    return str(_serializer(secret_key).dumps(raw))


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="wtf-csrf-token", signer=_Undated)


def begin(account_id: int) -> None:
    """Give the session that begins a token that says whose pages it is for."""
    session["csrf_token"] = f"{secrets.token_hex(20)}.{account_id}"


def made_for(token: str) -> int | None:
    """The account whose pages a token was made for, in this session or another; None without."""
    try:
        raw = _serializer(current_app.config["SECRET_KEY"]).loads(token)
    except BadData:
        return None
    account_id = str(raw).partition(".")[2]
    return int(account_id) if account_id else None
