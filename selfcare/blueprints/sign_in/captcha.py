"""The captcha's image and sound, and the challenge a form shows (AUTH-2)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.database import db
from selfcare.forms.captcha import CaptchaForm
from selfcare.language import _
from selfcare.language.i18n import locale
from selfcare.services.accounts import captcha, recovery
from selfcare.services.accounts.captcha import Captcha
from selfcare.services.safety import browsers, throttling
from selfcare.web.access import public
from selfcare.web.headers import no_store

bp = Blueprint("captcha", __name__)

PLAYER_POLICY = "default-src 'none'; media-src 'self'; frame-ancestors 'none'"
"""Browsers play a sound on a page of their own, under the sound's policy."""


@bp.get("/captcha/<name>.png")
@public("shown before signing in")
def picture(name: str) -> ResponseReturnValue:
    """The characters to copy."""
    _slow_down(config.current().throttle_captcha)
    return _file(captcha.picture(name), "image/png")


@bp.get("/captcha/<name>.wav")
@public("played before signing in")
def sound(name: str) -> ResponseReturnValue:
    """The same characters, read aloud."""
    _slow_down(config.current().throttle_captcha_sound, kind="captcha-sound")
    answer = _file(captcha.sound(name, locale()), "audio/wav")
    answer.headers["Content-Security-Policy"] = PLAYER_POLICY
    return answer


def passed(form: CaptchaForm) -> bool:
    """Whether the form was sent and is right; to ask for another captcha is not to send it.

    The captcha is looked at last, so that another mistake does not use it up: asked once, it is
    gone.
    """
    if request.method == "GET" or request.form.get("renew"):
        return False
    recovery.check_address(browsers.present())
    if not form.validate_on_submit():
        return False
    if captcha.solved(form.captcha.data or "", form.answer.data or ""):
        return True
    form.answer.errors = [
        _("Wrong answer, or the page was open for more than 10 minutes: try again below")
    ]
    return False


def challenge_for(form: CaptchaForm) -> Captcha:
    """The challenge the form shows: still the same one, or a new one (asked for, or used up)."""
    renew = request.form.get("renew") or request.args.get("captcha", "")
    if not request.form.get("renew"):
        present = captcha.look(form.captcha.data or "")
        if present:
            return present
    _slow_down(config.current().throttle_captcha, kind="captcha-new")
    was_question = request.form.get("kind") == "question" and not request.form.get("renew")
    question = config.current().captcha_question and (renew == "question" or was_question)
    challenge = captcha.make(question=question)
    db.session.commit()
    form.captcha.data, form.answer.data = challenge.name, ""
    return challenge


def _slow_down(limits: str, *, kind: str = "captcha") -> None:
    throttling.of_address(browsers.present(), limits, kind=kind).take()


def _file(content: bytes | None, mimetype: str) -> Response:
    if content is None:
        abort(404)
    return no_store(Response(content, mimetype=mimetype))
