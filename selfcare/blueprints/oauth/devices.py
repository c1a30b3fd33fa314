"""The page where somebody types the code that a device shows, and lets it in (RFC 8628, 3.3)."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from selfcare import config
from selfcare.blueprints.oauth.remembered import Remembered
from selfcare.database import db
from selfcare.forms.oauth import ContinueForm, UserCodeForm
from selfcare.language import _
from selfcare.models import OidcDevice
from selfcare.services.oidc import devices
from selfcare.services.safety import throttling
from selfcare.services.users import places
from selfcare.services.users.places import Place
from selfcare.web import rendering
from selfcare.web.access import current_account, current_sign_in, signed_in

bp = Blueprint("oauth_devices", __name__)


@bp.route("/device", methods=["GET", "POST"])
@signed_in
def index() -> ResponseReturnValue:
    """Type the code; a link with the code in it fills the form and sends nothing."""
    form = UserCodeForm(formdata=request.form if request.method == "POST" else request.args)
    if request.method == "GET" or not form.validate_on_submit():
        return rendering.answer_form("oauth/device.html", form)
    _brake("device")
    device = devices.shown(form.user_code.data or "")
    if device is None:
        form.user_code.errors = [_("No device shows this code, or it is older than ten minutes.")]
        return rendering.answer_form("oauth/device.html", form)
    return _ask(device)


@bp.post("/device/answer")
@signed_in
def answer() -> ResponseReturnValue:
    """Let the device in, for a contract, or not."""
    code, form = UserCodeForm(), ContinueForm()
    _brake("device-answer")
    device = devices.shown(code.user_code.data or "", lock=True)
    if device is None or not form.validate_on_submit():
        return rendering.page("oauth/device.html", form=code), 422
    here = {one.contract.ref: one for one in _places()}.get(form.contract.data or "")
    if form.refused.data:
        devices.refuse(device)
    elif here is None:
        return _ask(device)
    else:
        devices.allow(device, sign_in=current_sign_in(), contract=here.contract)
    db.session.commit()
    return rendering.page("oauth/device_answered.html", refused=form.refused.data)


def _brake(kind: str) -> None:
    """Codes are guessed slowly, on either page."""
    limits = config.current().throttle_code
    throttling.of_subject(kind, str(current_account().id), limits).take()


def _ask(device: OidcDevice) -> ResponseReturnValue:
    return rendering.page(
        "oauth/device_choice.html",
        device=device,
        places=_places(),
        last=Remembered.CHOICE.read(),
    )


def _places() -> list[Place]:
    return [
        here
        for here in places.console_places_of(current_account().id)
        if here.console and here.console.is_settled and not here.console.is_disabled
    ]
