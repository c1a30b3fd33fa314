"""Accounts in the console that are no member's: « Reprendre », « Supprimer » (USERS-8)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.language import _
from selfcare.language.wording import USER_REFUSAL
from selfcare.models import Contract, Membership, UnknownAccount
from selfcare.rights import Ability
from selfcare.services.console import unknown
from selfcare.services.console.unknown import NobodyHere
from selfcare.services.users import accepting
from selfcare.services.users.refusals import ReferentsOwn
from selfcare.web import rendering
from selfcare.web.access import current_account, one_or_404, requires

bp = Blueprint(
    "users_unknown", __name__, url_prefix="/contracts/<ref>/users/console/unknown/<int:unknown_id>"
)


@bp.post("/adopt/<int:membership_id>")
@requires(Ability.SET_CONSOLE_ROLES)
def adopt(contract: Contract, unknown_id: int, membership_id: int) -> ResponseReturnValue:
    """« Reprendre »: the member with that address has the account from now on."""
    membership = one_or_404(select(Membership).filter_by(id=membership_id, contract_id=contract.id))
    account = _meant(contract, unknown_id)
    named = {"username": account.username, "email": account.email}
    try:
        accepting.adopt(account, membership, by=current_account())
    except NobodyHere:
        flash(_("This has changed in the meantime: here is the current version."))
    except ReferentsOwn as refusal:
        flash(USER_REFUSAL[type(refusal).__name__])
    else:
        db.session.commit()
        flash(_("%(username)s now belongs to %(email)s, with the roles it had.", **named))
    return redirect(url_for("users_console.index", ref=contract.ref), code=303)


@bp.route("/delete", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
def delete(contract: Contract, unknown_id: int) -> ResponseReturnValue:
    """Confirm, then have it deleted in the console."""
    account = _meant(contract, unknown_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        return rendering.page("users/console/delete.html", account=account, form=form)
    unknown.want_end(account, by=current_account())
    db.session.commit()
    flash(_("%(username)s is being deleted in the console.", username=account.username))
    return redirect(url_for("users_console.index", ref=contract.ref), code=303)


def _meant(contract: Contract, unknown_id: int) -> UnknownAccount:
    return one_or_404(select(UnknownAccount).filter_by(id=unknown_id, contract_id=contract.id))
