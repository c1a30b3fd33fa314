"""The settings and Flask: which are in force, and how its extensions expect them."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, current_app

from selfcare.config.folders import ROOT
from selfcare.config.settings import Settings

LARGEST_REQUEST = 1_000_000
"""Bytes of a request's body; what is larger is refused unread."""

_KEY = "settings"


def bind(app: Flask, settings: Settings) -> None:
    """These settings are the application's, for code and for templates."""
    app.extensions[_KEY] = app.jinja_env.globals[_KEY] = settings


def current() -> Settings:
    """The settings of the application at work; the one way to them (`config.current()`)."""
    return cast("Settings", current_app.extensions[_KEY])


def flask_config(settings: Settings) -> dict[str, Any]:
    """The values that Flask and its extensions read in `app.config`."""
    portal = urlsplit(settings.portal_url)
    return {
        "SERVER_NAME": portal.netloc,
        "PREFERRED_URL_SCHEME": portal.scheme,
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": [settings.secret_key_previous]
        if settings.secret_key_previous
        else [],
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": 200_000,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # text browsers and old phones send no Referer
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": settings.timezone,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_USE_SSL": settings.mail_use_ssl,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_LEVEL": 5,
        "COMPRESS_MIN_SIZE": 700,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "text/csv"],
        "COMPRESS_STREAMS": False,
        "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,  # `web.headers` does, before it compresses
    }
