"""« Vos droits »: what each profile opens, and asking for one (CONTRACT-1, ASK-1)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare.database import db
from selfcare.language import _
from selfcare.models import Contract
from selfcare.models.access_request import access_of
from selfcare.rights import OFFERS, Ability, Access, opened_by
from selfcare.services.users import access_requests, places
from selfcare.services.users.access_requests import NothingToAsk
from selfcare.web import rendering
from selfcare.web.access import current_account, enter, requires
from selfcare.web.addresses import safe_next

bp = Blueprint("access", __name__, url_prefix="/contracts/<ref>/rights")

ACCESSES = {
    section: [
        Access(section, profile)
        for number, profile in enumerate(offer.profiles)
        if (opens := opened_by(section, profile))
        and opens not in (opened_by(section, lower) for lower in offer.profiles[:number])
    ]
    for section, offer in OFFERS.items()
}
"""The profiles of each section, without those that open nothing, or the same as a lower one."""


@bp.get("")
@requires(Ability.OPEN_CONTRACT)
def index(contract: Contract) -> ResponseReturnValue:
    """What my profiles open, and what the others would."""
    return rendering.page(
        "contract/rights.html",
        contract=contract,
        accesses=ACCESSES,
        console=Access(),
        referent=places.referent_of(contract),
    )


@bp.post("")
@requires(Ability.OPEN_CONTRACT)
def ask(contract: Contract) -> ResponseReturnValue:
    """« Demander cet accès »; leads back to the page it was asked on."""
    try:
        access = access_of(request.form.get("section", ""), request.form.get("profile", ""))
    except ValueError:
        abort(400)
    try:
        access_requests.ask(enter(contract.ref), access, by=current_account())
    except NothingToAsk:
        db.session.rollback()
        flash(_("There is nothing to ask for: you have this access, or asked for it today."))
    else:
        db.session.commit()
        flash(_("Your request has been sent: the referent of the contract gets a mail."))
    return redirect(
        safe_next(request.form.get("next") or url_for(".index", ref=contract.ref)), code=303
    )
