"""The form token: one per session, so that pages keep their ETag."""

from __future__ import annotations

import secrets
from functools import lru_cache

from flask import current_app, g, session
from itsdangerous import TimestampSigner, URLSafeTimedSerializer


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
    signer = URLSafeTimedSerializer(secret_key, salt="wtf-csrf-token", signer=_Undated)
    return str(signer.dumps(raw))
