"""One field in the header that finds anything (FIND-1)."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.lists import asked, finding
from selfcare.lists.finding import Hit, Kind, Reach
from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.services.safety import throttling
from selfcare.web import rendering, visiting
from selfcare.web.access import current_account, requires, signed_in

bp = Blueprint("finding", __name__)


@bp.get("/find")
@signed_in
def index() -> ResponseReturnValue:
    """On all my contracts."""
    return _found(Reach(current_account().id))


@bp.get("/contracts/<ref>/find")
@requires(Ability.OPEN_CONTRACT)
def on_contract(contract: Contract) -> ResponseReturnValue:
    """On one; an exact reference leads to another of mine, too, but not out of a visit."""
    g.section = None  # it belongs to none
    alone = visiting.present() is not None
    return _found(Reach(current_account().id, contract.ref, alone=alone))


def _found(reach: Reach) -> ResponseReturnValue:
    text = asked.words_in(request.args)
    found = None
    if text:
        limits = config.current().throttle_find
        throttling.of_subject("find", str(reach.account_id), limits).take()
        if hit := finding.exact(text, reach):
            return redirect(_address(hit), code=303)
        if len(text) >= finding.LEAST:
            found = finding.lists(text, reach)
    return rendering.page(
        "find/index.html", q=text, found=found, least=finding.LEAST, most=finding.MOST, Kind=Kind
    )


def _address(hit: Hit) -> str:
    match hit.kind:
        case Kind.CONTRACT:
            return url_for("contract.index", ref=hit.ref)
        case Kind.ORDER:
            return url_for("orders.order", ref=hit.ref, order_ref=hit.key)
        case Kind.SUBSCRIPTION:
            return url_for("subscriptions.subscription", ref=hit.ref, sub_ref=hit.key)
        case Kind.INVOICE:
            return url_for("invoices.invoice", ref=hit.ref, invoice_id=int(hit.key))
        case Kind.PERSON:
            return url_for("users.user", ref=hit.ref, membership_id=int(hit.key))
