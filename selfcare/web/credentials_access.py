"""Who opens the credentials pages of a contract: by the portal's sign-in, or by API Login (API-5).

```python
@bp.get("/contracts/<ref>/console/credentials/")
@opens_credentials
def index(holder: Holder) -> ResponseReturnValue: ...
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, abort, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from selfcare import config
from selfcare.extensions import login_manager
from selfcare.models import Account, ApiLogin, ConsoleAccess, Contract
from selfcare.rights import RULES, Ability
from selfcare.services.console.credentials import logins
from selfcare.services.users import places
from selfcare.web.access import ProfileMissing, Requirement, current_account, declared, enter

View = TypeVar("View", bound=Callable[..., Any])

NEEDED = Ability.OPEN_CONSOLE


@dataclass(frozen=True)
class Holder:
    """Whose keys these pages are about, and on which contract."""

    account: Account
    contract: Contract
    console: ConsoleAccess
    login: ApiLogin | None
    """The API Login they came by; None for a sign-in of the portal."""


def opens_credentials(view: View) -> View:
    """The view is for whoever has a console role on the contract in its address.

    It gets `holder` instead of `ref`. An API Login opens it, too: that is all it opens, so such a
    page asks `holder` who is there, and never `current_account`.
    """

    @wraps(view)
    def checked(*args: Any, ref: str, **kwargs: Any) -> Any:
        holder = _by_api_login(ref)
        if holder is None:
            if not current_user.is_authenticated:
                return _ask_to_sign_in()
            holder = _by_sign_in(ref)
        if not holder.contract.offer.has_console:
            abort(404)
        return view(*args, holder=holder, **kwargs)

    return declared(cast("View", checked), Requirement(ability=NEEDED))


def _by_sign_in(ref: str) -> Holder:
    here = enter(ref)
    g.section = RULES[NEEDED].section
    if not here.rights.may(NEEDED) or here.console is None:
        raise ProfileMissing(NEEDED, here.contract)
    return Holder(current_account(), here.contract, here.console, None)


def _by_api_login(ref: str) -> Holder | None:
    """Where somebody is signed in to the portal and has a console role there, that one counts."""
    if (token := ApiLoginCookie.read()) is None:
        return None
    if current_user.is_authenticated:
        here = places.place_of(current_account().id, ref)
        if here and here.rights.may(NEEDED):
            return None
    found = logins.opened(token, ref)
    if found is None:
        return None
    g.account_id = found.account.id  # for the log
    return Holder(found.account, found.contract, found.console, found.login)


def _ask_to_sign_in() -> Any:
    """Back to where they came from: API Login, where this browser came that way."""
    if ApiLoginCookie.read() is not None and request.method == "GET":
        return redirect(url_for("doors.api_login"), code=303)
    return login_manager.unauthorized()


class ApiLoginCookie:
    """The cookie of an API Login: its own, beside the session's."""

    @staticmethod
    def _name() -> str:
        return "__Host-api_login" if config.current().secure else "api_login"

    @classmethod
    def read(cls) -> str | None:
        """The token in it."""
        return request.cookies.get(cls._name())

    @classmethod
    def keep(cls, answer: ResponseReturnValue, token: str) -> Response:
        """The answer, which has the browser keep it; without a token, forget it."""
        kept = make_response(answer)
        kept.set_cookie(
            cls._name(),
            token,
            max_age=int(logins.OPEN_FOR.total_seconds()) + 120 if token else 0,
            secure=config.current().secure,
            httponly=True,
            samesite="Lax",
        )
        return kept
