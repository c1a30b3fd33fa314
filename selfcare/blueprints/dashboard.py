"""Dashboard: the way to the technical console, and the figures a manager looks for (§5.3)."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.blueprints.oauth.authorize import remember_click
from selfcare.language import _
from selfcare.language.i18n import reader
from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.services.spending import figures, overview
from selfcare.services.spending.subscribed import periods
from selfcare.services.todo import waiting
from selfcare.web import rendering
from selfcare.web.access import current_account, may, requires

bp = Blueprint("dashboard", __name__, url_prefix="/contracts/<ref>")


@bp.get("/dashboard")
@requires(Ability.OPEN_DASHBOARD)
def index(contract: Contract) -> ResponseReturnValue:
    """What is to be done, the way to the console, and what subscriptions cost (DASH-1, DASH-2)."""
    today = reader().today()
    sees_invoices, sees_subscriptions = may(Ability.READ_INVOICES), may(Ability.READ_SUBSCRIPTIONS)
    subscribed = periods(contract.id, today) if sees_invoices or sees_subscriptions else ()
    return rendering.page(
        "dashboard/index.html",
        todo=waiting.of(
            current_account().id,
            today=today,
            contract_id=contract.id,
            every="all" in request.args,
        ),
        figures=figures.of(subscribed, today, drawn_as="" if sees_invoices else _("Subscriptions"))
        if sees_subscriptions
        else None,
        spends=overview.of_contract(contract.id, today, subscribed=subscribed)
        if sees_invoices
        else (),
    )


@bp.get("/console")
@requires(Ability.OPEN_CONSOLE)
def console(contract: Contract) -> ResponseReturnValue:
    """Lead to the technical console, signed in for this contract (CONSOLE-1).

    The console asks the portal who came (`oauth.authorize`) and cannot say for which contract.
    """
    if not contract.offer.has_console:
        abort(404)
    if not config.current().console_url:
        return rendering.page("dashboard/console.html")
    remember_click(contract)
    return redirect(config.current().console_url.replace("{contract}", contract.ref), code=303)
