"""The way to the sign-in page for people who are not signed in (AUTH-1, AUTH-7)."""

from __future__ import annotations

from flask import Flask, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from selfcare.extensions import login_manager
from selfcare.models import SignIn
from selfcare.services import presence
from selfcare.web import resuming
from selfcare.web.access import current_account
from selfcare.web.addresses import RowId, local_part, refuse_nul


def init_app(app: Flask) -> None:
    """Bind Flask-Login to the `sign_ins` rows; know what a number in an address may be."""
    app.url_map.converters["int"] = RowId
    login_manager.init_app(app)
    login_manager.session_protection = None  # text browsers' addresses and agents change
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(refuse_nul)
    app.before_request(_staff_use_two_factors)


def _load(token: str) -> SignIn | None:
    """The sign-in behind a cookie; where on the portal it is comes with it."""
    ref = (request.view_args or {}).get("ref")
    found = presence.of(token, ref=ref, with_menu="HX-Request" not in request.headers)
    if found is None:
        return None
    g.account_id = found.sign_in.account_id  # for the log, which asks no database
    g.presence = found
    return found.sign_in


def _staff_use_two_factors() -> Response | None:
    """Staff signed in with a password alone get no further than setting up a code (AUTH-7)."""
    if request.blueprint in {None, "two_factor", "health", "site"}:
        return None
    if request.endpoint in {"auth.logout", "account.language"}:
        return None
    if not current_user.is_authenticated or current_user.two_factor:
        return None
    return redirect(url_for("two_factor.index"), code=303) if current_account().is_staff else None


def _ask_to_sign_in() -> Response:
    """Redirect to the sign-in page, and back afterwards.

    htmx requests get an `HX-Redirect`, since a fragment cannot show the sign-in page.
    """
    in_part = bool(request.headers.get("HX-Request"))
    if kept := resuming.keep():
        asked = f"{request.path}?kept={kept}"
    elif in_part:
        asked = local_part(request.headers.get("HX-Current-URL"))
    elif request.method == "GET":
        asked = request.full_path.rstrip("?")
    else:
        asked = _page_of_form()
    target = asked if asked != url_for("home.index") else ""
    address = url_for("auth.login", next=target or None)
    return (
        Response(status=204, headers={"HX-Redirect": address})
        if in_part
        else redirect(address, code=303)
    )


def _page_of_form() -> str:
    """Where a form that was sent stands: its own address, if that is a page, else its referrer."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.path
    return local_part(request.referrer)
