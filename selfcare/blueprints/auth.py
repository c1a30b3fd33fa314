"""Signing in and out (§3.2, figure 6)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from selfcare import rendering
from selfcare.access import public, safe_next, settings, signed_in
from selfcare.database import db
from selfcare.forms.auth import SignInForm
from selfcare.models import SignIn
from selfcare.services import accounts, sessions
from selfcare.services.accounts import Browser, WrongCredentials
from selfcare.services.throttling import TooManyAttempts

bp = Blueprint("auth", __name__)

KNOWN_BROWSER = "known"
_ONE_YEAR = 365 * 86_400


@bp.route("/login", methods=["GET", "POST"])
@public("the way in")
def login() -> ResponseReturnValue:
    """Check login and password, then lead to the page first asked for (AUTH-1)."""
    target = safe_next(request.args.get("next"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(target, code=303)
    form = SignInForm()
    if not form.validate_on_submit():
        return rendering.page("auth/login.html", form=form), 422 if form.errors else 200
    try:
        sign_in = accounts.sign_in(
            form.login.data or "", form.password.data or "", browser=_browser(), settings=settings()
        )
    except WrongCredentials:
        db.session.commit()
        return rendering.page("auth/login.html", form=form, refused=True), 422
    except TooManyAttempts as wait:
        db.session.rollback()
        headers = {"Retry-After": str(wait.seconds)}
        return rendering.page("auth/login.html", form=form, wait=wait), 429, headers
    db.session.commit()
    session.clear()
    login_user(sign_in)
    answer = redirect(target, code=303)
    answer.set_cookie(
        KNOWN_BROWSER,
        _serializer().dumps(sign_in.account.login.lower()),
        max_age=_ONE_YEAR,
        path="/login",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


@bp.post("/logout")
@signed_in
def logout() -> ResponseReturnValue:
    """End this sign-in for good: a copy of its cookie is worth nothing afterwards."""
    me: SignIn = current_user
    sessions.end(me)
    db.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"), code=303)


@bp.get("/password/forgot")
@public("asked by people who cannot sign in")
def forgotten_password() -> ResponseReturnValue:
    """Who gives a password back."""
    return rendering.page("auth/forgotten.html", heading=_("Forgotten password"))


@bp.get("/login/forgot")
@public("asked by people who cannot sign in")
def forgotten_login() -> ResponseReturnValue:
    """Who gives a login back."""
    return rendering.page("auth/forgotten.html", heading=_("Forgotten login"))


def _browser() -> Browser:
    """Where the attempt comes from, with the login that signed in here before, if any."""
    known = ""
    if cookie := request.cookies.get(KNOWN_BROWSER):
        try:
            known = _serializer().loads(cookie, max_age=_ONE_YEAR)
        except BadSignature:
            known = ""
    return Browser(
        ip=request.remote_addr or "", user_agent=request.user_agent.string, known_to=str(known)
    )


def _serializer() -> URLSafeTimedSerializer:
    keys = [key for key in (settings().secret_key_previous, settings().secret_key) if key]
    return URLSafeTimedSerializer(keys, salt="known-browser")
