"""What the forms of « My Credential » share: the mailed code, the refusals, the way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from selfcare.database import db
from selfcare.forms.console_credentials import ApiPasswordForm, NewKeyForm
from selfcare.language import _
from selfcare.models import CodePurpose, CredentialWish, now
from selfcare.services.console.credentials import codes, wishes
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web import rendering
from selfcare.web.credentials_access import Holder
from selfcare.web.headers import no_store

PARTS = {"code-part": "credentials/_mailed_code.html"}


def answer(
    template: str,
    form: ApiPasswordForm,
    holder: Holder,
    wish: Callable[[], CredentialWish],
    *,
    purpose: CodePurpose | None = None,
    **context: Any,
) -> ResponseReturnValue:
    """Send the code, or check what was given and wish it; else the page with the form.

    Args:
        template: the page with the form.
        form: as it was sent.
        holder: whose credentials.
        wish: writes the wish of a valid form.
        purpose: what the mailed code is for; None where no code is asked.
        context: what the page needs besides.
    """
    problems: list[str] = []
    wished: CredentialWish | None = None
    wait: TooManyAttempts | None = None
    try:
        with db.session.begin_nested():  # a code that was used for a refusal was not used
            if isinstance(form, NewKeyForm) and purpose and form.get_code.data:
                codes.send(holder.account, holder.contract, purpose=purpose)
            elif form.validate_on_submit() and _proven(form, holder, purpose):
                wished = wish()
    except wishes.Refused as refusal:
        problems = [_why(refusal)]
    except TooManyAttempts as too_many:
        wait = too_many
    if wished:
        there = url_for("credentials_outcomes.show", ref=holder.contract.ref, mark=wished.mark)
        db.session.commit()
        return redirect(there, code=303)
    code = codes.present(holder.account, holder.contract, purpose=purpose) if purpose else None
    context |= {
        "parts": PARTS,
        "holder": holder,
        "problems": problems,
        "code": code,
        "ends_at": codes.ends_at(code) if code else None,
        "present": now(),
    }
    if wait:
        shown = rendering.answer_wait(template, form, wait, **context)
    else:
        wrong = form.errors or problems
        shown = rendering.page(template, form=form, **context), 422 if wrong else 200
    db.session.commit()
    return no_store(shown)


def _proven(form: ApiPasswordForm, holder: Holder, purpose: CodePurpose | None) -> bool:
    """Whether the mailed code is right; a wrong one counts, whatever else becomes of the form."""
    if purpose is None or not isinstance(form, NewKeyForm):
        return True
    try:
        codes.check(holder.account, holder.contract, form.code.data or "", purpose=purpose)
    except codes.WrongCode as wrong:
        form.code.errors = [_("This code is wrong. Tries left: %(n)s.", n=wrong.tries_left)]
    except codes.CodeOver:
        form.code.errors = [_("The time of this code is over, or it was used: get a new one.")]
    else:
        return True
    return False


def _why(refusal: wishes.Refused) -> str:
    if isinstance(refusal, wishes.Busy):
        return _("What you asked before is still being done: wait for it.")
    if isinstance(refusal, wishes.NameTaken):
        return _("You have an application credential of that name already.")
    return _("You have two access keys already: delete one first.")
