"""Pages everybody may read: accessibility statement, legal notice, help before signing in."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare.web import rendering
from selfcare.web.access import public

bp = Blueprint("site", __name__)


@bp.get("/accessibility")
@public("the law wants it readable by everybody")
def accessibility() -> ResponseReturnValue:
    """Accessibility statement (RGAA)."""
    return rendering.page("site/accessibility.html")


@bp.get("/legal")
@public("the law wants it readable by everybody")
def legal() -> ResponseReturnValue:
    """Legal notice, where the operator has no page of their own."""
    return rendering.page("site/legal.html")


@bp.get("/favicon.ico")
@public("browsers ask for it on their own, beside a PDF for one")
def favicon() -> ResponseReturnValue:
    """The logo, wherever this version of the portal keeps it."""
    answer = redirect(current_app.extensions["assets"]["logo.svg"], code=302)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@bp.get("/.well-known/change-password")
@public("password managers ask for it")
def change_password() -> ResponseReturnValue:
    """Where a password is changed (W3C, a well-known URL)."""
    return redirect(url_for("profile.password"), code=302)
