"""Notes for colleagues: written, handed over, finished (STAFF-8)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.staff import NoteForm
from selfcare.language import _
from selfcare.models import Account, Contract, StaffNote
from selfcare.rights import StaffAbility
from selfcare.services.staff import notes
from selfcare.web import rendering
from selfcare.web.access import current_account, one_or_404, staff

bp = Blueprint("staff_notes", __name__, url_prefix="/staff")


@bp.route("/people/<int:account_id>/note", methods=["GET", "POST"])
@staff(StaffAbility.WRITE_NOTES)
def of_person(account_id: int) -> ResponseReturnValue:
    """A note on a person; it becomes part of the person's own data."""
    account = one_or_404(select(Account).filter_by(id=account_id))
    return _note(account, url_for("staff_people.person", account_id=account_id))


@bp.route("/contracts/<contract_ref>/note", methods=["GET", "POST"])
@staff(StaffAbility.WRITE_NOTES)
def of_contract(contract_ref: str) -> ResponseReturnValue:
    """A note on a contract."""
    contract = one_or_404(select(Contract).filter_by(ref=contract_ref))
    return _note(contract, url_for("staff_contracts.contract", contract_ref=contract_ref))


@bp.post("/notes/<int:note_id>/finish")
@staff(StaffAbility.WRITE_NOTES)
def finish(note_id: int) -> ResponseReturnValue:
    """The note has served."""
    if not ConfirmForm().validate_on_submit():
        abort(400)
    note = one_or_404(select(StaffNote).filter_by(id=note_id).with_for_update())
    notes.finish(note, by=current_account())
    db.session.commit()
    flash(_("The note is finished."))
    if request.form.get("from") == "queue":
        return redirect(url_for("staff_finding.index"), code=303)
    if note.account_id is not None:
        return redirect(url_for("staff_people.person", account_id=note.account_id), code=303)
    contract = db.session.get_one(Contract, note.contract_id)
    return redirect(url_for("staff_contracts.contract", contract_ref=contract.ref), code=303)


def _note(about: Account | Contract, back: str) -> ResponseReturnValue:
    me, form = current_account(), NoteForm()
    others = {str(one.id): one for one in notes.colleagues(me)}
    form.handed_to.choices = [
        ("", _("nobody")),
        *((key, one.full_name) for key, one in others.items()),
    ]
    if not form.validate_on_submit():
        return rendering.answer_form("staff/note.html", form, about=about, back=back)
    notes.write(
        form.text.data or "",
        about=about,
        by=me,
        shown_until=form.shown_until.data,
        handed_to=others.get(form.handed_to.data or ""),
    )
    db.session.commit()
    flash(_("The note is pinned."))
    return redirect(back, code=303)
