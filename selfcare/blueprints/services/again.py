"""« Commander à nouveau », « Renouveler »: the ways to an order form that is filled in."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare.language import _
from selfcare.models import Contract
from selfcare.rights import Ability
from selfcare.services.orders import again
from selfcare.services.orders.again import Former
from selfcare.web.access import current_account, may, place, requires

bp = Blueprint("again", __name__, url_prefix="/contracts/<ref>")


@bp.get("/orders/<order_ref>/again")
@requires(Ability.ORDER_SERVICE)
def order(contract: Contract, order_ref: str) -> ResponseReturnValue:
    """The order form, filled in as this order was (ORDERS-3)."""
    return _lead(_order(contract, order_ref), contract, order_ref=order_ref)


@bp.get("/subscriptions/<sub_ref>/renewal")
@requires(Ability.ORDER_SERVICE)
def renewal(contract: Contract, sub_ref: str) -> ResponseReturnValue:
    """The order form, filled in as this subscription was ordered (SUBS-3)."""
    return _lead(_subscription(contract, sub_ref), contract, sub_ref=sub_ref)


def asked(contract: Contract) -> Former | None:
    """What the address of an order form says is ordered once more; 404 where it is not theirs."""
    if ref := request.args.get("renews"):
        return _subscription(contract, ref)
    if ref := request.args.get("again"):
        return _order(contract, ref)
    return None


def _lead(
    former: Former, contract: Contract, *, order_ref: str | None = None, sub_ref: str | None = None
) -> ResponseReturnValue:
    service = again.service_of(former)
    if service is None or not service.is_offered:
        flash(_("This service is not in the catalogue any more: choose another one."))
        return redirect(url_for("catalogue.index", ref=contract.ref), 303)
    form = url_for(
        "ordering.form", ref=contract.ref, slug=service.slug, again=order_ref, renews=sub_ref
    )
    return redirect(form, 303)


def _order(contract: Contract, ref: str) -> Former:
    mine = None if _sees_all(Ability.READ_ORDERS) else current_account()
    return _or_404(again.order(ref, contract=contract, by=mine))


def _subscription(contract: Contract, ref: str) -> Former:
    mine = None if _sees_all(Ability.READ_SUBSCRIPTIONS) else current_account()
    return _or_404(again.subscription(ref, contract=contract, by=mine))


def _sees_all(ability: Ability) -> bool:
    """Whether everybody's are theirs to see: by the section, or as the referent (ACCOUNT-2)."""
    here = place()
    return may(ability) or (here is not None and here.membership.is_referent)


def _or_404(found: Former | None) -> Former:
    if found is None:
        abort(404)
    return found
