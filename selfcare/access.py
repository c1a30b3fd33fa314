"""Who is signed in, which contract they are on, and what they may do there.

Every view says its right with one of `requires`, `signed_in` or `public`; a guard test refuses a
route without. A contract one is no member of answers 404, a missing profile 403.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_login import current_user, login_required, logout_user
from sqlalchemy import Row, Select
from werkzeug.exceptions import Forbidden
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from selfcare import resuming
from selfcare.config import Settings
from selfcare.database import Chosen, db
from selfcare.extensions import login_manager
from selfcare.models import Account, Contract, SignIn
from selfcare.rights import RULES, Ability
from selfcare.services import memberships, sessions
from selfcare.services.memberships import Place

View = TypeVar("View", bound=Callable[..., Any])
Entity = TypeVar("Entity")


class RowId(IntegerConverter):
    """The `int` of our addresses: a number that a row may have; a larger one is 404, not an error.

    The databases refuse to compare their INTEGER with more.
    """

    LARGEST = 2**31 - 1

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=self.LARGEST)


class Missing(Forbidden):
    """The person's profiles on this contract do not have the ability; the page says which do."""

    def __init__(self, ability: Ability, contract: Contract) -> None:
        super().__init__()
        self.ability, self.rule, self.contract = ability, RULES[ability], contract


@dataclass(frozen=True)
class Right:
    """What a view declares: an ability, "signed in", or public with a reason."""

    ability: Ability | None = None
    public: str = ""


def requires(ability: Ability) -> Callable[[View], View]:
    """The view is for members of the contract in its address who have the ability.

    It gets `contract` instead of `ref`; `place()` knows the rest.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, ref: str, **kwargs: Any) -> Any:
            here = enter(ref)
            g.section = RULES[ability].section
            if not here.rights.may(ability):
                raise Missing(ability, here.contract)
            return view(*args, contract=here.contract, **kwargs)

        return _declared(cast("View", login_required(checked)), Right(ability=ability))

    return decorate


def signed_in(view: View) -> View:
    """The view is for anybody signed in and shows only what is theirs."""
    return _declared(cast("View", login_required(view)), Right())


def public(reason: str) -> Callable[[View], View]:
    """The view is for everybody; the reason is part of the declaration."""

    def decorate(view: View) -> View:
        return _declared(view, Right(public=reason))

    return decorate


def _declared(view: View, right: Right) -> View:
    view.right = right  # type: ignore[attr-defined]
    return view


def one_or_404(statement: Select[Entity]) -> Entity:
    """The only entity a statement finds; what is not there, or not theirs, answers 404."""
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        abort(404)
    return found


def row_or_404(chosen: Chosen) -> Row[*tuple[Any, ...]]:
    """The only row a list's statement finds; 404 otherwise."""
    found = db.session.execute(chosen.statement, chosen.values).one_or_none()
    if found is None:
        abort(404)
    return found


def enter(ref: str) -> Place:
    """The signed-in person's place on a contract; 404 where they have none."""
    found = memberships.place_of(current_account().id, ref)
    if found is None:
        abort(404)
    if found.membership.invited_as is not None:
        memberships.arrive(found.membership)
    g.place = found
    return found


def place() -> Place | None:
    """The contract of this page, if it belongs to one."""
    return cast("Place | None", g.get("place"))


def current_account() -> Account:
    """The signed-in person."""
    return cast("SignIn", current_user).account


def sign_out(*, to: str) -> Response:
    """End this browser's sign-in for good, and lead on; its cookie is worth nothing afterwards."""
    sessions.end(cast("SignIn", current_user))
    db.session.commit()
    logout_user()
    session.clear()
    answer = redirect(to, code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # what was seen is not left on a shared machine
    return answer


def settings() -> Settings:
    """The application's settings."""
    return cast("Settings", current_app.extensions["settings"])


def local_part(url: str | None) -> str:
    """Path and query of an address a browser names; nothing if it cannot be read."""
    try:
        return urlsplit(url or "")._replace(scheme="", netloc="", fragment="").geturl()
    except ValueError:
        return ""


def safe_next(target: str | None) -> str:
    r"""Where to go after signing in: an address of this portal, else home (AUTH-1).

    Refuses other hosts in every spelling (`//evil`, `/\evil`, `https:evil`) and loops.
    """
    home = url_for("home.index")
    if not target or not target.startswith("/") or len(target) > 2000:
        return home
    if target.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in target):
        return home
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or parts.path in {"/login", "/logout"}:
        return home
    return target


def init_app(app: Flask) -> None:
    """Bind Flask-Login to the `sign_ins` rows; know what a number in an address may be."""
    app.url_map.converters["int"] = RowId
    login_manager.init_app(app)
    login_manager.session_protection = None  # text browsers' addresses and agents change
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_refuse_nul)
    app.before_request(_staff_use_two_factors)


def _load(token: str) -> SignIn | None:
    sign_in = sessions.load(token, settings=settings())
    if sign_in:
        g.account_id = sign_in.account_id  # for the log, which asks no database
    return sign_in


def _refuse_nul() -> None:
    """No address of ours holds a NUL, and PostgreSQL takes none."""
    if "\0" in request.path:
        abort(404)


def _staff_use_two_factors() -> Response | None:
    """Staff signed in with a password alone get no further than setting up a code (AUTH-7)."""
    if request.blueprint in {None, "two_factor", "health", "site"}:
        return None
    if request.endpoint in {"auth.logout", "account.language"}:
        return None
    if not current_user.is_authenticated or current_user.two_factor:
        return None
    return redirect(url_for("two_factor.index"), code=303) if current_account().is_staff else None


def _ask_to_sign_in() -> Response:
    """Send to the sign-in page and back again; an htmx part cannot show it, so the page goes."""
    in_part = bool(request.headers.get("HX-Request"))
    if kept := resuming.keep():
        asked = f"{request.path}?kept={kept}"
    elif in_part:
        asked = local_part(request.headers.get("HX-Current-URL"))
    elif request.method == "GET":
        asked = request.full_path.rstrip("?")
    else:
        asked = _page_of_form()
    target = asked if asked != url_for("home.index") else ""
    address = url_for("auth.login", next=target or None)
    return (
        Response(status=204, headers={"HX-Redirect": address})
        if in_part
        else redirect(address, code=303)
    )


def _page_of_form() -> str:
    """Where a form that was sent stands: its own address, if that is a page, else its referrer."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.path
    return local_part(request.referrer)
