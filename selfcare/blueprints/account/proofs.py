"""Asking a signed-in person for password or code again; the field says what is wrong."""

from __future__ import annotations

from wtforms import Field

from selfcare.forms.proofs import PasswordForm, ProveForm
from selfcare.language import _
from selfcare.services.accounts import signing_in, two_factor
from selfcare.services.accounts.signing_in import WrongCredentials
from selfcare.services.accounts.two_factor import WrongCode
from selfcare.services.safety.throttling import TooManyAttempts
from selfcare.web.access import current_account


def proved(form: PasswordForm) -> bool:
    """Whether the password, and the code where the form has one, are right."""
    return has_password(form.password) and (not isinstance(form, ProveForm) or has_code(form.code))


def has_password(field: Field) -> bool:
    """Whether the field holds the signed-in person's password."""
    try:
        signing_in.check_password(current_account(), field.data or "")
    except (WrongCredentials, TooManyAttempts) as refusal:
        field.errors = [why(refusal)]
        return False
    return True


def has_code(field: Field) -> bool:
    """Whether the field holds a code of theirs that is good now."""
    try:
        brake = two_factor.brake_of_signed_in(current_account())
        two_factor.check(current_account(), field.data or "", brake=brake)
    except (WrongCode, TooManyAttempts) as refusal:
        field.errors = [why(refusal)]
        return False
    return True


def why(refusal: Exception) -> str:
    """The refusal in the reader's words."""
    if isinstance(refusal, TooManyAttempts):
        return str(_("Too many attempts: try again in %(n)s min", n=refusal.minutes))
    if isinstance(refusal, WrongCredentials):
        return str(_("That is not your current password"))
    return str(_("This code is wrong or has already been used"))
