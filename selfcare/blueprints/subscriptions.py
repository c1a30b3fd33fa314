"""Subscriptions of a contract (§5.5, figure 22)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.lists.subscriptions import SubscriptionList
from selfcare.models import Contract, Subscription
from selfcare.rights import Ability
from selfcare.web import rendering
from selfcare.web.access import requires, row_or_404

bp = Blueprint("subscriptions", __name__, url_prefix="/contracts/<ref>/subscriptions")


@bp.get("")
@requires(Ability.READ_SUBSCRIPTIONS)
def index(contract_id: int) -> ResponseReturnValue:
    """Every subscription of the contract (SUBS-1)."""
    shown = SubscriptionList.of_contract(contract_id)
    return rendering.list_page("subscriptions/index.html", shown)


@bp.get("/<sub_ref>")
@requires(Ability.READ_SUBSCRIPTIONS)
def subscription(contract: Contract, sub_ref: str) -> ResponseReturnValue:
    """One subscription."""
    found = row_or_404(SubscriptionList.of_contract(contract.id).where(Subscription.ref == sub_ref))
    return rendering.page("subscriptions/subscription.html", subscription=found)
