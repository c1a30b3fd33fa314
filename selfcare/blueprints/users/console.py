"""Users of the technical console: the second tab (§5.9.2, figures 32 to 37)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

from selfcare.blueprints.users import roles_step
from selfcare.database import db
from selfcare.language import _
from selfcare.language.wording import USER_REFUSAL
from selfcare.lists.users import ConsoleUserList
from selfcare.models import ConsoleAccess, Contract, Membership
from selfcare.rights import Ability
from selfcare.services.console import access as console_access
from selfcare.services.console import domains as console_domains
from selfcare.services.console import looking, unknown
from selfcare.services.users import accepting, access_requests
from selfcare.services.users.refusals import ReferentsOwn
from selfcare.web import rendering
from selfcare.web.access import current_account, may, one_or_404, requires, row_or_404
from selfcare.web.resuming import resumes

bp = Blueprint("users_console", __name__, url_prefix="/contracts/<ref>/users/console")


@bp.get("")
@requires(Ability.READ_CONSOLE_USERS)
def index(contract: Contract) -> ResponseReturnValue:
    """Those with a console role, and how the console compares (USERS-7, USERS-8)."""
    compared = console_domains.compared(contract.id)
    if rendering.wanted_part() == "compared":
        if compared.is_looking:
            return rendering.page("users/console/_compared.html", console=compared)
        return "", 200, {"HX-Refresh": "true"}  # what was found is in the list, too
    gives = may(Ability.SET_CONSOLE_ROLES)
    requests = access_requests.waiting_on(contract, console_only=True) if gives else []
    return rendering.list_page(
        "users/console/index.html",
        ConsoleUserList.of_contract(contract),
        console=compared,
        others=unknown.shown(contract.id),
        requests=tuple(requests),
    )


@bp.get("/<int:membership_id>")
@requires(Ability.READ_CONSOLE_USERS)
def user(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """Somebody's rights in the console, to read (figure 36)."""
    row = row_or_404(ConsoleUserList.of_contract(contract).where(Membership.id == membership_id))
    return rendering.page(
        "users/console/user.html", user=row, parts={"console": "users/_console.html"}
    )


@bp.route("/<int:membership_id>/roles", methods=["GET", "POST"])
@requires(Ability.SET_CONSOLE_ROLES)
@resumes()
def roles(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """Change somebody's console roles, and nothing else (figure 37)."""
    return roles_step.of_member(contract, membership_id, console_only=True)


@bp.post("/<int:membership_id>/retry")
@requires(Ability.SET_CONSOLE_ROLES)
def retry(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """« Réessayer », « Rétablir » what was changed in the console, « Réactiver » (USERS-8)."""
    console_access.again(_access(contract, membership_id))
    db.session.commit()
    flash(_("The console is being brought in line with the portal."))
    return _back(contract, membership_id)


@bp.post("/<int:membership_id>/accept")
@requires(Ability.SET_CONSOLE_ROLES)
def accept(contract: Contract, membership_id: int) -> ResponseReturnValue:
    """« Accepter » what was changed in the console (USERS-8)."""
    access = _access(contract, membership_id)
    try:
        accepting.accept(access, request.form.get("seen", ""), by=current_account())
    except accepting.Outdated:
        flash(_("This has changed in the meantime: here is the current version."))
    except ReferentsOwn as refusal:
        flash(USER_REFUSAL[type(refusal).__name__])
    else:
        db.session.commit()
        flash(_("The portal now holds what was seen in the console."))
    return _back(contract, membership_id)


@bp.post("/look")
@requires(Ability.SET_CONSOLE_ROLES)
def look(contract: Contract) -> ResponseReturnValue:
    """Have a worker compare the console with the portal now."""
    if not contract.offer.has_console:
        abort(404)
    looking.ask(contract.id)
    db.session.commit()
    return redirect(url_for(".index", ref=contract.ref, _anchor="compared"), code=303)


def _access(contract: Contract, membership_id: int) -> ConsoleAccess:
    return one_or_404(
        select(ConsoleAccess)
        .join(
            Membership,
            (Membership.account_id == ConsoleAccess.account_id)
            & (Membership.contract_id == ConsoleAccess.contract_id),
        )
        .where(Membership.id == membership_id, Membership.contract_id == contract.id)
    )


def _back(contract: Contract, membership_id: int) -> Response:
    """To the page the button stood on: the user's on either tab, or a list."""
    portal = request.form.get("tab") == "portal" and may(Ability.READ_USERS)
    endpoint = "users.user" if portal else ".user"
    access = _access(contract, membership_id)
    if not portal and not access.wanted_groups:  # accepted away: no console user any more
        return redirect(url_for(".index", ref=contract.ref), code=303)
    return redirect(url_for(endpoint, ref=contract.ref, membership_id=membership_id), code=303)
