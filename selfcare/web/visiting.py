"""The gate of a visit: what its agent may open, and the row that comes before each page (STAFF-2).

Everything is refused that is not a page of the visited contract, and the reason is told.
"""

from __future__ import annotations

from typing import cast

import structlog
from flask import Flask, current_app, g, make_response, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from selfcare.database import SAFE_METHODS
from selfcare.language.templates import render
from selfcare.models import Visit
from selfcare.rights import Ability
from selfcare.services.staff import visits
from selfcare.web import realms
from selfcare.web.realms import Realm

LEAVE = "visiting.leave"
ALSO_OPEN = frozenset({"site.legal", "site.accessibility"})
"""Pages beside the contract's."""
WITHOUT_ROW = frozenset({"health.healthz", "health.readyz", "site.favicon", LEAVE})

OF_CONTRACT = {"home.index": "contract.index", "finding.index": "finding.on_contract"}
"""Pages over all contracts of the person, and the same of the visited one, shown instead."""

OUT_OF_REACH: dict[Ability, str] = {
    Ability.OPEN_CONSOLE: "console",
    Ability.ORDER_SERVICE: "ordering",
    Ability.ADD_USER: "changes",
    Ability.CHANGE_USER: "changes",
    Ability.REMOVE_USER: "changes",
    Ability.SET_CONSOLE_ROLES: "changes",
    Ability.OPEN_DOCUMENT_SPACE: "documents",
}
"""Abilities whose pages stay locked, and the reason (`wording.VISIT_LOCKED`)."""
DOCUMENTS = frozenset(
    f"invoices.{document}" for document in ("pdf", "xml", "pre_invoice", "report", "year")
)
"""Pages that are documents; their abilities have other pages, which open."""


def init_app(app: Flask) -> None:
    """Look at every request of a visit before anything else does."""
    app.before_request(_gate)
    app.after_request(_keep_nothing)


def present() -> Visit | None:
    """The visit this request belongs to, if any."""
    return cast("Visit | None", g.get("visit"))


def locked(endpoint: str, ability: Ability | None) -> str | None:
    """Why a page stays closed to a visit, or None: a code of `wording.VISIT_LOCKED`."""
    if endpoint in ALSO_OPEN:
        return None
    if ability is None:
        return "own"
    return "documents" if endpoint in DOCUMENTS else OUT_OF_REACH.get(ability)


def _gate() -> Response | None:
    if realms.present() is not Realm.VISIT or request.endpoint in WITHOUT_ROW:
        return None
    g.read_only = True
    if not current_user.is_authenticated:
        return _over()
    visit = g.visit = cast("Visit", current_user._get_current_object())
    g.account_id = visit.account_id
    structlog.contextvars.bind_contextvars(visit=visit.id)  # in every line and report from here on
    visits.seen(visit, path=request.path.replace("\0", ""), request_id=g.get("request_id", ""))
    if request.endpoint in OF_CONTRACT:
        page = OF_CONTRACT[request.endpoint]
        address = url_for(page, ref=visit.contract.ref, q=request.args.get("q"))
        return redirect(address, code=303)
    why = _why_not(visit)
    return make_response(render("staff/locked.html", why=why), 403) if why else None


def _why_not(visit: Visit) -> str | None:
    if request.endpoint is None:  # no such page: the answer says so
        return None
    view = current_app.view_functions[request.endpoint]
    if request.method not in SAFE_METHODS:
        return "read_only"
    if (request.view_args or {}).get("ref", visit.contract.ref) != visit.contract.ref:
        return "other_contract"
    if any(name.endswith("format") for name in request.args):
        return "exports"
    why = locked(request.endpoint, getattr(getattr(view, "right", None), "ability", None))
    return why or ("read_only" if getattr(view, "writes", False) else None)


def _over() -> Response:
    """The visit has ended; the customers' own session, if any, is there again afterwards."""
    answer = make_response(render("staff/over.html"), 403)
    session.clear()
    realms.take_visit_back(answer)
    return answer


def _keep_nothing(answer: Response) -> Response:
    """Pages of a visit are kept by nobody, and mixed with no page of the customer's."""
    if present() is not None:
        answer.headers["Cache-Control"] = "no-store"
        answer.headers.pop("ETag", None)
    return answer
