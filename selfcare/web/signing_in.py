"""The way to the sign-in page for people who are not signed in (AUTH-1, AUTH-7)."""

from __future__ import annotations

from flask import Flask, g, request, url_for
from werkzeug.wrappers import Response

from selfcare.database import only_reads
from selfcare.extensions import login_manager
from selfcare.models import SignIn, Visit
from selfcare.services import presence
from selfcare.services.accounts import sign_ins
from selfcare.services.presence import Presence
from selfcare.services.staff import visits
from selfcare.web import realms, resuming
from selfcare.web.addresses import RowId, page_of_form, refuse_nul
from selfcare.web.realms import Realm


def init_app(app: Flask) -> None:
    """Bind Flask-Login to the `sign_ins` rows; know what a number in an address may be."""
    app.url_map.converters["int"] = RowId
    login_manager.init_app(app)
    login_manager.session_protection = None  # text browsers' addresses and agents change
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(refuse_nul)


def _load(token: str) -> Presence | SignIn | Visit | None:
    """Whoever the cookie of the request's realm stands for; staff only below `/staff`."""
    realm = realms.present()
    if realm is Realm.VISIT:
        return visits.load(token) if realms.is_open() else None
    found = _staff(token) if realm is Realm.STAFF else _customer(token)
    if found is not None:
        g.account_id = found.account_id  # for the log, which asks no database
    return found


def _customer(token: str) -> Presence | None:
    """The sign-in behind a cookie; where on the portal it is comes with it."""
    ref = (request.view_args or {}).get("ref")
    if ref and "\0" in ref:  # no contract's; the page is on its way to 404
        ref = None
    found = presence.of(token, ref=ref, with_menu="HX-Request" not in request.headers)
    if found is None or found.is_staff:
        return None
    if not only_reads():
        found.load()
    return found


def _staff(token: str) -> SignIn | None:
    sign_in = sign_ins.load(token)
    return sign_in if sign_in and sign_in.account.is_staff else None


def _ask_to_sign_in() -> Response:
    """Redirect to the sign-in page, and back afterwards."""
    if kept := resuming.keep():
        asked = kept
    elif request.method == "GET" and "HX-Request" not in request.headers:
        asked = request.full_path.rstrip("?")
    else:
        asked = page_of_form()
    target = asked if asked != url_for("home.index") else ""
    door = "staff.login" if realms.present() is Realm.STAFF else "auth.login"
    return resuming.lead(url_for(door, next=target or None))
