"""Sealed texts: what has to be kept and read again, but says nothing to whoever copies a table."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app


class SealBroken(Exception):
    """Sealed with another `SECRET_KEY`, for another purpose, or tampered with."""


def seal(text: str, *, purpose: str) -> str:
    """Encrypt a text for one purpose with the portal's secret key."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text again; what the former key sealed is read, too.

    Raises:
        SealBroken: it cannot be read.
    """
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken(purpose) from None


def renew(sealed: str, *, purpose: str) -> str:
    """The same text sealed with the present key, so that the former one can be given up.

    Raises:
        SealBroken: it cannot be read.
    """
    try:
        return _box(purpose).rotate(sealed).decode()
    except InvalidToken:
        raise SealBroken(purpose) from None


def _box(purpose: str) -> MultiFernet:
    config = current_app.config
    keys = [config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"]]
    derived = (hmac.digest(key.encode(), purpose.encode(), hashlib.sha256) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
