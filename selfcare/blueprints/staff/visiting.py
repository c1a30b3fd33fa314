"""« Quitter »: the way out of a visit, the only form that works in one (STAFF-2)."""

from __future__ import annotations

from flask import Blueprint, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare.database import db
from selfcare.models import Account, Visit
from selfcare.services.staff import ending
from selfcare.web import realms
from selfcare.web.access import signed_in

bp = Blueprint("visiting", __name__, url_prefix="/visit")


@bp.post("/leave")
@signed_in
def leave() -> ResponseReturnValue:
    """End the visit; the agent is back on the person's page."""
    visit = current_user._get_current_object()
    if not isinstance(visit, Visit):
        return redirect(url_for("home.index"), code=303)
    ending.end(visit, by=db.session.get(Account, visit.agent_id))
    address = url_for("staff_people.person", account_id=visit.account_id)
    db.session.commit()
    session.clear()
    answer = redirect(address, code=303)
    realms.take_visit_back(answer)
    return answer
