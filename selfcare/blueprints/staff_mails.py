"""Every mail with sample values, for whoever writes them; in the demonstration only (MAIL)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.models import LOCALES
from selfcare.services.mail import samples as mail_samples
from selfcare.web import rendering
from selfcare.web.access import View, public

bp = Blueprint("staff_mails", __name__, url_prefix="/staff/mails/preview")

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a mail shown as it will arrive: mail programs know inline style only. No script, no form."""


def in_demo(view: View) -> View:
    """The page exists in the demonstration only."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not config.current().demo:
            abort(404)
        return view(*args, **kwargs)

    return checked  # type: ignore[return-value]


@bp.get("/")
@public("sample values only, and only in the demonstration")
@in_demo
def index() -> ResponseReturnValue:
    """The mails by name, with their subjects."""
    mails = [(name, mail_samples.built(name, "fr").subject) for name in mail_samples.names()]
    return rendering.page("staff/mails.html", mails=mails)


@bp.get("/<name>.<locale>.<kind>")
@public("sample values only, and only in the demonstration")
@in_demo
def one(name: str, locale: str, kind: str) -> ResponseReturnValue:
    """One mail as it arrives, HTML or text."""
    if name not in mail_samples.names() or locale not in LOCALES or kind not in {"html", "txt"}:
        abort(404)
    built = mail_samples.built(name, locale)
    if kind == "txt":
        return Response(f"{built.subject}\n\n{built.body}", mimetype="text/plain")
    answer = Response(built.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer
