"""Mon compte: my profile, contracts, orders and subscriptions (§5.10, §5.11)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare.lists.contracts import ContractList
from selfcare.lists.orders import MyOrderList
from selfcare.lists.subscriptions import MySubscriptionList
from selfcare.models import Order, Subscription
from selfcare.rights import Section
from selfcare.services.mail import choices, links
from selfcare.services.orders import fulfilment, periods
from selfcare.web import languages, rendering
from selfcare.web.access import current_account, public, row_or_404, signed_in
from selfcare.web.templating import MENU_ENDPOINTS

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """« Mon compte » opens on the profile."""
    return redirect(url_for(".profile"), code=303)


@bp.get("/profile")
@signed_in
def profile() -> ResponseReturnValue:
    """My login and personal data (figure 38)."""
    waiting = links.email_to_confirm(current_account())
    return rendering.page("account/profile.html", waiting=waiting)


@bp.get("/contracts")
@signed_in
def my_contracts() -> ResponseReturnValue:
    """The contracts I am a member of; « Voir un autre contrat » keeps the section (HOME-4)."""
    wanted = request.args.get("section", "")
    section = Section(wanted) if wanted in MENU_ENDPOINTS else None
    mine = ContractList.of_account(current_account(), section=section)
    return rendering.list_page("account/contracts/index.html", mine, kept_section=section)


@bp.get("/orders")
@signed_in
def my_orders() -> ResponseReturnValue:
    """My orders on all contracts, everybody's where I am the referent (ACCOUNT-2)."""
    mine = MyOrderList.of_account(current_user.account_id)
    return rendering.list_page("account/orders/index.html", mine)


@bp.get("/orders/<order_ref>")
@signed_in
def my_order(order_ref: str) -> ResponseReturnValue:
    """One of them."""
    mine = MyOrderList.of_account(current_user.account_id)
    order = row_or_404(mine.where(Order.ref == order_ref))
    return rendering.page(
        "orders/order.html",
        parts={"order": "orders/_order.html"},
        order=order,
        events=fulfilment.history(order.id),
        commitment=periods.commitment(order.id),
        is_mailed=choices.gets(current_user.account_id, "order_moved"),
    )


@bp.get("/subscriptions")
@signed_in
def my_subscriptions() -> ResponseReturnValue:
    """My subscriptions on all contracts, by the same rule (ACCOUNT-2)."""
    mine = MySubscriptionList.of_account(current_user.account_id)
    return rendering.list_page("account/subscriptions/index.html", mine)


@bp.get("/subscriptions/<sub_ref>")
@signed_in
def my_subscription(sub_ref: str) -> ResponseReturnValue:
    """One of them."""
    mine = MySubscriptionList.of_account(current_user.account_id)
    row = row_or_404(mine.where(Subscription.ref == sub_ref))
    return rendering.page("subscriptions/subscription.html", subscription=row)


@bp.post("/language")
@public("the language of pages before signing in, too")
def language() -> ResponseReturnValue:
    """Show the portal in another language from now on (HOME-3)."""
    return languages.choose(request.form.get("locale", ""))
