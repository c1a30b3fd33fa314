"""The words of API Login, API passwords and mailed codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfcare.language import _, _l
from selfcare.language.wording import console_problem

CODE_PURPOSE: Mapping[str, Any] = {
    "api_password": _l("Somebody, probably you, is setting a new API password for you."),
    "access_key": _l("Somebody, probably you, is making an access key for you."),
    "application_credential": _l(
        "Somebody, probably you, is making an application credential for you."
    ),
}
"""What a mailed code is for, in its mail."""

API_LOGIN_REFUSED: Mapping[str, Any] = {
    "wrong": _l(
        "The company account, the user name or the API password is wrong, or you have no API"
        " password yet."
    ),
    "lost": _l("Nobody looked at your password in time, and it was not kept: try again."),
}
"""Why an API Login opened nothing; any other code is a problem of the console."""

PASSWORD_PROBLEM: Mapping[str, Any] = {
    "lost": _l(
        "The console did not answer in time. Your password was not kept: set it again. Until then"
        " it is not certain which one is in force."
    ),
    "no_access": _l("You have no role in the technical console any more: nothing was changed."),
    "not_found": _l(
        "Your account in the console is not ready yet: nothing was changed. Set the password again"
        " once you have its mail."
    ),
    "weak_password": _l(
        "The console’s own rules refuse this password: nothing was changed. Choose another one."
    ),
}
"""Why an API password was not set; any other code is a problem of the console."""


def password_problem(code: str | None) -> str:
    """Why an API password was not set, in plain words, and what to do."""
    if known := PASSWORD_PROBLEM.get(code or ""):
        return str(known)
    what_next = _("Your password was not kept: set it again later.")
    return f"{console_problem(code)} {what_next}"


def api_login_refused(code: str | None) -> str:
    """Why an API Login opened nothing, in plain words."""
    known = API_LOGIN_REFUSED.get(code or "")
    return str(known) if known else f"{console_problem(code)} {_('Try again later.')}"


CREDENTIAL_PROBLEM: Mapping[str, Any] = {
    "wrong_api_password": _l("The API password is wrong, or you have none yet."),
    "no_project": _l("The API password is right, but you have no role in the console."),
    "role_not_held": _l("You do not have all of these roles in the console."),
    "quota": _l("The console holds as many access keys of yours as it allows: delete one first."),
    "conflict": _l("The console has one of that name already."),
    "unsupported": _l("This console has nothing of the kind."),
    "lost": _l("The console did not answer in time, and your API password was not kept longer."),
}
"""What differs from `CONSOLE_PROBLEM` where somebody does something with their own credentials."""

PROJECT_ROLE: Mapping[str, Any] = {
    "member": _l("Read and change (member)"),
    "reader": _l("Read only (reader)"),
}


def credential_problem(code: str | None) -> str:
    """Why a wish for a key or an application credential came to nothing, so far."""
    known = CREDENTIAL_PROBLEM.get(code or "")
    return str(known) if known else console_problem(code)
