"""Dashboard: the way to the technical console, and the figures a manager looks for (§5.3)."""

from __future__ import annotations

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from selfcare import rendering
from selfcare.access import place, requires
from selfcare.i18n import reader
from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.services import figures, spending

bp = Blueprint("dashboard", __name__, url_prefix="/contracts/<ref>")


@bp.get("/dashboard")
@requires(Ability.OPEN_DASHBOARD)
def index(contract: Contract) -> ResponseReturnValue:
    """Console access and its state; subscriptions running, ending, and what they cost (DASH-1)."""
    here = place()
    may = here.rights.may if here else lambda _ability: False
    shown = may(Ability.READ_SUBSCRIPTIONS)
    return rendering.page(
        "dashboard/index.html",
        figures=figures.of_contract(contract.id, reader().today()) if shown else None,
        overview=spending.overview(contract.id, reader().today())
        if may(Ability.READ_INVOICES)
        else None,
    )


@bp.get("/console")
@requires(Ability.OPEN_CONSOLE)
def console(contract: Contract) -> ResponseReturnValue:
    """The door to the technical console; single sign-on opens it (CONSOLE-1)."""
    if not contract.offer.has_console:
        abort(404)
    return rendering.page("dashboard/console.html")
