"""The cookie by which a browser somebody signed in with is known again (AUTH-6, ADR 7)."""

from __future__ import annotations

from flask import Flask, request
from flask import Response as FlaskResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from selfcare import config
from selfcare.models import Account
from selfcare.services.safety import browsers
from selfcare.services.safety.browsers import Browser
from selfcare.signing import SIGNED_WITH

_ONE_YEAR = 365 * 86_400


def init_app(app: Flask) -> None:
    """Know each request's browser; the cookie comes with the pages of signing in alone."""

    @app.before_request
    def bind() -> None:
        ip, user_agent = (request.remote_addr or "")[:45], request.user_agent.string
        browsers.bind(Browser(ip=ip, user_agent=user_agent, known_to=_known_to()))


def _known_to() -> str:
    """The login that signed in here before, if any."""
    cookie = request.cookies.get(_name())
    if not cookie:
        return ""
    try:
        return str(_serializer().loads(cookie, max_age=_ONE_YEAR))
    except BadSignature:
        return ""


def remember(answer: Response | FlaskResponse, account: Account) -> None:
    """This browser is known to be the account's from now on."""
    answer.set_cookie(
        _name(),
        _serializer().dumps(account.login.lower()),
        max_age=_ONE_YEAR,
        path="/login",
        secure=config.current().secure,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return "__Secure-known" if config.current().secure else "known"


def _serializer() -> URLSafeTimedSerializer:
    settings = config.current()
    keys = [key for key in (settings.secret_key_previous, settings.secret_key) if key]
    return URLSafeTimedSerializer(keys, salt="known-browser", signer_kwargs=SIGNED_WITH)
