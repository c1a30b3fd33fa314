"""Who is signed in, which contract they are on, and what they may do there.

Every view says its right with one of `requires`, `signed_in` or `public`; a guard test refuses a
route without one. The answer is 404 if you are not a member of the contract, and 403 if your
profile is too low.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

from flask import abort, g, redirect, session, url_for
from flask_login import current_user, login_required, logout_user
from sqlalchemy import Row, Select
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from selfcare import rights
from selfcare.database import Bound, db
from selfcare.models import Account, Contract, SignIn
from selfcare.rights import RULES, Ability, StaffAbility
from selfcare.services.accounts import sign_ins
from selfcare.services.presence import Presence
from selfcare.services.staff import agents
from selfcare.services.users import places
from selfcare.services.users.places import Place

View = TypeVar("View", bound=Callable[..., Any])

Entity = TypeVar("Entity")


class ProfileMissing(Forbidden):
    """The person's profiles on this contract do not have the ability; the page says which do."""

    def __init__(self, ability: Ability, contract: Contract) -> None:
        super().__init__()
        self.ability, self.rule, self.contract = ability, RULES[ability], contract


class RoleMissing(Forbidden):
    """The staff member's roles do not have the ability; the page says which do."""

    def __init__(self, ability: StaffAbility) -> None:
        super().__init__()
        self.ability = ability


@dataclass(frozen=True)
class Requirement:
    """The right a view declares: an ability, "signed in", or public with a reason.

    Views below `/staff` declare an ability of staff.
    """

    ability: Ability | None = None
    public: str = ""
    staff: StaffAbility | None = None


def requires(ability: Ability) -> Callable[[View], View]:
    """The view is for members of the contract in its address who have the ability.

    It gets `contract` instead of `ref`, or `contract_id` where that is enough; `place()` knows the
    rest.
    """

    def decorate(view: View) -> View:
        by_id = "contract_id" in signature(view).parameters

        @wraps(view)
        def checked(*args: Any, ref: str, **kwargs: Any) -> Any:
            here = enter(ref)
            g.section = RULES[ability].section
            if not here.rights.may(ability):
                raise ProfileMissing(ability, here.contract)
            if by_id:
                return view(*args, contract_id=here.contract_id, **kwargs)
            return view(*args, contract=here.contract, **kwargs)

        return declared(cast("View", login_required(checked)), Requirement(ability=ability))

    return decorate


def signed_in(view: View) -> View:
    """The view is for anybody signed in and shows only what is theirs."""
    return declared(cast("View", login_required(view)), Requirement())


def public(reason: str) -> Callable[[View], View]:
    """The view is for everybody; the reason is part of the declaration."""

    def decorate(view: View) -> View:
        return declared(view, Requirement(public=reason))

    return decorate


def staff(ability: StaffAbility) -> Callable[[View], View]:
    """The view is for staff with the ability, signed in with a second factor (STAFF-5)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not current_user.two_factor:
                return redirect(url_for("staff.second_factor"), code=303)
            if not staff_may(ability):
                raise RoleMissing(ability)
            return view(*args, **kwargs)

        return declared(cast("View", login_required(checked)), Requirement(staff=ability))

    return decorate


def staff_may(ability: StaffAbility) -> bool:
    """Whether the signed-in staff member has an ability; reads their roles once a request."""
    if "staff_roles" not in g:
        g.staff_roles = agents.roles_of(current_account())
    return rights.staff_may(g.staff_roles, ability)


def declared(view: View, right: Requirement) -> View:
    """The view with its right, which the guard of all routes reads."""
    view.right = right  # type: ignore[attr-defined]
    return view


def one_or_404(statement: Select[Entity]) -> Entity:
    """The only entity a statement finds; what is not there, or not theirs, answers 404."""
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None:
        abort(404)
    return found


def row_or_404(chosen: Bound) -> Row[*tuple[Any, ...]]:
    """The only row a list's statement finds; 404 otherwise."""
    found = db.session.execute(chosen.statement, chosen.values).one_or_none()
    if found is None:
        abort(404)
    return found


def enter(ref: str) -> Place:
    """The signed-in person's place on a contract; 404 where they have none."""
    here = presence()
    found = here.place if here and here.ref == ref else places.place_of(current_account().id, ref)
    if found is None:
        abort(404)
    if not found.has_come and "visit" not in g:
        places.arrive(found.membership)
    g.place = found
    return found


def presence() -> Presence | None:
    """What is known of a signed-in customer; None of staff, and of who signed in just now."""
    who = current_user._get_current_object()
    return who if isinstance(who, Presence) else None


def place() -> Place | None:
    """The contract of this page, if it belongs to one."""
    return cast("Place | None", g.get("place"))


def may(ability: Ability) -> bool:
    """Whether the signed-in person has an ability on this page's contract."""
    here = place()
    return here is not None and here.rights.may(ability)


def current_account() -> Account:
    """The signed-in person."""
    return cast("Account", current_user.account)


def current_sign_in() -> SignIn:
    """This browser's sign-in, of a customer or of staff."""
    here = presence()
    return here.sign_in if here else cast("SignIn", current_user._get_current_object())


def sign_out(*, to: str) -> Response:
    """End this browser's sign-in for good, and lead on; its cookie is worth nothing afterwards."""
    sign_ins.end(current_sign_in())
    db.session.commit()
    logout_user()
    session.clear()
    answer = redirect(to, code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # what was seen is not left on a shared machine
    return answer
