"""Visits, as staff begin, confirm and see them (STAFF-2)."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from selfcare.blueprints.account.proofs import has_code
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.staff import InvitedForm, MemberVisitForm
from selfcare.language import _
from selfcare.language.staff_wording import VISIT_REFUSAL
from selfcare.models import Account, SignIn, Visit
from selfcare.rights import StaffAbility
from selfcare.services.staff import asking, ending, looking
from selfcare.services.staff.asking import NotAllowed, Wish
from selfcare.services.users import places
from selfcare.web import realms, rendering
from selfcare.web.access import current_account, current_sign_in, one_or_404, staff

bp = Blueprint("staff_visits", __name__, url_prefix="/staff")

CONTRACTS = 200


@bp.get("/visits")
@staff(StaffAbility.LOOK)
def index() -> ResponseReturnValue:
    """All visits, the latest first."""
    return rendering.page("staff/visits.html", visits=looking.visits(), form=ConfirmForm())


@bp.route("/people/<int:account_id>/visit", methods=["GET", "POST"])
@staff(StaffAbility.VISIT)
def new(account_id: int) -> ResponseReturnValue:
    """Why, for which ticket, on which contract; a fresh code; then it begins, or is asked for."""
    account = one_or_404(select(Account).filter_by(id=account_id))
    here = {p.contract.ref: p.contract for p in places.places_of(account.id, limit=CONTRACTS)}
    form = MemberVisitForm()
    form.contract.choices = [(ref, f"{ref} [{one.name}]") for ref, one in here.items()]
    if form.validate_on_submit() and has_code(form.code):
        wish = Wish(
            account=account,
            contract=here[form.contract.data],
            reason=form.reason.data or "",
            ticket=form.ticket.data or "",
            emergency=form.emergency.data,
        )
        try:
            visit = asking.ask(wish, agent=_sign_in())
        except NotAllowed as refusal:
            db.session.rollback()
            form.contract.errors = [VISIT_REFUSAL[refusal.code]]
        else:
            return _begun(visit)
    return rendering.answer_form("staff/visit.html", form, person=account)


@bp.route("/visits/invited", methods=["GET", "POST"])
@staff(StaffAbility.VISIT)
def invited() -> ResponseReturnValue:
    """Begin the visit that a customer has read the code of."""
    form = InvitedForm()
    if form.validate_on_submit() and has_code(form.code):
        try:
            visit = asking.accept(
                form.invitation.data or "",
                reason=form.reason.data or "",
                ticket=form.ticket.data or "",
                agent=_sign_in(),
            )
        except NotAllowed as refusal:
            db.session.rollback()
            form.invitation.errors = [VISIT_REFUSAL[refusal.code]]
        else:
            return _begun(visit)
    return rendering.answer_form("staff/invited.html", form)


@bp.post("/visits/<int:visit_id>/begin")
@staff(StaffAbility.VISIT)
def begin(visit_id: int) -> ResponseReturnValue:
    """Begin a visit that was allowed in the meantime."""
    try:
        return _begun(asking.begin_allowed(_visit(visit_id), agent=_sign_in()))
    except NotAllowed as refusal:
        return _not_allowed(refusal)


@bp.post("/visits/<int:visit_id>/end")
@staff(StaffAbility.VISIT)
def end(visit_id: int) -> ResponseReturnValue:
    """End my visit from the pages of staff: its cookie may be in another browser, or gone."""
    mine = select(Visit).where(Visit.id == visit_id, Visit.agent_id == current_account().id)
    ending.end(one_or_404(mine.where(*ending.RUNNING).with_for_update()), by=current_account())
    db.session.commit()
    flash(_("The visit has ended."))
    answer = redirect(url_for("staff_finding.index"), code=303)
    realms.take_visit_back(answer)
    return answer


@bp.post("/visits/<int:visit_id>/confirm")
@staff(StaffAbility.VISIT)
def confirm(visit_id: int) -> ResponseReturnValue:
    """Confirm a colleague's emergency visit, as the second person."""
    try:
        asking.answer(_visit(visit_id), yes=True, by=current_account())
    except NotAllowed as refusal:
        return _not_allowed(refusal)
    db.session.commit()
    flash(_("The emergency visit is confirmed."))
    return redirect(url_for("staff_finding.index"), code=303)


def _visit(visit_id: int) -> Visit:
    found = select(Visit).filter_by(id=visit_id)
    return one_or_404(found.options(joinedload(Visit.account), joinedload(Visit.contract)))


def _sign_in() -> SignIn:
    return current_sign_in()


def _not_allowed(refusal: NotAllowed) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(VISIT_REFUSAL[refusal.code]), "bad")
    return redirect(url_for("staff_finding.index"), code=303)


def _begun(visit: Visit) -> Response:
    """Commit first: no row, no page."""
    db.session.commit()
    if visit.token is None:
        flash(_("The visit was asked for. It waits on your first page until it is allowed."))
        return cast("Response", redirect(url_for("staff_finding.index"), code=303))
    ref = looking.visits(Visit.id == visit.id)[0].contract.ref
    answer = cast("Response", redirect(url_for("contract.index", ref=ref), code=303))
    realms.hand_over_visit(answer, visit.token)
    return answer
