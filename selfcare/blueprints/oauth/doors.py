"""The direct ways into the console: *Web Login* and *API Login* (§4.2, figures 12 to 15, 45)."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare.blueprints.oauth.leading import allow_forms_towards
from selfcare.blueprints.oauth.remembered import Remembered
from selfcare.database import db
from selfcare.forms.oauth import ApiLoginForm, WebLoginForm
from selfcare.language.credential_wording import api_login_refused
from selfcare.models import WishState, now
from selfcare.services.console.credentials import logins
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import rendering
from selfcare.web.access import public
from selfcare.web.credentials_access import ApiLoginCookie
from selfcare.web.headers import no_store
from selfcare.web.resuming import shown_again

bp = Blueprint("doors", __name__, url_prefix="/console")


@bp.route("/login", methods=["GET", "POST"])
@public("a way in; the portal's own sign-in comes next")
@shown_again
def web_login() -> ResponseReturnValue:
    """Ask for the company account, then lead to its console by the portal's sign-in (CONSOLE-2).

    Whether there is such an account is told to its own people only.
    """
    known = Remembered.ACCOUNT.read()
    form = WebLoginForm(data={"account": known, "remember": bool(known)})
    if not form.validate_on_submit():
        allow_forms_towards("/contracts/OCB/console")
        return rendering.page("oauth/web_login.html", form=form), 422 if form.errors else 200
    target = url_for("dashboard.console", ref=form.account.data)
    kept = form.account.data if form.remember.data else ""
    return Remembered.ACCOUNT.keep(redirect(target, code=303), kept or "")


@bp.get("/login/forgotten")
@public("it says where one's company account stands")
def forgotten() -> ResponseReturnValue:
    """Where to find the company account (figure 13)."""
    return rendering.page("oauth/forgotten_account.html")


@bp.route("/api-login", methods=["GET", "POST"])
@public("a way in; braked")
@shown_again
def api_login() -> ResponseReturnValue:
    """Company account, user name and API password (CONSOLE-3); a worker looks at them."""
    form = ApiLoginForm(
        data={"account": Remembered.ACCOUNT.read(), "user_name": Remembered.NAME.read()}
    )
    if not form.validate_on_submit():
        return rendering.answer_form("oauth/api_login.html", form)
    try:
        token = logins.ask(
            form.account.data or "",
            form.name_as_kept,
            form.password.data or "",
        )
    except TooManyAttempts as wait:
        return rendering.answer_wait("oauth/api_login.html", form, wait)
    db.session.commit()
    kept = form.user_name.data if form.remember.data else ""
    answer = Remembered.NAME.keep(redirect(url_for(".checking"), code=303), kept or "")
    return ApiLoginCookie.keep(answer, token)


@bp.get("/api-login/checking")
@public("whoever has just sent the form")
def checking() -> ResponseReturnValue:
    """Wait for the worker, then lead on; without scripts, too (API-5)."""
    asked = logins.asked(ApiLoginCookie.read() or "")
    if asked is None:
        return redirect(url_for(".api_login"), code=303)
    if asked.state in {WishState.QUEUED, WishState.RUNNING}:
        return no_store(rendering.page("oauth/api_login_checking.html", asked=asked))
    if asked.expires_at:
        return redirect(url_for("credentials.index", ref=asked.company_account), code=303)
    form = ApiLoginForm(data={"account": asked.company_account, "user_name": asked.user_name})
    if asked.wait_until and asked.wait_until > now():
        wait = TooManyAttempts(asked.wait_until)
        return rendering.answer_wait("oauth/api_login.html", form, wait)
    why = api_login_refused(asked.problem)
    return no_store(rendering.page("oauth/api_login.html", form=form, refused=why))


@bp.post("/api-login/end")
@public("whoever came by API Login leaves")
def end_api_login() -> ResponseReturnValue:
    """End the API Login of this browser."""
    logins.end(ApiLoginCookie.read() or "")
    db.session.commit()
    answer = redirect(url_for(".api_login"), code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return ApiLoginCookie.keep(answer, "")
