"""Setting up, using and leaving the second factor (AUTH-7)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.blueprints.account.proofs import proved, why
from selfcare.database import db
from selfcare.forms.proofs import CodeForm, CodesFileForm, PasswordForm, ProveForm
from selfcare.language import _
from selfcare.services.accounts import two_factor
from selfcare.services.accounts.two_factor import WrongCode
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import downloads, rendering
from selfcare.web.access import current_account, current_sign_in, signed_in
from selfcare.web.headers import no_store

bp = Blueprint("two_factor", __name__, url_prefix="/account/security/two-factor")


@bp.route("/", methods=["GET", "POST"])
@signed_in
def index() -> ResponseReturnValue:
    """What it is and, once asked for, a new secret to read with an app."""
    me, form = current_account(), PasswordForm()
    if two_factor.of(me):
        return redirect(url_for("security.index"), code=303)
    if not (form.validate_on_submit() and proved(form)):
        return rendering.answer_form("account/two_factor/index.html", form)
    two_factor.prepare(me)
    db.session.commit()
    return redirect(url_for(".set_up"), code=303)


@bp.route("/new", methods=["GET", "POST"])
@signed_in
def set_up() -> ResponseReturnValue:
    """The secret as a picture and as text; the app's first code puts it in force."""
    me, form = current_account(), CodeForm()
    device = two_factor.prepared(me)
    if device is None:
        return redirect(url_for(".index"), code=303)
    if form.validate_on_submit():
        try:
            sign_in = current_sign_in()
            codes = two_factor.confirm(me, form.code.data or "", sign_in=sign_in)
        except (WrongCode, TooManyAttempts) as refusal:
            db.session.rollback()
            form.code.errors = [why(refusal)]
        else:
            db.session.commit()
            return no_store(rendering.page("account/two_factor/codes.html", codes=codes))
    secret = two_factor.secret(device)
    return no_store(rendering.answer_form("account/two_factor/new.html", form, secret=secret))


@bp.get("/qr.svg")
@signed_in
def qr_code() -> ResponseReturnValue:
    """The secret being set up, for an app's camera."""
    device = two_factor.prepared(current_account())
    if device is None:
        abort(404)
    picture = two_factor.qr_code(device, current_account(), issuer=config.current().brand_name)
    return no_store(Response(picture, mimetype="image/svg+xml"))


@bp.route("/codes", methods=["GET", "POST"])
@signed_in
def new_codes() -> ResponseReturnValue:
    """New recovery codes in place of the former ones."""
    form = ProveForm()
    if not (form.validate_on_submit() and proved(form)):
        return rendering.answer_form("account/two_factor/new_codes.html", form)
    codes = two_factor.renew_recovery_codes(current_account())
    db.session.commit()
    return no_store(rendering.page("account/two_factor/codes.html", codes=codes))


@bp.post("/codes.txt")
@signed_in
def codes_file() -> ResponseReturnValue:
    """The codes that the page has just shown, as a file."""
    return file_of_codes()


def file_of_codes() -> Response:
    """The signed-in person's codes as text; 404 for what are not theirs."""
    me, form = current_account(), CodesFileForm()
    codes = (form.codes.data or "").split()
    if not (form.validate() and two_factor.are_codes_of(me, codes)):
        abort(404)
    answer = Response("".join(f"{line}\r\n" for line in codes), mimetype="text/plain")
    answer.headers["Content-Disposition"] = downloads.attachment("recovery-codes", "txt")
    return no_store(answer)


@bp.route("/off", methods=["GET", "POST"])
@signed_in
def turn_off() -> ResponseReturnValue:
    """Do without; asks for password and code."""
    form = ProveForm()
    if current_account().is_staff or two_factor.of(current_account()) is None:
        return redirect(url_for("security.index"), code=303)
    if not (form.validate_on_submit() and proved(form)):
        return rendering.answer_form("account/two_factor/off.html", form)
    two_factor.turn_off(current_account())
    db.session.commit()
    flash(_("Two-factor sign-in is off."))
    return redirect(url_for("security.index"), code=303)
