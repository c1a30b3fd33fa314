"""The audit log, as auditors read it and take it away (STAFF-4)."""

from __future__ import annotations

import pytest

from selfcare.rights import StaffRole


def test_staff_4_auditors_search_and_export_it(cast, browse_as, clock, paul_id, browse, audited):
    browse.sign_in("paul.dupont", "wrong")
    auditor = browse_as(cast.agent("ada.audit", StaffRole.AUDITOR))
    assert "Sign-in failed" in auditor.get("/staff/audit?q=failed").words
    link = auditor.get("/staff/audit?q=failed").one("a.export")
    assert "download" not in link.attrs, "a page comes first"
    answer = auditor.post(str(link["href"]), {"code": clock.code()})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "Sign-in failed" in answer.text
    assert [entry.actor for entry in audited("audit.exported")] == ["ada.audit"]


@pytest.mark.parametrize("code", ["", "000000", None])
def test_staff_4_nobody_takes_it_away_without_a_fresh_code(
    cast, browse_as, clock, paul_id, code, audited
):
    auditor = browse_as(cast.agent("ada.audit", StaffRole.AUDITOR))
    path = "/staff/audit?format=csv"
    page = auditor.get(path) if code is None else auditor.post(path, {"code": code})
    assert page.status == (200 if code is None else 422)
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.texts("main form button") == ["Export (CSV)"]
    assert audited("audit.exported") == []


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("fr", "anciens rôles : support · nouveaux rôles : auditeur, opérateur"),
        ("en", "former roles: support · new roles: auditor, operator"),
    ],
)
def test_staff_5_the_audit_log_names_roles_in_the_readers_language(
    cast, browse_as, flask, paul_id, locale, told
):
    claire = cast.agent("claire.support", StaffRole.SUPPORT)
    flask("staff", "roles", claire, "--role", "operator", "--role", "auditor")
    auditor = browse_as(cast.agent("ada.audit", StaffRole.AUDITOR, locale=locale))
    assert f"{claire} · {told}" in auditor.get("/staff/audit?q=claire").words.replace("\xa0", " ")


def test_staff_4_it_names_the_agent_of_a_visit(cast, browse_as, visiting, paul_id):
    visiting()
    page = browse_as(cast.agent("ada.audit", StaffRole.AUDITOR)).get("/staff/audit?q=began")
    assert "claire.support" in page.words
    assert "paul.dupont" in page.texts("td[data-label='On behalf of']")
