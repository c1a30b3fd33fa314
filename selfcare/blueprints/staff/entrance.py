"""The door of staff: password, then the second factor, which they cannot do without (STAFF-5)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from selfcare import config
from selfcare.blueprints.account.two_factor import file_of_codes
from selfcare.blueprints.sign_in import second_step
from selfcare.database import db
from selfcare.forms.auth import SignInForm
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.proofs import CodeForm
from selfcare.language import _
from selfcare.language.sign_in_wording import Why
from selfcare.models import SignIn
from selfcare.services.accounts import sign_ins, signing_in, two_factor
from selfcare.services.accounts.signing_in import AccountDisabled, WrongCredentials, WrongDoor
from selfcare.services.accounts.two_factor import WrongCode
from selfcare.services.safety import browsers
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import known_browser, languages, realms, reasons, rendering, themes
from selfcare.web.access import current_account, current_sign_in, public, sign_out, signed_in
from selfcare.web.addresses import safe_next
from selfcare.web.headers import no_store
from selfcare.web.realms import Realm

bp = Blueprint("staff", __name__, url_prefix="/staff")

AWAITING = "awaiting"


@bp.before_app_request
def only_from_known_networks() -> None:
    """Outside `STAFF_NETWORKS` there is nothing below `/staff`."""
    if realms.present() is Realm.STAFF and not realms.is_open():
        abort(404)


@bp.route("/login", methods=["GET", "POST"])
@public("the way in for staff")
def login() -> ResponseReturnValue:
    """Login and password of a staff member."""
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(_target(), code=303)
    form = SignInForm()
    if not form.validate_on_submit():
        return rendering.answer_form("staff/login.html", form, why=reasons.told())
    try:
        sign_in = signing_in.sign_in(
            form.login.data or "",
            form.password.data or "",
            browser=browsers.present(),
            staff=True,
        )
    except WrongCredentials as why:
        db.session.commit()
        told: dict[str, Any] = {
            "disabled": isinstance(why, AccountDisabled),
            "other": isinstance(why, WrongDoor),
        }
        return rendering.page("staff/login.html", form=form, refused=True, **told), 422
    except TooManyAttempts as wait:
        return rendering.answer_wait("staff/login.html", form, wait)
    db.session.commit()
    if not sign_in.awaits_code:
        return _enter(sign_in, url_for(".second_factor"))
    session.clear()
    session[AWAITING] = sign_in.get_id()
    session["locale"] = sign_in.account.locale
    return redirect(url_for(".code", next=request.args.get("next")), code=303)


@bp.route("/login/code", methods=["GET", "POST"])
@public("between the password and the first page of staff")
def code() -> ResponseReturnValue:
    """The second factor."""
    sign_in = sign_ins.awaiting(session.get(AWAITING, ""))
    if sign_in is None:
        if AWAITING in session:
            reasons.say(Why.CODE_LATE)
        return redirect(url_for(".login", next=request.args.get("next")), code=303)
    opened, page = second_step.ask(sign_in, template="staff/code.html")
    return _enter(opened, _target()) if opened else page


@bp.route("/second-factor", methods=["GET", "POST"])
@signed_in
def second_factor() -> ResponseReturnValue:
    """Set up the app: the only page that opens without (STAFF-5)."""
    me = current_account()
    if two_factor.of(me):
        return redirect(url_for("staff_finding.index"), code=303)
    device = two_factor.prepared(me)
    if device is None:
        return _begin_device()
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes = two_factor.confirm(me, form.code.data or "", sign_in=current_sign_in())
        except (WrongCode, TooManyAttempts):
            db.session.rollback()
            form.code.errors = [_("This code is wrong or has already been used")]
        else:
            db.session.commit()
            return no_store(rendering.page("staff/codes.html", codes=codes))
    secret = two_factor.secret(device)
    return no_store(rendering.answer_form("staff/second_factor.html", form, secret=secret))


def _begin_device() -> ResponseReturnValue:
    form = ConfirmForm()
    if form.validate_on_submit():
        two_factor.prepare(current_account())
        db.session.commit()
        return redirect(url_for(".second_factor"), code=303)
    return rendering.answer_form("staff/second_factor.html", form, secret=None)


@bp.get("/second-factor/qr.svg")
@signed_in
def qr_code() -> ResponseReturnValue:
    """The secret being set up, for an app's camera."""
    device = two_factor.prepared(current_account())
    if device is None:
        abort(404)
    picture = two_factor.qr_code(
        device, current_account(), issuer=f"{config.current().brand_name} (staff)"
    )
    return no_store(Response(picture, mimetype="image/svg+xml"))


@bp.post("/codes.txt")
@signed_in
def codes_file() -> ResponseReturnValue:
    """The recovery codes that the page has just shown, as a file."""
    return file_of_codes()


@bp.post("/logout")
@signed_in
def logout() -> ResponseReturnValue:
    """End this sign-in, and a visit begun with it."""
    answer = sign_out(to=url_for(".login"))
    reasons.say(Why.SIGNED_OUT)
    return answer


@bp.post("/theme")
@public("the colours of the pages of staff")
def theme() -> ResponseReturnValue:
    """The same switch as the customers' pages have, with the form token of staff."""
    return themes.choose(request.form.get("theme", ""))


@bp.post("/language")
@public("the language of the pages of staff")
def language() -> ResponseReturnValue:
    """Show them in another language."""
    return languages.choose(request.form.get("locale", ""))


def _target() -> str:
    """The page that was asked for, if it is one of staff."""
    asked = safe_next(request.args.get("next"))
    return asked if asked.startswith("/staff/") else url_for("staff_finding.index")


def _enter(sign_in: SignIn, target: str) -> Response:
    session.clear()
    login_user(sign_in)
    g.account_id = sign_in.account_id
    answer = redirect(target, code=303)
    known_browser.remember(answer, sign_in.account)
    return answer  # type: ignore[return-value]  # Flask's own class
