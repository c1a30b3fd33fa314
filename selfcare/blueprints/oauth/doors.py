"""The direct ways into the console: *Web Login* and *API Login* (§4.2, figures 12 to 15, 45)."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.blueprints.oauth.leading import allow_forms_towards
from selfcare.blueprints.oauth.remembered import Remembered
from selfcare.forms.oauth import ApiLoginForm, WebLoginForm
from selfcare.services.safety import browsers, throttling
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import rendering
from selfcare.web.access import public
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
    """Company account, user name and API password (CONSOLE-3).

    There is nothing to open with them yet: the password is not looked at, and the next page says
    so, whoever asks.
    """
    form = ApiLoginForm(
        data={"account": Remembered.ACCOUNT.read(), "user_name": Remembered.NAME.read()}
    )
    if not form.validate_on_submit():
        return rendering.page("oauth/api_login.html", form=form), 422 if form.errors else 200
    limits, asked = config.current().throttle_api, f"{form.account.data}|{form.user_name.data}"
    try:
        throttling.of_subject("api", asked, limits).take()
        throttling.of_address(browsers.present(), limits, kind="api-address").take()
    except TooManyAttempts as wait:
        return rendering.answer_wait("oauth/api_login.html", form, wait)
    kept = form.user_name.data if form.remember.data else ""
    answer = redirect(url_for(".credentials"), code=303)
    return Remembered.NAME.keep(answer, kept or "")


@bp.get("/credentials")
@public("it says what is not there yet")
def credentials() -> ResponseReturnValue:
    """API passwords and access keys: what comes here, and what works until then."""
    return rendering.page("oauth/credentials.html")
