"""« Sécurité »: my sessions and passkeys (AUTH-7); the second factor has a module of its own."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from selfcare.blueprints.account.proofs import proved
from selfcare.database import db
from selfcare.forms.confirming import ConfirmForm, EndSignInsForm
from selfcare.forms.proofs import NewPasskeyForm, ProvenPasskeyForm
from selfcare.language import _
from selfcare.models import Account, Passkey, SignIn
from selfcare.services.accounts import passkeys, sign_ins, two_factor
from selfcare.services.accounts.passkeys import PasskeyRefused
from selfcare.services.console import access as console_access
from selfcare.services.safety import audit
from selfcare.web import rendering
from selfcare.web.access import current_account, current_sign_in, one_or_404, signed_in
from selfcare.web.headers import no_store

bp = Blueprint("security", __name__, url_prefix="/account/security")


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Second factor, passkeys and « Mes sessions » on one page."""
    me = current_account()
    return rendering.page(
        "account/security.html",
        sign_ins=sign_ins.open_ones(me),
        present=current_user.id,
        device=two_factor.of(me),
        codes_left=two_factor.codes_left(me),
        passkeys=passkeys.of(me),
        form=ConfirmForm(),
        consoles=console_access.contracts_of(me),
    )


@bp.route("/sessions/<int:sign_in_id>/end", methods=["GET", "POST"])
@signed_in
def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
    """End one of my sessions: that browser is signed out on its next request.

    Whoever is in the console, too, is led by a page that asks about it.
    """
    me, form = current_account(), EndSignInsForm()
    found = one_or_404(select(SignIn).where(SignIn.id == sign_in_id, SignIn.account_id == me.id))
    if request.method == "GET":
        in_console = bool(console_access.contracts_of(me))
        return rendering.page(
            "account/end_sign_in.html", row=found, form=form, in_console=in_console
        )
    if found.ended_at is None:
        sign_ins.end(found)
        audit.record("sign_in.ended", actor=me, subject=me)
    if form.console.data:
        _end_in_console(me)
    db.session.commit()
    flash(
        _("The session has ended; those in the console end within a minute.")
        if form.console.data
        else _("The session has ended.")
    )
    return redirect(url_for(".index"), code=303)


def _end_in_console(me: Account) -> None:
    console_access.end_tokens(me)
    audit.record("sign_in.console_ended", actor=me, subject=me)


@bp.post("/sessions/end-others")
@signed_in
def end_others() -> ResponseReturnValue:
    """End all of my sessions but this one; also those in the console, if that was ticked."""
    me, form = current_account(), EndSignInsForm()
    sign_ins.end_all(me, but=current_sign_in())
    audit.record("sign_in.others_ended", actor=me, subject=me)
    if form.console.data:
        _end_in_console(me)
    db.session.commit()
    flash(
        _("Your other sessions are ended, and those in the console within a minute.")
        if form.console.data
        else _("Your other sessions have ended.")
    )
    return redirect(url_for(".index"), code=303)


@bp.route("/passkeys/new", methods=["GET", "POST"])
@signed_in
def new_passkey() -> ResponseReturnValue:
    """Have the browser make a passkey."""
    if not passkeys.possible():
        abort(404)
    me = current_account()
    form = ProvenPasskeyForm() if two_factor.of(me) else NewPasskeyForm()
    if form.validate_on_submit() and proved(form):
        try:
            passkeys.add(
                me,
                challenge=form.challenge.data or "",
                credential=form.credential.data or "",
                name=form.name.data or "",
            )
        except PasskeyRefused:
            form.name.errors = [_("The passkey could not be saved: try again")]
        else:
            db.session.commit()
            flash(_("The passkey is added: you can sign in with it."))
            return redirect(url_for(".index"), code=303)
    name, options = passkeys.offer(me)
    db.session.commit()
    return no_store(
        rendering.answer_form("account/new_passkey.html", form, name=name, options=options)
    )


@bp.route("/passkeys/<int:passkey_id>/remove", methods=["GET", "POST"])
@signed_in
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Ask first, then forget one of my passkeys."""
    me = current_account()
    found = one_or_404(select(Passkey).filter_by(id=passkey_id, account_id=me.id))
    form = ConfirmForm()
    if request.method == "GET" or not form.validate_on_submit():
        return rendering.page("account/remove_passkey.html", passkey=found, form=form)
    passkeys.remove(found, by=me)
    db.session.commit()
    flash(_("The passkey is removed."))
    return redirect(url_for(".index"), code=303)
