"""Signing in and out (§3.2, figure 6); who forgot something goes to `recovery`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from selfcare import config
from selfcare.blueprints.oauth.leading import allow_forms_towards
from selfcare.blueprints.sign_in import second_step
from selfcare.database import db
from selfcare.forms.auth import SignInForm
from selfcare.forms.proofs import PasskeyForm
from selfcare.language.sign_in_wording import Why
from selfcare.models import SignIn
from selfcare.services.accounts import passkeys, sign_ins, signing_in
from selfcare.services.accounts.passkeys import PasskeyRefused, PasskeyWentBack
from selfcare.services.accounts.signing_in import AccountDisabled, WrongCredentials, WrongDoor
from selfcare.services.safety import browsers, throttling
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import csrf, known_browser, reasons, rendering
from selfcare.web.access import current_sign_in, public, sign_out, signed_in
from selfcare.web.addresses import safe_next
from selfcare.web.headers import no_store
from selfcare.web.resuming import shown_again

bp = Blueprint("auth", __name__)

AWAITING = "awaiting"
"""Where the session keeps the sign-in whose second factor is still to come."""


@bp.after_request
def name_where_forms_lead(answer: Response) -> Response:
    """Signing in on the way into the console ends there: the page must allow it (CONSOLE-1)."""
    allow_forms_towards(request.args.get("next", ""))
    return answer


@bp.route("/login", methods=["GET", "POST"])
@public("the way in")
@shown_again
def login() -> ResponseReturnValue:
    """Check login and password, then lead to the page first asked for (AUTH-1)."""
    target = safe_next(request.args.get("next"))
    if _is_in_already():
        return redirect(target, code=303)
    form = SignInForm(data={"login": reasons.login()})
    if not form.validate_on_submit():
        return rendering.answer_form("auth/login.html", form, why=reasons.told())
    try:
        sign_in = signing_in.sign_in(
            form.login.data or "", form.password.data or "", browser=browsers.present()
        )
    except WrongCredentials as why:
        db.session.commit()
        told: dict[str, Any] = {
            "disabled": isinstance(why, AccountDisabled),
            "staff": isinstance(why, WrongDoor),
        }
        return rendering.page("auth/login.html", form=form, refused=True, **told), 422
    except TooManyAttempts as wait:
        return rendering.answer_wait("auth/login.html", form, wait)
    db.session.commit()
    return _await_code(sign_in) if sign_in.awaits_code else _enter(sign_in, target)


@bp.route("/login/code", methods=["GET", "POST"])
@public("between the password and the first page")
@shown_again
def code() -> ResponseReturnValue:
    """The second factor, for those who have one (AUTH-7)."""
    sign_in = sign_ins.awaiting(session.get(AWAITING, ""))
    if sign_in is None:
        if AWAITING in session:
            reasons.say(Why.CODE_LATE)
        return redirect(url_for(".login", next=request.args.get("next")), code=303)
    opened, page = second_step.ask(sign_in, template="auth/code.html")
    return _enter(opened, safe_next(request.args.get("next"))) if opened else page


@bp.route("/login/passkey", methods=["GET", "POST"])
@public("another way in")
@shown_again
def passkey() -> ResponseReturnValue:
    """Sign in with a passkey, where browser and portal have them (AUTH-7)."""
    target = safe_next(request.args.get("next"))
    form, refusal = PasskeyForm(), None
    if not passkeys.possible():
        abort(404)
    if _is_in_already():
        return redirect(target, code=303)
    if form.validate_on_submit():
        try:
            sign_in = passkeys.sign_in(
                challenge=form.challenge.data or "",
                credential=form.credential.data or "",
                browser=browsers.present(),
            )
        except PasskeyRefused as why:
            refusal = why
        else:
            db.session.commit()
            return _enter(sign_in, target)
    throttling.of_address(browsers.present(), config.current().throttle_captcha).take()
    name, options = passkeys.ask()
    db.session.commit()
    page = rendering.page(
        "auth/passkey.html",
        form=form,
        name=name,
        options=options,
        refused=bool(refusal),
        went_back=isinstance(refusal, PasskeyWentBack),
    )
    return no_store((page, 422 if refusal else 200))


@bp.post("/logout")
@signed_in
def logout() -> ResponseReturnValue:
    """End this sign-in for good: a copy of its cookie is worth nothing afterwards."""
    answer = sign_out(to=url_for("auth.login"))
    reasons.say(Why.SIGNED_OUT)
    return answer


@bp.post("/signed-in")
@signed_in
def still_signed_in() -> ResponseReturnValue:
    """204 to a page the browser kept (Back), if its form token is that of the present sign-in.

    A page whose reader signed out, or left it to somebody else, gets anything but that.
    """
    return "", 204


def _is_in_already() -> bool:
    """Whether a reader who is signed in came to the sign-in page by mistake."""
    return request.method == "GET" and current_user.is_authenticated and "again" not in request.args


def _await_code(sign_in: SignIn) -> Response:
    """On to the second factor: no page opens until then."""
    _end_former()
    session.clear()
    session[AWAITING] = sign_in.get_id()
    session["locale"] = sign_in.account.locale  # whose page comes next is known
    return redirect(url_for(".code", next=request.args.get("next")), code=303)


def _enter(sign_in: SignIn, target: str) -> Response:
    """Hand the new sign-in to this browser, which is known from now on."""
    _end_former()
    session.clear()
    login_user(sign_in)
    csrf.begin(sign_in.account_id)
    g.account_id = sign_in.account_id
    answer = redirect(target, code=303)
    known_browser.remember(answer, sign_in.account)
    return answer


def _end_former() -> None:
    """The sign-in this browser had, if any: its cookie is about to be overwritten (AUTH-7)."""
    if current_user.is_authenticated:
        sign_ins.end(current_sign_in())
        db.session.commit()
