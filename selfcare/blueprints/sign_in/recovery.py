"""Forgotten password, forgotten login, and the links those mails carry (§3.1, §3.3, §3.4)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare import config
from selfcare.blueprints.sign_in.captcha import challenge_for, passed
from selfcare.database import db
from selfcare.forms.captcha import CaptchaForm
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.fields import trimmed
from selfcare.forms.profile import NewPasswordForm
from selfcare.forms.recovery import ForgottenLoginForm, ForgottenPasswordForm, PasswordLevelForm
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.language.sign_in_wording import Why
from selfcare.models import LinkPurpose, SignIn
from selfcare.services.accounts import passkeys, passwords, people, recovery
from selfcare.services.accounts.people import EmailTaken
from selfcare.services.mail import links
from selfcare.services.mail.links import LinkDead
from selfcare.services.safety import browsers, throttling
from selfcare.web import known_browser, reasons, rendering
from selfcare.web.access import current_sign_in, public
from selfcare.web.headers import no_store
from selfcare.web.resuming import shown_again

bp = Blueprint("recovery", __name__)

_OPENED = "link"
"""Where the session keeps the token of an opened link: out of the address, out of the referrer."""


@bp.route("/password/forgot", methods=["GET", "POST"])
@public("asked by people who cannot sign in")
@shown_again
def forgotten_password() -> ResponseReturnValue:
    """« Personnalisation du mot de passe »: login and captcha (figure 2)."""
    form = ForgottenPasswordForm()
    if request.method == "GET":
        form.login.data = trimmed(request.args.get("login", "")[:254])
    if not passed(form):
        return _form_page("recovery/password.html", form)
    _ask("password", form.login.data or "")
    return redirect(url_for(".password_asked"), code=303)


@bp.get("/password/forgot/sent")
@public("asked by people who cannot sign in")
def password_asked() -> ResponseReturnValue:
    """The same words whether the login exists or not (figure 3)."""
    return rendering.page("recovery/password_asked.html")


@bp.route("/login/forgot", methods=["GET", "POST"])
@public("asked by people who cannot sign in")
@shown_again
def forgotten_login() -> ResponseReturnValue:
    """« Vous avez perdu votre identifiant »: mail address and captcha (figure 7)."""
    form = ForgottenLoginForm()
    if not passed(form):
        return _form_page("recovery/login.html", form)
    _ask("login", form.email.data or "")
    return redirect(url_for(".login_asked"), code=303)


@bp.get("/login/forgot/sent")
@public("asked by people who cannot sign in")
def login_asked() -> ResponseReturnValue:
    """The same words whether the address is known or not (figure 8)."""
    return rendering.page("recovery/login_asked.html")


@bp.get("/password/set/<token>")
@bp.get("/email/confirm/<token>")
@public("opened from a mail")
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address; nothing is changed by opening a link."""
    session[_OPENED] = token
    endpoint = ".set_password" if request.path.startswith("/password/") else ".confirm_email"
    answer = no_store(redirect(url_for(endpoint), code=303))
    answer.headers["Referrer-Policy"] = "no-referrer"  # the link is told to nobody
    return answer


@bp.route("/password/set", methods=["GET", "POST"])
@public("whoever holds the link of the mail")
@shown_again
def set_password() -> ResponseReturnValue:
    """« Changement de mot de passe » (figure 5)."""
    try:
        token = session.get(_OPENED) or request.form.get("link", "")
        link = links.opened(token, LinkPurpose.SET_PASSWORD)
        session[_OPENED] = token  # once more, if its cookie was lost while the page stood open
        account, rules = link.account, passwords.rules()
        form = NewPasswordForm(rules, login=account.login, passkeys=passkeys.of(account))
        if not form.validate_on_submit():
            page = "recovery/set_password.html"
            return no_store(rendering.answer_form(page, form, account=account, link=token))
        chosen, keep = form.password.data or "", _mine(link.account_id)
        recovery.set_password(link, chosen, keep=keep, keep_passkeys=form.keeps_passkeys)
    except LinkDead:
        return no_store((rendering.page("recovery/dead.html"), 410))
    db.session.commit()
    session.pop(_OPENED, None)
    if keep:
        flash(_("Your password is changed. A mail confirms it."))
    else:
        reasons.say(Why.PASSWORD_CHANGED, login=account.login)
    answer = redirect(url_for("auth.login"), code=303)
    known_browser.remember(answer, account)  # whoever reads the account's mails is its owner
    return answer


@bp.post("/password/level")
@public("whoever chooses a password, signed in or by a mailed link")
def password_level() -> ResponseReturnValue:
    """The rules' verdict on a password that is still being typed (AUTH-3)."""
    limits = config.current().throttle_captcha
    throttling.of_address(browsers.present(), limits, kind="password-level").take()
    form = PasswordLevelForm()
    form.validate_on_submit()
    level = passwords.rules().level(form.password.data or "", login=form.login.data or "")
    return no_store(Response(level, mimetype="text/plain"))


@bp.route("/email/confirm", methods=["GET", "POST"])
@public("whoever holds the link of the mail")
def confirm_email() -> ResponseReturnValue:
    """The new address counts once its owner says so (ACCOUNT-1)."""
    try:
        link = links.opened(session.get(_OPENED, ""), LinkPurpose.CONFIRM_EMAIL)
        if not ConfirmForm().validate_on_submit():
            form = ConfirmForm()
            return no_store(rendering.page("recovery/confirm_email.html", form=form, link=link))
        people.confirm_email(link)
    except LinkDead:
        return no_store((rendering.page("recovery/dead_email.html"), 410))
    except EmailTaken:
        db.session.commit()
        return no_store((rendering.page("recovery/email_taken.html"), 409))
    db.session.commit()
    session.pop(_OPENED, None)
    if current_user.is_authenticated:
        flash(_("Your new email address is confirmed."))
    else:
        reasons.say(Why.EMAIL_CONFIRMED)
    return redirect(url_for("account.profile"), code=303)


def _ask(wanted: str, given: str) -> None:
    recovery.ask(wanted, given, browser=browsers.present())
    db.session.commit()


def _form_page(template: str, form: CaptchaForm) -> ResponseReturnValue:
    challenge = challenge_for(form)
    db.session.commit()
    if challenge.is_question:
        form.answer.label.text = challenge.question(locale())
    renewed = "renew" in request.form  # the reader goes on there
    return no_store(rendering.answer_form(template, form, challenge=challenge, renewed=renewed))


def _mine(account_id: int) -> SignIn | None:
    """This browser's sign-in, if it is the same person's: it goes on."""
    if current_user.is_authenticated and current_user.account_id == account_id:
        return current_sign_in()
    return None
