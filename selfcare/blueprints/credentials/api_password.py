"""A new API password in three pages, for whoever reads the account's mails (§6.1).

The same pages, answers and times for everybody: nobody is told who has an account. Where scripts
run, the captcha is a window and the code is counted down; without them, each is a page.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare import config
from selfcare.blueprints.sign_in.captcha import challenge_for, passed
from selfcare.database import db
from selfcare.forms.captcha import CaptchaForm
from selfcare.forms.credentials import ApiPasswordForm, ConfirmAccountForm
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.models import ApiReset, WishState, now
from selfcare.services.accounts.password_rules import PasswordRules, composed
from selfcare.services.console.credentials import codes, passwords, resets
from selfcare.services.console.credentials.codes import CodeOver, CodeRefused, WrongCode
from selfcare.services.console.iam.port import LONGEST_PASSWORD
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import rendering
from selfcare.web.access import public
from selfcare.web.headers import no_store
from selfcare.web.resuming import shown_again

bp = Blueprint("api_password", __name__, url_prefix="/console/api-password")

_TOKEN = "api_reset"  # noqa: S105 (where the session keeps it)
PARTS = {
    "step": "credentials/_new.html",
    "code-part": "credentials/_code.html",
    "code-told": "credentials/_code_told.html",
}
WINDOW = {"captcha-window": "credentials/_captcha.html"}


@bp.route("", methods=["GET", "POST"])
@public("the console access mail leads here, before one signs in")
@shown_again
def confirm() -> ResponseReturnValue:
    """« Confirmer le compte »: company account and mail address (figure 47)."""
    known = {"account": request.args.get("account", "")[:32]}
    if current_user.is_authenticated:
        known["email"] = current_user.account.email
    form = ConfirmAccountForm(data=known)
    if not form.validate_on_submit():
        return rendering.answer_form("credentials/confirm.html", form)
    session[_TOKEN] = resets.begin(form.account.data or "", form.email.data or "")
    db.session.commit()
    return redirect(url_for(".new"), code=303)


@bp.route("/new", methods=["GET", "POST"])
@public("whoever has just said which account; the code by mail proves it")
@shown_again
def new() -> ResponseReturnValue:
    """« Réinitialiser »: the password twice, and the code (figure 49)."""
    if (reset := _present()) is None:
        return redirect(url_for(".confirm"), code=303)
    if passwords.is_used(reset):
        return _on_to(url_for(".finish"))
    form = _form(reset)
    if request.method == "GET":
        return _shown(reset, form)
    refused = _prove(reset, form)
    if not refused and resets.is_proven(reset) and form.only_code and "code" in form:
        return _on_to(url_for(".new"))  # the password is chosen next, without hurry
    sound = form.validate()
    if refused and "code" in form:
        form.code.errors = [refused]
    if not sound or refused:
        return _shown(reset, form, code_only=set(form.errors) == {"code"})
    with suppress(passwords.NotProven):  # sent twice
        passwords.wish(reset, composed(form.password.data or ""))
    db.session.commit()
    return _on_to(url_for(".finish"))


@bp.route("/captcha", methods=["GET", "POST"])
@public("whoever has just said which account")
@shown_again
def captcha() -> ResponseReturnValue:
    """The security window: the characters, then its green tick and « OK » (figure 48)."""
    if (reset := _present()) is None:
        return redirect(url_for(".confirm"), code=303)
    form, challenge = CaptchaForm(), None
    if passed(form):
        reset.solved_captcha = True
        db.session.commit()
        return redirect(url_for(".captcha"), code=303)
    if not reset.solved_captcha:
        challenge = challenge_for(form)
        if challenge.is_question:
            form.answer.label.text = challenge.question(locale())
    db.session.commit()
    renewed = "renew" in request.form
    return no_store(
        rendering.answer_form(
            "credentials/captcha.html", form, parts=WINDOW, challenge=challenge, renewed=renewed
        )
    )


@bp.post("/code")
@public("whoever has just said which account and copied the characters")
def code() -> ResponseReturnValue:
    """« OK »: a code leaves, if there is such an account."""
    if (reset := _present()) is None:
        return redirect(url_for(".confirm"), code=303)
    in_part = rendering.wanted_part() is not None
    try:
        resets.ask_code(reset)
    except resets.CaptchaMissing:
        return redirect(url_for(".captcha"), code=303)
    except TooManyAttempts as wait:
        if not in_part:
            raise
        return _shown(reset, _form(reset), wait=wait)
    db.session.commit()
    return _shown(reset, _form(reset)) if in_part else redirect(url_for(".sending"), code=303)


@bp.get("/sending")
@public("whoever has just asked for a code")
def sending() -> ResponseReturnValue:
    """Wait until the mail has left, for browsers without scripts; nothing can be typed here."""
    reset = _present()
    asked = resets.code_of(reset) if reset else None
    if asked is None:
        return redirect(url_for(".confirm"), code=303)
    if asked.told_at or now() > asked.created_at + resets.LATE:
        return redirect(url_for(".new"), code=303)
    return no_store(rendering.page("credentials/sending.html"))


@bp.get("/finish")
@public("whoever has just chosen a password")
def finish() -> ResponseReturnValue:
    """« Terminer »: what came of it, by itself as soon as it is known."""
    reset = _present()
    wish = passwords.wished(reset) if reset else None
    if reset is None or wish is None:
        return redirect(url_for(".new"), code=303)
    return no_store(
        rendering.page(
            "credentials/finish.html",
            wish=wish,
            waits=wish.state in {WishState.QUEUED, WishState.RUNNING},
            until=passwords.kept_until(wish),
            again=resets.is_proven(reset),
            ref=reset.company_account,
        )
    )


def _present() -> ApiReset | None:
    return resets.opened(session.get(_TOKEN, ""))


def _form(reset: ApiReset) -> ApiPasswordForm:
    rules = PasswordRules(
        min_length=config.current().password_min_length,
        max_length=LONGEST_PASSWORD,
        max_bytes=LONGEST_PASSWORD,
    )
    return ApiPasswordForm(rules, email=reset.email, proven=resets.is_proven(reset))


def _prove(reset: ApiReset, form: ApiPasswordForm) -> str:
    """Try the code that was sent, if any and needed; what was wrong with it."""
    if "code" not in form or not form.code.data or not form.csrf_token.validate(form):
        return ""
    try:
        resets.prove(reset, form.code.data)
    except CodeRefused as why:
        return _refusal(why)
    finally:
        db.session.commit()  # the try counts, whatever comes of the rest
    return ""


def _refusal(why: CodeRefused) -> str:
    if isinstance(why, WrongCode) and why.tries_left:
        return str(_("This code is wrong. Tries left: %(count)s", count=why.tries_left))
    if isinstance(why, CodeOver):
        return str(_("This code is no longer good: get a new one"))
    return str(_("This code is wrong, and was tried five times: get a new one"))


def _shown(
    reset: ApiReset,
    form: ApiPasswordForm,
    *,
    code_only: bool = False,
    wait: TooManyAttempts | None = None,
) -> ResponseReturnValue:
    """The page, its form, or only the code's part: what was typed elsewhere stays in the page."""
    asked = resets.code_of(reset)
    context: dict[str, Any] = {
        "form": form,
        "asked": asked,
        "over": asked is not None and codes.is_over(asked),
        "ends_at": codes.ends_at(asked) if asked else None,
        "present": now(),
        "proven": resets.is_proven(reset),
        "wait": wait,
    }
    status = 422 if form.errors or wait else 200
    if code_only and rendering.wanted_part() == "step":
        answer = no_store((rendering.page(PARTS["code-part"], **context), status))
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#code-part", "outerHTML"
        return answer
    return no_store((rendering.page("credentials/new.html", parts=PARTS, **context), status))


def _on_to(address: str) -> ResponseReturnValue:
    if rendering.wanted_part():
        return "", 204, {"HX-Redirect": address}
    return redirect(address, code=303)
