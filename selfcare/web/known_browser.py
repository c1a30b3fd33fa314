"""The cookie by which a browser somebody signed in with is known again (AUTH-6, ADR 7)."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from selfcare import config
from selfcare.models import Account
from selfcare.services.accounts.sign_ins import Browser
from selfcare.signing import SIGNED_WITH

_ONE_YEAR = 365 * 86_400


def present() -> Browser:
    """The origin of this request, with the login that signed in here before, if any."""
    known = ""
    if cookie := request.cookies.get(_name()):
        try:
            known = _serializer().loads(cookie, max_age=_ONE_YEAR)
        except BadSignature:
            known = ""
    return Browser(
        ip=request.remote_addr or "", user_agent=request.user_agent.string, known_to=str(known)
    )


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
