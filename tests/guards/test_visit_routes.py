"""Every route in a staff visit: it answers or is locked, and nothing is written (STAFF-2)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from selfcare.database import SAFE_METHODS, db
from selfcare.models import AuditEntry, Base
from tests.cast import account_of
from tests.guards.test_routes import REF, address, rules
from tests.staff.conftest import agent, clock, paul_id, visiting

__all__ = ["address", "agent", "clock", "paul_id", "visiting"]  # fixtures

GROWS = {"audit_entries", "visits"}
"""The visit's own trace."""
PUBLIC = {"site.legal", "site.accessibility", "site.favicon", "health.healthz", "health.readyz"}


@pytest.fixture
def inside(agent, visiting, address):
    """An agent in a visit to the referent of a contract that has everything."""
    assert visiting().location == f"/contracts/{REF}/"
    return agent


def counted(app) -> dict[str, int]:
    with app.app_context():
        return {
            table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name not in GROWS
        }


def of_customers(app, method):
    return [rule for rule in rules(app, method) if not rule.rule.startswith(("/staff", "/visit"))]


def test_staff_2_every_page_answers_or_is_locked_and_writes_nothing(app, inside, address):
    before, opened = counted(app), 0
    for rule in of_customers(app, "GET"):
        page = inside.get(address(rule))
        if rule.endpoint in PUBLIC:
            continue
        assert page.status in {200, 302, 303, 308, 403, 404}, (rule, page.status)
        opened += page.status == 200
        if page.status == 200:
            assert len(page.all(".visit")) == 1, rule
            assert page.headers["Cache-Control"] == "no-store", rule
            assert "ETag" not in page.headers, rule
    assert opened >= 12
    assert counted(app) == before


def test_staff_2_every_form_is_refused_and_nothing_is_written(app, inside, address):
    before = counted(app)
    token = inside.get(f"/contracts/{REF}/").csrf()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert method not in SAFE_METHODS
    for rule in of_customers(app, "POST"):
        page = inside.post(address(rule), {"csrf_token": token})
        assert page.status == 403, (rule, page.status)
    assert counted(app) == before


def test_staff_2_each_of_them_is_written_down_once(app, inside, address):
    asked = [address(rule) for rule in of_customers(app, "GET") if rule.endpoint not in PUBLIC]
    for path in asked:
        inside.get(path)
    with app.app_context():
        seen = db.session.execute(
            select(func.count()).where(AuditEntry.action == "visit.page")
        ).scalar_one()
        assert account_of("paul.dupont").id
    assert seen == len(asked)
