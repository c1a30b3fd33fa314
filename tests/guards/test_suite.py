"""What `make test` runs where: nothing that a run leaves out is missing from all of them."""

from __future__ import annotations

import re

import pytest

from selfcare.config import ROOT
from selfcare.language.audit_wording import ACTION

TESTS = ROOT / "tests"


@pytest.mark.once
def test_design_whatever_drives_a_browser_is_in_the_folder_of_its_run():
    marked = {
        path.relative_to(TESTS).parts[0]
        for path in TESTS.rglob("test_*.py")
        if re.search(r"\bmark\.browser\b", path.read_text()) and path.name != "test_suite.py"
    }
    assert marked == {"browser"}


def test_design_only_what_reaches_no_database_is_left_out_of_the_second_run(request, app):
    assert request.node.get_closest_marker("once") is None, "it asks for `app`, hence a database"
    without = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function) and "database_url" not in item.fixturenames
    ]
    assert all(item.get_closest_marker("once") for item in without)


@pytest.mark.once
def test_staff_4_a_test_looks_for_each_entry_of_the_audit_log():
    words = TESTS / "services" / "test_wording.py"  # looks for their names alone
    tests = "".join(path.read_text() for path in TESTS.rglob("test_*.py") if path != words)
    assert [action for action in ACTION if f'"{action}"' not in tests] == []
