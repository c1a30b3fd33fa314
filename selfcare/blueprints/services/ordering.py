"""Ordering a service: characteristics, then the summary (§5.6.2, figure 24)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

from selfcare.blueprints.services.again import asked as once_more
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.ordering import entered, notes_of, order_form, refusals
from selfcare.language import _
from selfcare.language.i18n import locale, reader
from selfcare.models import Contract, Order, OrderDraft, Service
from selfcare.rights import Ability
from selfcare.services.orders import again, placing, renewals
from selfcare.services.orders.again import Filled, Former
from selfcare.services.orders.placing import NotOrderable, Offered, SummaryOutdated
from selfcare.services.orders.renewals import RenewedAlready
from selfcare.web import rendering
from selfcare.web.access import current_account, may, one_or_404, requires
from selfcare.web.resuming import resumes, typed

bp = Blueprint("ordering", __name__, url_prefix="/contracts/<ref>/services/<slug>/order")

NEXT, BACK = "next", "prev"


@bp.route("", methods=["GET", "POST"])
@requires(Ability.ORDER_SERVICE)
@resumes()
def form(contract: Contract, slug: str) -> ResponseReturnValue:
    """Step 1, characteristics: the price follows the choices and changes none (SERVICES-2)."""
    offer = placing.offered(_service(slug))
    former = _former(contract, offer)
    filled = again.filled(former, offer, account=current_account()) if former else None
    given = _first_values(offer, contract, filled)
    wanted = request.form if request.method == "POST" else typed() or given
    choosing = offer.definition.choosing(offer.definition.apart(wanted))
    notes = notes_of(former, filled, offer.definition) if former and filled else {}
    asked = order_form(offer.definition, choosing, locale(), notes=notes)
    renews_id = former.renews_id if former else None
    wrong = 200
    if request.form.get("step") == NEXT:
        if asked.validate_on_submit():
            values = entered(asked, offer.definition)
            draft = placing.keep(
                offer,
                values,
                account=current_account(),
                contract=contract,
                on=reader().today(),
                renews_id=renews_id,
            )
            db.session.commit()
            return redirect(url_for(".summary", ref=contract.ref, slug=slug, key=draft.key), 303)
        wrong = 422
    today = reader().today()
    possible = not choosing.impossible
    answer = rendering.page(
        "ordering/form.html",
        parts={"order-price": "ordering/_answer.html"},
        form=asked,
        offer=offer,
        refused=refusals(offer.definition, choosing, locale()),
        summary=placing.summary(offer, choosing.values, today, renews_id=renews_id)
        if possible
        else None,
        former=former,
    )
    return answer, wrong


@bp.route("/<key>", methods=["GET", "POST"])
@requires(Ability.ORDER_SERVICE)
def summary(contract: Contract, slug: str, key: str) -> ResponseReturnValue:
    """Step 2, summary: « Commander » there is final, and once (SERVICES-3)."""
    service = _service(slug)
    draft = _draft(contract, service, key, lock=request.method == "POST")
    if order := placing.ordered(draft):
        return _see(order, contract)
    if request.form.get("step") == BACK:
        return _back(draft, contract, slug)
    offer = placing.offered(service)
    if not placing.still_possible(offer.definition, draft.entered):
        flash(_("The catalogue has changed: choose again."))
        return _back(draft, contract, slug)
    confirm = ConfirmForm()
    if confirm.validate_on_submit():
        return _place(draft, offer, contract)
    shown = placing.summary(offer, draft.entered, reader().today(), renews_id=draft.renews_id)
    return rendering.answer_form("ordering/summary.html", confirm, summary=shown)


def _back(draft: OrderDraft, contract: Contract, slug: str) -> ResponseReturnValue:
    """To the first step with what was entered; a renewal stays one."""
    renews = renewals.renewed(draft.renews_id).ref if draft.renews_id else None
    here = url_for(".form", ref=contract.ref, slug=slug, draft=draft.key, renews=renews)
    return redirect(here, 303)


def _place(draft: OrderDraft, offer: Offered, contract: Contract) -> ResponseReturnValue:
    try:
        order = placing.place(draft, offer, account=current_account(), contract=contract)
    except SummaryOutdated:
        db.session.commit()
        flash(
            _("The catalogue or the dates have changed meanwhile: please read the summary again.")
        )
        return redirect(request.path, 303)
    except RenewedAlready as refusal:
        db.session.rollback()
        return _see_renewal(refusal.ref, contract)
    ref = order.ref
    db.session.commit()
    flash(_("Your order %(ref)s is placed. A mail with its summary is on its way.", ref=ref))
    return _see(order, contract)


def _see(order: Order, contract: Contract) -> ResponseReturnValue:
    """The order's own page: the contract's, or « Mes commandes » for who may not open orders."""
    if may(Ability.READ_ORDERS):
        return redirect(url_for("orders.order", ref=contract.ref, order_ref=order.ref), 303)
    return redirect(url_for("account.my_order", order_ref=order.ref), 303)


def _former(contract: Contract, offer: Offered) -> Former | None:
    """What is ordered once more; 404 where the address names an order of another service."""
    former = once_more(contract)
    if former is None:
        return None
    if former.order.parameters.get("serviceCode") != offer.service.code:
        abort(404)
    if former.subscription and former.subscription.renewed_by:
        abort(_see_renewal(former.subscription.renewed_by, contract))
    return former


def _see_renewal(order_ref: str, contract: Contract) -> Response:
    flash(_("This subscription is renewed already, by the order %(ref)s.", ref=order_ref))
    if may(Ability.READ_ORDERS):
        return redirect(url_for("orders.order", ref=contract.ref, order_ref=order_ref), 303)
    return redirect(url_for("catalogue.index", ref=contract.ref), 303)


def _service(slug: str) -> Service:
    return one_or_404(select(Service).where(Service.slug == slug))


def _draft(contract: Contract, service: Service, key: str, *, lock: bool = False) -> OrderDraft:
    draft = placing.find(
        key, account=current_account(), contract=contract, service=service, lock=lock
    )
    if draft is None:
        abort(404)
    return draft


def _first_values(offer: Offered, contract: Contract, filled: Filled | None) -> Mapping[str, str]:
    """What the form opens with.

    A draft gone back to, what is ordered once more, or the first choices and the address's.
    """
    if key := request.args.get("draft"):
        return _draft(contract, offer.service, key).entered
    if filled:
        return filled.values
    values = placing.first_values(offer.definition, current_account())
    choices = {field.name for field in offer.definition.fields if field.options}
    return values | {name: text for name, text in request.args.items() if name in choices}


@bp.errorhandler(NotOrderable)
def _not_orderable(_refusal: NotOrderable) -> ResponseReturnValue:
    flash(_("This service cannot be ordered at the moment."))
    ref = (request.view_args or {})["ref"]
    return redirect(url_for("catalogue.index", ref=ref), 303)
