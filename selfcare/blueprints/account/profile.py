"""Mon profil: password, personal data, activity, my data to take away (§5.10.2, ACCOUNT-3)."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare.blueprints.account.proofs import has_password, why
from selfcare.database import db
from selfcare.forms.profile import ChangePasswordForm, ProfileForm
from selfcare.language import _
from selfcare.lists.activity import ActivityList
from selfcare.services.accounts import passkeys, passwords, people, personal_data
from selfcare.services.console import access as console_access
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import downloads, rendering
from selfcare.web.access import current_account, current_sign_in, signed_in
from selfcare.web.headers import no_store
from selfcare.web.resuming import resumes

bp = Blueprint("profile", __name__, url_prefix="/account")


@bp.route("/password", methods=["GET", "POST"])
@signed_in
def password() -> ResponseReturnValue:
    """« Changement de mot de passe », the current one asked first (figure 39)."""
    me = current_account()
    form = ChangePasswordForm(passwords.rules(), login=me.login, passkeys=passkeys.of(me))
    if not (form.validate_on_submit() and has_password(form.current)):
        return rendering.answer_form("account/password.html", form, account=me)
    passwords.change(
        me,
        form.password.data or "",
        by=me,
        keep=current_sign_in(),
        keep_passkeys=form.keeps_passkeys,
    )
    db.session.commit()
    flash(
        _(
            "Your password is changed. Your other sessions are ended, those in the technical "
            "console included; a mail confirms it."
        )
        if console_access.contracts_of(me)
        else _("Your password is changed. Your other sessions are ended; a mail confirms it.")
    )
    return redirect(url_for("account.profile"), code=303)


@bp.route("/profile/edit", methods=["GET", "POST"])
@signed_in
@resumes(but=("current",))
def edit() -> ResponseReturnValue:
    """« Modification des informations » (figure 40)."""
    me = current_account()
    form = ProfileForm(obj=me)
    new_email = (form.email.data or "").casefold() != me.email.casefold()
    if not (form.validate_on_submit() and (not new_email or _asked(form))):
        return rendering.answer_form("account/edit.html", form)
    people.change_data(me, form.plain)
    if new_email:
        flash(
            _(
                "Your data is saved. Your new address takes effect once you open the mail sent to"
                " %(email)s and confirm it there.",
                email=form.email.data,
            )
        )
    else:
        flash(_("Your data is saved."))
    db.session.commit()
    return redirect(url_for("account.profile"), code=303)


@bp.get("/activity")
@signed_in
def activity() -> ResponseReturnValue:
    """« Mon activité »: what was done with my account, staff visits included (ACCOUNT-3)."""
    mine = ActivityList.concerning(current_account())
    return rendering.list_page("account/activity/index.html", mine)


@bp.get("/data.json")
@signed_in
def data() -> ResponseReturnValue:
    """All that is kept about me, as a file (ACCOUNT-3)."""
    with downloads.turn_to_export():
        answer = jsonify(personal_data.of(current_account()))
    answer.headers["Content-Disposition"] = downloads.attachment("my-data", "json")
    return no_store(answer)


def _asked(form: ProfileForm) -> bool:
    """Whether the new address could be asked for: it takes the password, and not too often."""
    if not form.current.data:
        form.current.errors = [_("Enter your current password to change your email address")]
        return False
    if not has_password(form.current):
        return False
    try:
        people.ask_new_email(current_account(), form.email.data or "")
    except TooManyAttempts as refusal:
        form.email.errors = [why(refusal)]
        return False
    return True
