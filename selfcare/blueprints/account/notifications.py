"""« Notifications »: which mails I get; the link of a mail that stops its kind (NOTIFY-1)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from selfcare.database import db
from selfcare.extensions import csrf
from selfcare.forms.confirming import ConfirmForm
from selfcare.forms.notifications import NotificationsForm
from selfcare.language import _
from selfcare.services.accounts import notifications
from selfcare.services.mail import choices
from selfcare.services.mail.choices import LinkForged
from selfcare.web import rendering
from selfcare.web.access import current_account, public, signed_in
from selfcare.web.headers import no_store
from selfcare.web.resuming import resumes

bp = Blueprint("notifications", __name__)


@bp.route("/account/notifications", methods=["GET", "POST"])
@signed_in
@resumes()
def index() -> ResponseReturnValue:
    """A box for each kind of mail that may be switched off."""
    me = current_account()
    wanted = set(choices.TOPIC) - choices.switched_off(me)
    form = NotificationsForm(data={"wanted": sorted(wanted)})
    if not form.validate_on_submit():
        return rendering.answer_form("account/notifications.html", form)
    notifications.choose(me, off=form.off)
    db.session.commit()
    flash(_("Your choice of mails is saved."))
    return redirect(url_for(".index"), code=303)


@bp.route("/mails/off/<token>", methods=["GET", "POST"])
@public("opened from a mail, or by the mail program of who got it (RFC 8058)")
def stop(token: str) -> ResponseReturnValue:
    """Ask, then stop this kind of mail; mail programs send the form by themselves."""
    try:
        link = choices.opened(token)
    except LinkForged:
        abort(404)
    done = request.method == "POST"
    if done:
        notifications.stop(link)
        db.session.commit()
    page = rendering.page(
        "account/stop_mails.html", kind=link.kind, token=token, done=done, form=ConfirmForm()
    )
    return no_store(page)


csrf.exempt(stop)  # a mail program has no session; the address itself is signed
