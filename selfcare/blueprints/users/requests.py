"""Requests for an access that a manager answers: giving it is the wizard's, declining here."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.database import db
from selfcare.language import _
from selfcare.models import AccessRequest, Contract
from selfcare.rights import Ability
from selfcare.services.users import access_requests
from selfcare.services.users.access_requests import LONGEST_REASON, AnsweredMeanwhile
from selfcare.text import one_line
from selfcare.web.access import ProfileMissing, current_account, one_or_404, place, requires

bp = Blueprint("users_requests", __name__, url_prefix="/contracts/<ref>/users/requests")


@bp.post("/<int:request_id>/decline")
@requires(Ability.SET_CONSOLE_ROLES)
def decline(contract: Contract, request_id: int) -> ResponseReturnValue:
    """Say no; whoever asked gets a mail with the reason, if one is given."""
    found = one_or_404(select(AccessRequest).filter_by(id=request_id, contract_id=contract.id))
    here = place()
    if here is None or not access_requests.may_answer(here.rights, found.access):
        raise ProfileMissing(Ability.CHANGE_USER, contract)
    reason = one_line(request.form.get("reason", ""))[:LONGEST_REASON]
    try:
        access_requests.decline(found, by=current_account(), reason=reason)
    except AnsweredMeanwhile:
        db.session.rollback()
        flash(_("Somebody else has just done this."))
    else:
        db.session.commit()
        flash(_("The request is declined; whoever asked gets a mail."))
    return redirect(url_for("users.index", ref=contract.ref), code=303)
