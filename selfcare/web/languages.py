"""Choosing the language of pages: remembered on the account, else by the browser's session."""

from __future__ import annotations

from flask import redirect, session
from flask_login import current_user
from werkzeug.wrappers import Response

from selfcare.database import db
from selfcare.models import LOCALES
from selfcare.web.access import current_account
from selfcare.web.addresses import came_from


def choose(wanted: str) -> Response:
    """Remember a language, and lead back to the page it was chosen on (HOME-3).

    An odd one changes nothing.
    """
    if wanted in LOCALES:
        if current_user.is_authenticated:
            current_account().locale = wanted
            db.session.commit()
        else:
            session["locale"] = wanted
    return redirect(came_from(), code=303)
