"""The first page of staff, and its search (STAFF-1)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.lists import asked
from selfcare.models import Visit, now
from selfcare.rights import StaffAbility
from selfcare.services.safety import throttling
from selfcare.services.staff import ending, finding, looking, notes
from selfcare.services.staff.finding import Kind
from selfcare.web import realms, rendering
from selfcare.web.access import current_account, staff
from selfcare.web.realms import Realm

bp = Blueprint("staff_finding", __name__, url_prefix="/staff")


@bp.get("/")
@staff(StaffAbility.LOOK)
def index() -> ResponseReturnValue:
    """The search, what was handed over to me, my visits and those that need a second person."""
    me = current_account()
    open_still = (Visit.begun_at.is_(None), Visit.ended_at.is_(None), Visit.expires_at > now())
    return rendering.page(
        "staff/index.html",
        handed=notes.handed_to(me),
        mine=looking.visits(Visit.agent_id == me.id, *open_still),
        running=looking.visits(Visit.agent_id == me.id, *ending.RUNNING, Visit.expires_at > now()),
        is_in_this_browser=realms.cookie_name(Realm.VISIT) in request.cookies,
        emergencies=looking.visits(
            Visit.kind == "emergency",
            Visit.agent_id != me.id,
            Visit.answered_at.is_(None),
            *open_still,
        ),
    )


@bp.get("/search")
@staff(StaffAbility.LOOK)
def search() -> ResponseReturnValue:
    """An exact reference leads to its page; anything else to short lists."""
    text = asked.words_in(request.args)
    if text:
        limits = config.current().throttle_find
        throttling.of_subject("find", str(current_account().id), limits).take()
    hit = finding.exact(text)
    if hit is not None and hit.kind is Kind.PERSON:
        return redirect(url_for("staff_people.person", account_id=hit.key), code=303)
    if hit is not None:
        address = url_for("staff_contracts.contract", contract_ref=hit.key, q=hit.anchor or None)
        return redirect(address, code=303)
    found = finding.lists(text) if len(text) >= finding.LEAST else None
    return rendering.page(
        "staff/search.html", q=text, found=found, least=finding.LEAST, most=finding.MOST
    )
