"""Pages everybody may read: accessibility statement, legal notice, help before signing in."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.models import now
from selfcare.web import rendering, themes
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


@bp.post("/theme")
@public("the colours of pages before signing in, too")
def theme() -> ResponseReturnValue:
    """Light, dark, or as the device says, in this browser."""
    return themes.choose(request.form.get("theme", ""))


@bp.get("/favicon.ico")
@public("browsers ask for it on their own, beside a PDF for one")
def favicon() -> ResponseReturnValue:
    """The logo, wherever this version of the portal keeps it."""
    answer = redirect(current_app.extensions["assets"]["logo.svg"], code=302)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@bp.get("/robots.txt")
@public("search engines ask for it")
def robots() -> ResponseReturnValue:
    """Nothing here is for search engines: every page is somebody's own, or leads to one."""
    return _text("User-agent: *\nDisallow: /\n")


@bp.get("/.well-known/security.txt")
@public("whoever has found a weakness looks here")
def security() -> ResponseReturnValue:
    """Who to tell of a weakness (RFC 9116), where `SECURITY_CONTACT` says so."""
    settings = config.current()
    if not settings.security_contact:
        abort(404)
    here = settings.portal_url.rstrip("/") + url_for(".security")
    lines = [
        *(f"Contact: {contact}" for contact in settings.security_contacts),
        f"Expires: {now() + timedelta(days=180):%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: fr, en",
        f"Canonical: {here}",
    ]
    if settings.security_policy_url:
        lines.append(f"Policy: {settings.security_policy_url}")
    return _text("\n".join(lines) + "\n")


def _text(content: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@bp.get("/.well-known/change-password")
@public("password managers ask for it")
def change_password() -> ResponseReturnValue:
    """Where a password is changed (W3C, a well-known URL)."""
    return redirect(url_for("profile.password"), code=302)
