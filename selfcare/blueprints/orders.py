"""Orders of a contract, read-only (§5.4, figure 21)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare.lists.orders import OrderList
from selfcare.models import Contract, Order
from selfcare.rights import Ability
from selfcare.services.mail import choices
from selfcare.services.orders import fulfilment, periods
from selfcare.web import rendering
from selfcare.web.access import requires, row_or_404

bp = Blueprint("orders", __name__, url_prefix="/contracts/<ref>/orders")


@bp.get("")
@requires(Ability.READ_ORDERS)
def index(contract_id: int) -> ResponseReturnValue:
    """Every order of the contract, whoever placed it (ORDERS-1)."""
    return rendering.list_page("orders/index.html", OrderList.of_contract(contract_id))


@bp.get("/<order_ref>")
@requires(Ability.READ_ORDERS)
def order(contract: Contract, order_ref: str) -> ResponseReturnValue:
    """One order, what it was made with, and how far it is (SERVICES-4)."""
    found = row_or_404(OrderList.of_contract(contract.id).where(Order.ref == order_ref))
    return rendering.page(
        "orders/order.html",
        parts={"order": "orders/_order.html"},
        order=found,
        events=fulfilment.history(found.id),
        commitment=periods.commitment(found.id),
        is_mailed=choices.gets(current_user.account_id, "order_moved"),
    )
