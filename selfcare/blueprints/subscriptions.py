"""Subscriptions of a contract (§5.5, figure 22)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare import rendering
from selfcare.access import requires
from selfcare.database import db
from selfcare.lists import subscriptions
from selfcare.models import Contract
from selfcare.rights import Ability

bp = Blueprint("subscriptions", __name__, url_prefix="/contracts/<ref>/subscriptions")


@bp.get("")
@requires(Ability.READ_SUBSCRIPTIONS)
def index(contract: Contract) -> ResponseReturnValue:
    """Every subscription of the contract (SUBS-1)."""
    rows = rendering.listing(subscriptions.SubscriptionList, subscriptions.of_contract(contract.id))
    return rendering.list_page("subscriptions/index.html", rows)


@bp.get("/<sub_ref>")
@requires(Ability.READ_SUBSCRIPTIONS)
def subscription(contract: Contract, sub_ref: str) -> ResponseReturnValue:
    """One subscription."""
    found = db.one_or_abort(
        subscriptions.of_contract(contract.id).where(subscriptions.Subscription.ref == sub_ref),
        scalar=False,
    )
    return rendering.page("subscriptions/subscription.html", subscription=found)
