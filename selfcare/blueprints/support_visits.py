"""« Visites du support »: who looked, who may, and the customer's own invitation (STAFF-2).

Any member can be visited, is told so, and may end it: no profile in « Support » is asked.
"""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.language import _
from selfcare.language.staff_wording import VISIT_POLICY, VISIT_REFUSAL
from selfcare.models import Contract, Visit, now
from selfcare.rights import Ability, VisitPolicy
from selfcare.services.safety import audit
from selfcare.services.staff import asking, ending, looking, visits
from selfcare.services.staff.asking import NotAllowed
from selfcare.web import rendering
from selfcare.web.access import current_account, one_or_404, place, requires
from selfcare.web.headers import no_store

bp = Blueprint("support_visits", __name__, url_prefix="/contracts/<ref>/support/visits")


@bp.get("")
@requires(Ability.OPEN_CONTRACT)
def index(contract: Contract) -> ResponseReturnValue:
    """Visits to me, all of the contract's for its referent, who also sets the rule."""
    return rendering.page(
        "support/visits.html",
        contract=contract,
        visits=looking.visits(*_mine(contract), Visit.agent_id.is_not(None)),
        policies=VISIT_POLICY,
        is_referent=_is_referent(),
        now=now(),
        form=ConfirmForm(),
    )


@bp.get("/<int:visit_id>")
@requires(Ability.OPEN_CONTRACT)
def pages(contract: Contract, visit_id: int) -> ResponseReturnValue:
    """What was looked at."""
    visit = _visit(contract, visit_id)
    if visit.begun_at is None:
        abort(404)
    return rendering.page(
        "support/pages.html", contract=contract, shown=visit, pages=visits.pages_of(visit)
    )


@bp.post("/policy")
@requires(Ability.OPEN_CONTRACT)
def policy(contract: Contract) -> ResponseReturnValue:
    """The referent's rule; closing the contract ends the visits that go on."""
    wanted = request.form.get("policy", "")
    if not _is_referent() or wanted not in set(VisitPolicy):
        abort(403)
    contract.visit_policy = VisitPolicy(wanted)
    if wanted == VisitPolicy.CLOSED:
        ending.end_of_contract(contract, by=current_account())
    audit.record(
        "visit.policy", actor=current_account(), contract=contract, details={"what": wanted}
    )
    db.session.commit()
    flash(_("The rule for visits is saved."))
    return redirect(url_for(".index", ref=contract.ref), code=303)


@bp.post("/<int:visit_id>/answer")
@requires(Ability.OPEN_CONTRACT)
def answer(contract: Contract, visit_id: int) -> ResponseReturnValue:
    """Allow or refuse what support asks."""
    visit = _visit(contract, visit_id)
    yes = request.form.get("answer") == "yes"
    try:
        asking.answer(visit, yes=yes, by=current_account())
    except NotAllowed as refusal:
        db.session.rollback()
        flash(str(VISIT_REFUSAL[refusal.code]), "bad")
    else:
        db.session.commit()
        flash(_("The visit is allowed.") if yes else _("The visit is refused."))
    return redirect(url_for(".index", ref=contract.ref), code=303)


@bp.post("/<int:visit_id>/end")
@requires(Ability.OPEN_CONTRACT)
def end(contract: Contract, visit_id: int) -> ResponseReturnValue:
    """End a visit that goes on, at once."""
    ending.end(_visit(contract, visit_id), by=current_account())
    db.session.commit()
    flash(_("The visit has ended."))
    return redirect(url_for(".index", ref=contract.ref), code=303)


@bp.post("/invite")
@requires(Ability.OPEN_CONTRACT)
def invite(contract: Contract) -> ResponseReturnValue:
    """« Inviter le support »: the code to read out, shown once."""
    visit, code = asking.invite(current_account(), contract)
    page = rendering.page("support/invited.html", visit=visit, code=code)
    db.session.commit()
    return no_store(page)


def _is_referent() -> bool:
    here = place()
    return here is not None and here.membership.is_referent


def _mine(contract: Contract) -> tuple[object, ...]:
    """The referent sees all visits of the contract, anybody else those to themselves."""
    mine = Visit.account_id == current_account().id
    here = Visit.contract_id == contract.id
    return (here,) if _is_referent() else (here, mine)


def _visit(contract: Contract, visit_id: int) -> Visit:
    found = select(Visit).where(Visit.id == visit_id, *_mine(contract))  # type: ignore[arg-type]
    return one_or_404(found.options(joinedload(Visit.account), joinedload(Visit.contract)))
