"""The audit log (STAFF-4)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from selfcare.blueprints.account.proofs import has_code
from selfcare.database import db
from selfcare.forms.proofs import CodeForm
from selfcare.lists.audit import AuditList
from selfcare.rights import StaffAbility
from selfcare.services.safety import audit
from selfcare.web import rendering
from selfcare.web.access import current_account, staff

bp = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")


@bp.route("", methods=["GET", "POST"])
@staff(StaffAbility.READ_AUDIT)
def index() -> ResponseReturnValue:
    """All that was done: searched, sorted; as a file with a fresh code, which is written down."""
    if rendering.is_file():
        form = CodeForm()
        if not (form.validate_on_submit() and has_code(form.code)):
            return rendering.answer_form("staff/audit/export.html", form)
        audit.record("audit.exported", actor=current_account())
        db.session.commit()
    return rendering.list_page("staff/audit/index.html", AuditList.of_all())
