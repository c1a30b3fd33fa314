"""STAFF-3: with `--json` each command answers a program: what it did, as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfcare.database import db
from selfcare.models import AuditEntry
from selfcare.rights import StaffRole

REF, SOPHIE, MARC = "OCB0000124", "sophie.dupont", "marc.leroy"
NADIA = [
    *("nadia.support", "--email", "nadia@example.com", "--first-name", "Nadia"),
    *("--last-name", "Support", "--mobile", "0612345678"),
]
LEA = [
    *("--name", "SI_Test", "--customer", "HONEY1655", "--offer", "Flexible Engine"),
    *("--login", "lea.martin", "--email", "lea@example.com", "--first-name", "Léa"),
    *("--last-name", "Martin", "--mobile", "0612345678"),
]
ORDERED, CANCELLED = "HONEY1655-1710-001", "HONEY1655-1710-002"

ANSWERS: Sequence[tuple[Sequence[str], Mapping[str, Any]]] = [
    (["accounts", "welcome", SOPHIE], {"login": SOPHIE}),
    (["accounts", "disable", SOPHIE], {"login": SOPHIE}),
    (["accounts", "enable", SOPHIE], {"login": SOPHIE, "disabled": None}),
    (["accounts", "end-sessions", SOPHIE], {"login": SOPHIE}),
    (["accounts", "email", SOPHIE, "s@new.example"], {"login": SOPHIE, "email": "s@new.example"}),
    (["accounts", "password", SOPHIE, "--password", "Bleu-Nuage.42"], {"login": SOPHIE}),
    (
        ["accounts", "reset-two-factor", SOPHIE, "--by", "claire.support", "--reason", "lost"],
        {"login": SOPHIE},
    ),
    (["accounts", "reseal"], {"sealed": 1, "lost": 0}),
    (["accounts", "erase", MARC, "--yes"], {"erased": MARC}),
    (["contracts", "rename", REF, "Autre"], {"ref": REF, "name": "Autre"}),
    (["contracts", "platform", REF, "FCE_1"], {"ref": REF, "platform": "FCE_1"}),
    (["contracts", "offer", REF, "Flexible Engine"], {"ref": REF}),
    (["contracts", "company", REF, "--name", "Honey"], {"code": "HONEY1655", "name": "Honey"}),
    (["contracts", "vat", REF, "8,5"], {"ref": REF, "vat_rate": "8.5"}),
    (["contracts", "roles", REF, SOPHIE, "orders=visitor"], {"ref": REF, "login": SOPHIE}),
    (["contracts", "referent", REF, SOPHIE], {"ref": REF, "referent": SOPHIE}),
    (
        ["contracts", "create", "OCB0000777", *LEA],
        {"ref": "OCB0000777", "email": "lea@example.com"},
    ),
    (["customers", "set", "HONEY1655", "--siren", "404833048"], {"siren": "404833048"}),
    (["documents", "own"], {"owner": "portal.test"}),
    (["orders", "show", ORDERED], {"ref": ORDERED, "status": "submitted"}),
    (["orders", "start", ORDERED], {"ref": ORDERED, "status": "in_progress"}),
    (["orders", "list"], {"ref": ORDERED, "status": "in_progress", "by": "paul.dupont"}),
    (["orders", "complete", ORDERED], {"ref": ORDERED, "status": "completed"}),
    (["orders", "cancel", CANCELLED, "--reason", "x"], {"ref": CANCELLED, "status": "cancelled"}),
    (["pre-invoices", "retry", "--all"], {"tried_again": 0}),
    (["settings", "show"], {"PORTAL_URL": "http://portal.test", "SECRET_KEY": "(set)"}),
    (["staff", "add", *NADIA], {"login": "nadia.support", "email": "nadia@example.com"}),
    (
        ["staff", "roles", "nadia.support", "--role", "auditor"],
        {"login": "nadia.support", "roles": ["auditor"]},
    ),
    (["staff", "disable", "claire.support"], {"login": "claire.support"}),
    (["staff", "remove", "nadia.support"], {"login": "nadia.support"}),
]


@pytest.fixture
def everybody(cast):
    cast.referent()
    cast.member(SOPHIE)
    cast.member(MARC)
    cast.agent("claire.support", StaffRole.SUPPORT)
    cast.order(status="submitted")
    cast.order(status="submitted")


def test_staff_3_what_a_command_did_is_told_to_programs(everybody, told):
    """One after the other: each takes the rows as the former left them."""
    for words, wanted in ANSWERS:
        answer = told(*words)[0]
        assert {name: answer.get(name, "is not said") for name in wanted} == wanted, words


def test_operable_what_waits_is_told_to_programs(everybody, told, flask):
    told("accounts", "welcome", SOPHIE)
    output, code = flask("jobs", "--json")
    said = [json.loads(line) for line in output.splitlines()]
    assert code == 1, "no worker is alive"
    [mails] = [row for row in said if row.get("wish") == "mails"]
    assert (mails["state"], mails["count"]) == ("queued", 1)
    assert {"queue": "mail", "waiting": 1, "failed": 0} in said


LEAVES_NO_ROW = {
    *(("orders", "list"), ("orders", "show"), ("settings", "show")),  # they read
    ("contracts", "offer"),  # its offer is that one already
}


def test_staff_4_each_command_that_changes_something_is_in_the_audit_log(
    everybody, told, app, audited
):
    silent = set()
    for words, _wanted in ANSWERS:
        before = entries(app)
        told(*words)
        if entries(app) == before:
            silent.add((words[0], words[1]))
    assert silent == LEAVES_NO_ROW
    [resealed] = audited("key.resealed")
    assert resealed.details == {"count": 1}


def entries(app: Flask) -> int:
    with app.app_context():
        return db.session.execute(select(func.count(AuditEntry.id))).scalar_one()
