"""Error pages: what happened in the reader's language, what to do, and the request's id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DisconnectionError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from selfcare import logs
from selfcare.config import Settings
from selfcare.database import RowGone, db
from selfcare.extensions import login_manager
from selfcare.language.staff_wording import STAFF_ROLE
from selfcare.language.templates import render
from selfcare.rights import STAFF_RULES, StaffRole
from selfcare.services.documents import StoreAway
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.services.users import places
from selfcare.web import headers as web_headers
from selfcare.web import resuming
from selfcare.web.access import ProfileMissing, RoleMissing
from selfcare.web.addresses import safe_next

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

_DATABASE_AWAY = (
    OperationalError,
    InterfaceError,
    DisconnectionError,
    PendingRollbackError,
    PoolTimeout,
)
_FROM_THE_DATABASE = ("visit", "place", "section", "chrome_key", "menu_contracts")
"""Names in `g` of data read from there; an error page shows none of it."""

_LAST_WORDS = """<!DOCTYPE html>
<html lang="fr"><meta charset="utf-8"><title>Erreur – Error</title>
<h1>Une erreur est survenue de notre côté</h1>
<p>Réessayez dans un instant. <span lang="en">Something went wrong on our side; try again in a
moment.</span></p></html>
"""

PAGES = {400, 403, 404, 405, 413, 429, 500, 503}
PASSING = {429, 500, 503}
"""What may be gone the next time: its page leads to the same address again."""


def init_app(app: Flask, settings: Settings) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(ProfileMissing, _missing)
    app.register_error_handler(RoleMissing, _role_missing)
    app.register_error_handler(TooManyAttempts, _too_many)
    app.register_error_handler(RowGone, _gone)
    app.register_error_handler(HTTPException, _http)
    for problem in _DATABASE_AWAY:
        app.register_error_handler(problem, _database)
    app.register_error_handler(StoreAway, _documents)
    app.register_error_handler(InternalServerError, _failure)
    app.wsgi_app = LastResort(app, settings)  # type: ignore[method-assign]


class LastResort:
    """Answers for an application that could not even make its error page.

    Without it the web server would: a bare page, without headers of ours.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app, self.inner = app, app.wsgi_app
        headers = web_headers.HEADERS | web_headers.transport_headers(settings)
        self.headers = [
            *headers.items(),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Retry-After", "30"),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer, or ours where it has none."""
        inner: WSGIApplication = self.inner
        try:
            return inner(environ, start_response)
        except Exception as problem:
            if self.app.testing and self.app.config["PROPAGATE_EXCEPTIONS"] is not False:
                raise
            log.exception("no_error_page", problem=type(problem).__name__)
            start_response("500 Internal Server Error", list(self.headers))
            return [_LAST_WORDS.encode()]


def _page(code: int, **context: Any) -> str:
    is_asked_for = code in PASSING and request.method == "GET"
    again = safe_next(request.full_path.rstrip("?")) if is_asked_for else ""
    return render(f"errors/{code}.html", request_id=g.get("request_id"), again=again, **context)


def _answer(code: int, **context: Any) -> ResponseReturnValue:
    g.pop("section", None)
    name = code if code in PAGES else 400 if code < 500 else 500
    return _page(name, **context), code


def _csrf(_problem: CSRFError) -> ResponseReturnValue:
    """Nothing was done. Who signed in or out in another tab meanwhile is where they want to be."""
    if request.form.get("csrf_token"):
        if request.endpoint == "auth.login" and current_user.is_authenticated:
            return redirect(safe_next(request.args.get("next")), code=303)
        if request.endpoint == "auth.logout" and not current_user.is_authenticated:
            return redirect(url_for("auth.login"), code=303)
        if (page := resuming.again()) is not None:
            return page
        if (answer := resuming.lead_back()) is not None:
            return answer
    return _answer(400, csrf=True)


def _missing(problem: ProfileMissing) -> ResponseReturnValue:
    """Says which profile is missing and who can give it."""
    referent = places.referent_of(problem.contract)
    return _answer(
        403,
        rule=problem.rule,
        ability=problem.ability,
        contract=problem.contract,
        referent=referent,
    )


def _gone(_problem: RowGone) -> ResponseReturnValue:
    """As for what is not there: it was deleted while this request was on its way."""
    _forget()
    g.pop("_login_user", None)  # read anew, with what is there now
    return _answer(404)


def _role_missing(problem: RoleMissing) -> ResponseReturnValue:
    """Says which role of staff has it."""
    roles = [STAFF_ROLE[role] for role in StaffRole if role in STAFF_RULES[problem.ability]]
    return _answer(403, staff_roles=roles)


def _too_many(wait: TooManyAttempts) -> ResponseReturnValue:
    """Nothing is committed after it; a rollback here would take the header's rows away."""
    return (
        _page(429, wait=wait),
        429,
        {"Retry-After": str(wait.seconds)},
    )


def _http(problem: HTTPException) -> ResponseReturnValue:
    if problem.response is not None or problem.code is None or problem.code < 400:
        return problem
    answer = make_response(_answer(problem.code, problem=problem))
    answer.headers.extend(  # Allow, Retry-After…
        {name: value for name, value in problem.get_headers() if name != "Content-Type"}
    )
    return answer


def _database(problem: Exception) -> ResponseReturnValue:
    """The database is away or too busy: nothing was saved, and the reader may try again."""
    cause = getattr(problem, "orig", None) or problem
    log.error("database_unavailable", problem=str(cause), path=logs.path())
    return _plain(503)


def _documents(_problem: StoreAway) -> ResponseReturnValue:
    """The document store is away: the rest of the portal works, and the document is not lost."""
    g.pop("section", None)
    return (
        _page(503, documents=True),
        503,
        {"Retry-After": "30"},
    )


def _failure(problem: InternalServerError) -> ResponseReturnValue:
    """Something of ours failed; also where the database went away under another error's page."""
    cause = problem.original_exception
    return _database(cause) if isinstance(cause, _DATABASE_AWAY) else _plain(500)


def _plain(code: int) -> ResponseReturnValue:
    """A page that needs nothing that may have failed: its header and menu are the signed-out ones.

    No database, no Redis; what was read before is let go, since reading it again would need them.
    """
    _forget()
    g._login_user = login_manager.anonymous_user()
    return (
        _page(code, plain=True),
        code,
        {"Retry-After": "30"} if code == 503 else {},
    )


def _forget() -> None:
    """Let go of what this request has read."""
    db.discard()
    for name in _FROM_THE_DATABASE:
        g.pop(name, None)
