"""Users of the contract: the portal's tab (§5.9.1, figure 28)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from selfcare.blueprints.users import roles_step
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm
from selfcare.language import _, wording
from selfcare.lists.users import UserList
from selfcare.models import Contract, Membership, Removal
from selfcare.rights import Ability
from selfcare.services.console import access as console_access
from selfcare.services.users import access_mails, access_requests, members
from selfcare.services.users.refusals import MailOnItsWay, Refusal
from selfcare.web import rendering
from selfcare.web.access import current_account, may, one_or_404, requires, row_or_404
from selfcare.web.resuming import resumes

bp = Blueprint("users", __name__, url_prefix="/contracts/<ref>/users")


@bp.get("")
@requires(Ability.READ_CONSOLE_USERS)
def index(contract: Contract) -> ResponseReturnValue:
    """Everybody on the contract; a console manager sees the console's tab only (USERS-1)."""
    if not may(Ability.READ_USERS):
        return redirect(url_for("users_console.index", ref=contract.ref), code=303)
    ending = members.unfinished_removals(contract) if may(Ability.REMOVE_USER) else []
    requests = access_requests.waiting_on(contract) if may(Ability.CHANGE_USER) else []
    return rendering.list_page(
        "users/index.html",
        UserList.of_contract(contract),
        ending=tuple(ending),
        requests=tuple(requests),
    )


@bp.get("/<int:membership_id>")
@requires(Ability.READ_USERS)
def user(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """One user: personal data, profiles, console access."""
    row = row_or_404(UserList.of_contract(contract).where(Membership.id == membership_id))
    mail = access_mails.latest(contract, row.account_id)
    return rendering.page(
        "users/user.html",
        user=row,
        mail=mail,
        mail_refused=mail is not None and access_mails.is_refused(mail),
        parts={"console": "users/_console.html"},
    )


@bp.post("/<int:membership_id>/mail")
@requires(Ability.CHANGE_USER)
def mail_again(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """« Renvoyer »: the mail that tells somebody of their access, once more."""
    row = row_or_404(UserList.of_contract(contract).where(Membership.id == membership_id))
    try:
        access_mails.send_again(contract, membership_id, by=current_account())
    except MailOnItsWay as refusal:
        db.session.rollback()
        flash(str(wording.USER_REFUSAL[type(refusal).__name__]))
    else:
        db.session.commit()
        flash(_("The mail is on its way to %(email)s again.", email=row.email))
    return redirect(url_for(".user", ref=contract.ref, membership_id=membership_id), code=303)


@bp.route("/<int:membership_id>/roles", methods=["GET", "POST"])
@requires(Ability.CHANGE_USER)
@resumes()
def roles(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """Change somebody's roles: the wizard's second step, then its summary (USERS-5)."""
    return roles_step.of_member(contract, membership_id, console_only=False)


@bp.route("/<int:membership_id>/remove", methods=["GET", "POST"])
@requires(Ability.REMOVE_USER)
def remove(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """Confirm, then end somebody's access at once (USERS-6)."""
    membership = db.session.execute(
        select(Membership).filter_by(id=membership_id, contract_id=contract.id).with_for_update()
    ).scalar_one_or_none()
    if membership is None:  # a second click leads to the receipt, too
        done = one_or_404(
            select(Removal).filter_by(contract_id=contract.id, membership_id=membership_id)
        )
        return redirect(url_for(".removed", ref=contract.ref, removal_id=done.id), code=303)
    row = row_or_404(UserList.of_contract(contract).where(Membership.id == membership_id))
    form = ConfirmForm()
    if not form.validate_on_submit():
        return rendering.page("users/remove.html", user=row, form=form)
    try:
        removal = members.remove(membership, by=current_account())
    except Refusal as refusal:
        return rendering.page("users/remove.html", user=row, form=form, refusal=refusal), 422
    db.session.commit()
    name = row.login or row.email
    flash(_("%(name)s no longer has access to %(ref)s.", name=name, ref=contract.ref))
    return redirect(url_for(".removed", ref=contract.ref, removal_id=removal.id), code=303)


@bp.get("/removed/<int:removal_id>")
@requires(Ability.REMOVE_USER)
def removed(contract: Contract, removal_id: int) -> ResponseReturnValue:
    """The receipt: what ended, and when; what is still going on refreshes in place."""
    removal = one_or_404(select(Removal).filter_by(id=removal_id, contract_id=contract.id))
    return rendering.page(
        "users/removed.html",
        removal=removal,
        ending=members.ending_of(removal),
        parts={"receipt": "users/_receipt.html"},
    )


@bp.post("/removed/<int:removal_id>/retry")
@requires(Ability.REMOVE_USER)
def retry_removal(contract: Contract, removal_id: int) -> ResponseReturnValue:
    """« Réessayer »: have the console account ended now."""
    removal = one_or_404(select(Removal).filter_by(id=removal_id, contract_id=contract.id))
    if ending := members.ending_of(removal):
        console_access.again(ending)
        db.session.commit()
    return redirect(url_for(".removed", ref=contract.ref, removal_id=removal_id), code=303)
