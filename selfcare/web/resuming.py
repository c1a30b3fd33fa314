"""A form sent after its session had ended is not lost: sign in, and it is there again (USERS-2).

A view says so with `@resumes()`, below its right; its form is a `ResumableForm`. The form is only
shown again, never sent by us: its owner looks at it and sends it, with a new token. What a view
names as secret (a password asked again) is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import (
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from selfcare.database import db
from selfcare.language import _
from selfcare.language.sign_in_wording import Why
from selfcare.services.accounts import kept_forms, sign_ins
from selfcare.web import csrf, reasons
from selfcare.web.addresses import page_of_form, safe_next

View = TypeVar("View", bound=Callable[..., Any])
NEVER = frozenset({"csrf_token", "step"})


def resumes(*, but: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Keep the entries of this view's form when the session ends, except these fields."""

    def decorate(view: View) -> View:
        @wraps(view)
        def resumed(*args: Any, **kwargs: Any) -> Any:
            if request.method == "GET" and (token := request.args.get("kept")):
                _show(token)
            return view(*args, **kwargs)

        resumed.secret_fields = NEVER | set(but)  # type: ignore[attr-defined]
        return cast("View", resumed)

    return decorate


def shown_again(view: View) -> View:
    """The page of people who are not signed in shows its form anew if its cookie was lost.

    Nothing is done then: the form asks for a right token, too, and finds none.
    """
    view.shown_again = True  # type: ignore[attr-defined]
    return view


def again() -> Response | None:
    """The page of this request with a fresh token and what was typed, where it is such a page."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or not hasattr(view, "shown_again"):
        return None
    answer = make_response(view(**(request.view_args or {})))
    if answer.status_code == 422:
        answer.status_code = 400
    return answer


def keep() -> str | None:
    """Keep the form of this request, whose session has ended; gives the address to show it at.

    Its CSRF token was right, so it was typed into our page by whoever had that session.
    """
    token = session.get("_user_id")
    return _keep(sign_ins.whose(token)) if token else None


def lead_back() -> Response | None:
    """Back to the page of a form from before its reader signed out, or in anew, in another tab.

    Its token is not that of the present session. We made it nevertheless, for a page of one
    account; nobody but that account is shown what came with it. Nothing is done.
    """
    account_id = csrf.made_for(request.form.get("csrf_token", ""))
    is_in = current_user.is_authenticated
    if account_id is None or (is_in and current_user.account_id != account_id):
        return None
    kept = _keep(account_id)
    address = kept or safe_next(page_of_form())
    if is_in:
        if not kept:
            flash(_("Your session had ended: nothing has been done. Send it again."), "bad")
        return lead(address)
    if kept:
        reasons.say(Why.KEPT)
    return lead(url_for("auth.login", next=address))


def _keep(account_id: int | None) -> str | None:
    view = current_app.view_functions.get(request.endpoint or "")
    secret = getattr(view, "secret_fields", None)
    if request.method != "POST" or secret is None or account_id is None:
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in secret]
    token = kept_forms.keep(account_id, request.path, fields)
    db.session.commit()
    return f"{request.path}?kept={token}" if token else None


def lead(address: str) -> Response:
    """Lead the browser to a page; htmx takes the whole page there, not the part it asked for."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return cast("Response", redirect(address, code=303))


def typed() -> MultiDict[str, str] | None:
    """The fields that this page shows again, if it does."""
    return cast("MultiDict[str, str] | None", g.get("typed"))


def _show(token: str) -> None:
    account_id: int = current_user.account_id
    fields = kept_forms.shown(token, account_id=account_id, path=request.path)
    if fields:
        g.typed = MultiDict(fields)
        flash(_("Your session had ended. Your entries have been kept: check them and send them."))
