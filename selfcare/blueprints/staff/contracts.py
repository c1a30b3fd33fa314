"""A contract's page for staff, and the rights of any set of profiles (STAFF-6, STAFF-7)."""

from __future__ import annotations

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from selfcare.forms.confirming import ConfirmForm
from selfcare.language.i18n import reader
from selfcare.lists import asked
from selfcare.models import Visit
from selfcare.rights import (
    OFFERS,
    PREDEFINED_CONSOLE_ROLES,
    Ability,
    Profile,
    Rights,
    Section,
    StaffAbility,
    profiles_of_new_user,
)
from selfcare.services.staff import looking, notes, timeline
from selfcare.web import rendering
from selfcare.web.access import staff

bp = Blueprint("staff_contracts", __name__, url_prefix="/staff")


@bp.get("/contracts/<contract_ref>")
@staff(StaffAbility.LOOK)
def contract(contract_ref: str) -> ResponseReturnValue:
    """What a contract has, who is on it, what happened."""
    found = looking.contract_of(contract_ref)
    if found is None:
        abort(404)
    only = timeline.asked(request.args.get("only", ""), timeline.OF_CONTRACT)
    members = looking.members_of(found)
    return rendering.page(
        "staff/contract.html",
        contract=found,
        console=looking.console_of(found),
        counts=looking.counts_of(found),
        members=members[: looking.MOST],
        more_members=len(members) > looking.MOST,
        orders=looking.latest_orders(found),
        invoices=looking.latest_invoices(found),
        visits=looking.visits(Visit.contract_id == found.id),
        notes=notes.pinned(found, today=reader().today()),
        happenings=timeline.of_contract(found, only=only),
        only=only,
        sorts=timeline.OF_CONTRACT,
        sought=asked.words_in(request.args),
        form=ConfirmForm(),
    )


@bp.get("/rights")
@staff(StaffAbility.LOOK)
def rights() -> ResponseReturnValue:
    """« Voir avec ces droits »: menu and pages of any set of profiles, without any visit."""
    given = {section: _profile(section) for section in Section}
    console = request.args.get("console", "")
    held = Rights(given, (console,) if console in PREDEFINED_CONSOLE_ROLES else ())
    return rendering.page(
        "staff/rights.html",
        given=given,
        offers=OFFERS,
        console=console,
        console_roles=PREDEFINED_CONSOLE_ROLES,
        menu=held.sections,
        opens=[ability for ability in Ability if held.may(ability)],
        closed=[ability for ability in Ability if not held.may(ability)],
    )


def _profile(section: Section) -> Profile:
    wanted = request.args.get(section.value, "")
    offered = OFFERS[section].profiles
    return Profile(wanted) if wanted in offered else profiles_of_new_user()[section]
