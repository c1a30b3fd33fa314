"""Why somebody stands at the sign-in page: one of a closed set, never a text of the address.

What a view knows is kept in the session until the page has said it; that a session ended is told by
its row.
"""

from __future__ import annotations

from flask import request, session
from flask_login import current_user

from selfcare.language.i18n import in_every_language
from selfcare.language.sign_in_wording import Why, sentence
from selfcare.services.accounts import sign_ins
from selfcare.web.addresses import safe_next

_SAID, _LOGIN = "why", "login"


def say(why: Why, *, login: str = "") -> None:
    """The sign-in page says so when it is shown next, with this login filled in."""
    session[_SAID] = why.value
    if login:
        session[_LOGIN] = login


def login() -> str:
    """The login that is known already; kept until somebody has signed in."""
    return str(session.get(_LOGIN, ""))


def told() -> dict[str, str] | None:
    """The sentence for the page that is being shown, by language; None where there is none."""
    why = _found() if request.method == "GET" else None
    if why is None:
        return None
    return in_every_language(lambda: [sentence(why)])[0]


def _found() -> Why | None:
    if said := session.pop(_SAID, None):
        return Why(said)
    token, target = session.get("_user_id"), safe_next(request.args.get("next"))
    if token and not current_user.is_authenticated:
        if "?kept=" in target:
            return Why.KEPT
        if fate := sign_ins.fate(token):
            return Why(fate)
    if "again" in request.args:
        return Why.AGAIN
    if target.startswith("/oauth/"):
        return Why.CONSOLE
    return Why.PAGE if request.args.get("next") else None
