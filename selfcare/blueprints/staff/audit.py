"""The audit log (STAFF-4)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.lists.audit import AuditList
from selfcare.rights import StaffAbility
from selfcare.web import rendering
from selfcare.web.access import staff

bp = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")


@bp.get("")
@staff(StaffAbility.READ_AUDIT)
def index() -> ResponseReturnValue:
    """All that was done: searched, sorted, exported."""
    return rendering.list_page("staff/audit/index.html", AuditList.of_all())
