"""The code after the password: the same at both doors, each with its page (AUTH-7, STAFF-5)."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from selfcare.database import db
from selfcare.forms.proofs import CodeForm
from selfcare.language import _
from selfcare.models import SignIn
from selfcare.services.accounts import signing_in
from selfcare.services.accounts.two_factor import WrongCode
from selfcare.services.safety import browsers
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import rendering


def ask(sign_in: SignIn, *, template: str) -> tuple[SignIn | None, ResponseReturnValue]:
    """The sign-in that the code has opened; else None, and the page to answer with."""
    form = CodeForm()
    if not form.validate_on_submit():
        return None, rendering.answer_form(template, form)
    try:
        opened = signing_in.give_code(sign_in, form.code.data or "", browser=browsers.present())
    except WrongCode:
        db.session.commit()
        form.code.errors = [_("This code is wrong or has already been used")]
        return None, rendering.answer_form(template, form)
    except TooManyAttempts as wait:
        return None, rendering.answer_wait(template, form, wait)
    db.session.commit()
    return opened, ""
