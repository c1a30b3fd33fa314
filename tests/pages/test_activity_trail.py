"""What is done on a contract stands in the audit log and in « Mon activité »."""

from __future__ import annotations

from sqlalchemy import select

from selfcare.database import db
from selfcare.models import AuditEntry
from tests.wizard import add


def entries(app) -> list[tuple[str, str, str, str]]:
    with app.app_context():
        rows = db.session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars()
        return [(e.action, e.actor, e.subject, e.contract_ref) for e in rows]


def test_staff_4_adding_a_user_is_on_record(app, cast, browse_as):
    cast.member("paul.dupont", referent=True)
    add(browse_as("paul.dupont"))
    action, actor, subject, ref = entries(app)[-1]
    assert (action, actor, ref) == ("user.added", "paul.dupont", "OCB0000124")
    assert "Ajout sur un contrat" in browse_as(subject).get("/account/activity").words


def test_staff_4_opening_an_invoice_is_on_record(app, papers, browse_as):
    paul = browse_as("paul.dupont")
    assert paul.get(f"/contracts/OCB0000124/invoices/{papers['invoice_id']}/pdf").status == 200
    action, actor, subject, ref = entries(app)[-1]
    assert (action, actor, ref) == ("document.opened", "paul.dupont", "OCB0000124")
    assert subject.endswith(".pdf")
    for found in ("OCB0000124", "ocb0000", subject):
        assert len(paul.get(f"/account/activity?q={found}").all("tbody tr")) == 1, found


def test_staff_4_a_document_out_of_reach_leaves_no_trace(app, cast, papers, browse_as):
    cast.member("martin.dupont")
    page = browse_as("martin.dupont").get(
        f"/contracts/OCB0000124/invoices/{papers['invoice_id']}/pdf"
    )
    assert page.status == 403
    assert not entries(app)
