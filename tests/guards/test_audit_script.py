"""`make lint`'s look for vulnerabilities finds some, and says what it did not look up."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import audit
from selfcare.config import ROOT

pytestmark = pytest.mark.once
ANSWER = {"name": "flask", "version": "3.1.3", "vulns": []}


def test_safe_every_pin_is_seen():
    pins = audit.pinned(ROOT / "requirements.txt")
    assert {"flask", "gunicorn", "sqlalchemy", "psycopg"} <= pins.keys()
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert len(pins) == sum("==" in line for line in lines)


def test_safe_the_package_s_database_knows_old_vulnerabilities(tmp_path: Path):
    outcome = audit.look_up({"flask": "0.12", "jinja2": "3.1.6"}, [])
    assert outcome.by_the_package == 2
    assert any("CVE-2018-1000656" in line for line in outcome.found)
    assert not any(line.startswith("jinja2") for line in outcome.found)
    assert audit.report(outcome, ci=False) == 1


def test_safe_what_was_looked_up_in_old_data_alone_is_said(capsys):
    assert audit.report(audit.look_up({"flask": "3.1.3"}, []), ci=True) == 0
    said = capsys.readouterr().out
    assert "0 packages looked up at the package index" in said
    assert "looked up only in a database of 2021-07-01" in said
    assert "NOT CHECKED: what was made known" in said


def test_safe_what_was_not_looked_up_at_all_fails_in_ci(tmp_path: Path, capsys):
    outcome = audit.look_up({"flask": "3.1.3", "jinja2": "3.1.6"}, [ANSWER], folder=tmp_path)
    assert (outcome.by_the_index, outcome.by_nobody) == (1, ["jinja2"])
    assert audit.report(outcome, ci=False) == 0
    assert audit.report(outcome, ci=True) == 1
    assert "NOT CHECKED at all: jinja2" in capsys.readouterr().out


def test_safe_a_vulnerability_that_the_index_tells_fails():
    told = {"id": "PYSEC-1", "aliases": [], "fix_versions": ["3.2"]}
    outcome = audit.look_up({"flask": "3.1.3"}, [ANSWER | {"vulns": [told]}])
    assert outcome.found == ["flask 3.1.3: PYSEC-1, fixed in 3.2"]
    assert audit.report(outcome, ci=False) == 1
