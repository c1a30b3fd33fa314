"""A client sends somebody here to sign out (OpenID Connect RP-Initiated Logout 1.0, CONSOLE-9)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare.blueprints.oauth.posted import again_by_get
from selfcare.database import writes
from selfcare.extensions import csrf
from selfcare.services.oidc import ending
from selfcare.services.oidc.ending import Ending
from selfcare.web import headers, rendering
from selfcare.web.access import current_sign_in, public, sign_out

bp = Blueprint("oauth_ending", __name__)


@bp.route("/oauth/logout", methods=["GET", "POST"])
@public("who is signed in is asked, unless their own client proves that it asks")
@writes
def end() -> ResponseReturnValue:
    """Sign out of the portal, too; asked first, unless the client knows this very sign-in."""
    if again := again_by_get():
        return again
    wanted = ending.check(request.args)
    if not current_user.is_authenticated:
        return _gone(wanted)
    if wanted.is_of(current_sign_in()):
        return sign_out(to=wanted.back_to or url_for(".done"))
    if wanted.back_to:
        headers.allow_forms_to(wanted.back_to)
    return rendering.page("oauth/sign_out.html", asked=request.args, back_to=wanted.back_to)


csrf.exempt(end)  # another site's form: it is only asked again


@bp.post("/oauth/logout/confirmed")
@public("who is signed out already gets the same answer")
def confirmed() -> ResponseReturnValue:
    """Yes, out of the portal."""
    wanted = ending.check(request.form)
    if not current_user.is_authenticated:
        return _gone(wanted)
    return sign_out(to=wanted.back_to or url_for(".done"))


@bp.get("/oauth/logout/done")
@public("it says that one is signed out")
def done() -> ResponseReturnValue:
    """Signed out, with nowhere to go back to."""
    return rendering.page("oauth/signed_out.html")


def _gone(wanted: Ending) -> ResponseReturnValue:
    return redirect(wanted.back_to or url_for(".done"), code=303)
