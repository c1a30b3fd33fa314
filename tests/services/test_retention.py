"""What is kept, and how long: every line of the table, every model, every sweep."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, func, inspect, select

import selfcare.services
from selfcare.background.jobs import Job
from selfcare.cli.retention import PAGE, with_table
from selfcare.database import db
from selfcare.models import (
    Base,
    ClientKind,
    CodePurpose,
    CredentialWish,
    LinkPurpose,
    Mail,
    MailedCode,
    MailedLink,
    OidcClient,
    OidcLogout,
    RecoveryRequest,
    StaffMembership,
    StaffNote,
    Visit,
    WishState,
    now,
)
from selfcare.services.accounts import recovery
from selfcare.services.retention import forgetting
from selfcare.services.retention.forgotten import FORGOTTEN
from selfcare.services.retention.lasting import LASTING
from selfcare.services.retention.lines import Forgotten, Sort
from selfcare.services.schedule import SCHEDULE

HOUR = timedelta(hours=1)
PROMISED = {
    "SignIn.expires_at": timedelta(days=365),
    "AuditEntry.at": timedelta(days=367),
    "Mail.created_at": timedelta(days=365),
    "Visit.expires_at": timedelta(days=367),
    "StaffNote.created_at": timedelta(days=730),
    "MailedLink.expires_at": timedelta(days=30),
    "UserDraft.updated_at": timedelta(days=7),
    "UserImport.created_at": timedelta(days=30),
    "OrderDraft.created_at": timedelta(days=30),
    "KeptForm.created_at": timedelta(hours=12),
    "RecoveryRequest.created_at": timedelta(days=1),
    "SealedSecret.expires_at": timedelta(0),
    "MailedCode.created_at": timedelta(days=1),
    "ApiReset.expires_at": timedelta(days=1),
    "ApiLogin.created_at": timedelta(days=365),
    "ApiPassword.created_at": timedelta(days=30),
    "CredentialWish.created_at": timedelta(days=30),
    "Challenge.expires_at": timedelta(0),
    "OidcRequest.expires_at": timedelta(days=1),
    "OidcDevice.expires_at": timedelta(days=1),
    "OidcToken.expires_at": timedelta(days=1),
    "OidcKey.shown_until": timedelta(days=1),
    "OidcSecret.ends_at": timedelta(days=1),
    "OidcGrant.ended_at": timedelta(days=30),
    "OidcLogout.created_at": timedelta(days=30),
    "AccessRequest.asked_at": timedelta(days=365),
}
"""Written down a second time on purpose: a period that changes by mistake differs from this."""

NEEDED: dict[type[Base], dict[str, Any]] = {
    MailedLink: {"purpose": LinkPurpose.SET_PASSWORD},
    MailedCode: {"purpose": CodePurpose.ACCESS_KEY},
    RecoveryRequest: {"wanted": "password"},
    OidcClient: {"kind": ClientKind.CONFIDENTIAL},
    Mail: {"state": WishState.DONE},
    StaffMembership: {"role": "support"},
    Visit: {"kind": "notice"},
    OidcLogout: {"state": WishState.DONE},
    CredentialWish: {"kind": "access_key", "action": "delete", "state": WishState.DONE},
}
"""Values that a constraint or the line's condition asks for."""

PERSONAL = {
    *("login", "email", "recipient", "first_name", "last_name", "full_name", "phone", "mobile"),
    *("ip", "user_agent", "actor", "subject", "given", "person", "by", "removed_by", "label"),
    *("support_phone", "support_email", "iam_username", "iam_email"),
    *("account_id", "owner_id", "placed_by_id", "subscribed_by_id", "sign_in_id", "actor_id"),
}
"""Columns that say something of a person."""

NOBODY = {"Offer.support_phone", "Offer.support_email"}
"""They are the operator's support centre's."""

ALL = {mapper.class_ for mapper in Base.registry.mappers}


def name(line: Forgotten) -> str:
    return f"{line.model.__name__}.{line.since.key}"


class Maker:
    """Makes rows of any model, with the rows that they belong to."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.parents: dict[type[Base], Base] = {}

    def row(self, model: type[Base], **values: Any) -> Base:
        given = {**NEEDED.get(model, {}), **values}
        for column in inspect(model).columns:
            is_made = column.default is not None or column.autoincrement is True
            if column.foreign_keys and not column.nullable:
                given.setdefault(column.key, self.parent(column))
            elif not column.nullable and not is_made and not self.counts_itself(column):
                given.setdefault(column.key, self.value(column))
        if model is StaffNote:  # on one of two subjects
            given["account_id"] = self.parent(inspect(model).columns["account_id"])
        row = model(**given)
        db.session.add(row)
        db.session.flush()
        return row

    def parent(self, column: Any) -> Any:
        [key] = column.foreign_keys
        [model] = [one for one in ALL if one.__table__ is key.column.table]
        if model not in self.parents:
            self.parents[model] = self.row(model)
        return getattr(self.parents[model], key.column.key)

    @staticmethod
    def counts_itself(column: Any) -> bool:
        return column.primary_key and column.type.python_type is int

    def value(self, column: Any) -> Any:
        number = next(self.numbers)
        kind = getattr(column.type, "impl_instance", column.type).python_type
        if kind is str:
            return f"{number:0{min(column.type.length or 9, 9)}d}"
        made = {int: number, bool: False, object: {}, bytes: b"%d" % number}
        made |= {Decimal: Decimal(1), date: date(2026, 1, 1), datetime: now()}
        return made[kind]


@pytest.fixture
def make(app):
    with app.app_context():
        yield Maker().row


def left(model: type[Base]) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


class TestLines:
    @pytest.mark.parametrize("line", FORGOTTEN, ids=name)
    @pytest.mark.parametrize(("older_by", "stays"), [(-HOUR, 1), (HOUR, 0)], ids=["young", "old"])
    def test_safe_what_was_kept_long_enough_goes_and_nothing_before(
        self, make, line, older_by, stays
    ):
        present = now()
        with time_machine.travel(present, tick=False):
            make(line.model, **{line.since.key: present - PROMISED[name(line)] - older_by})
            db.session.commit()
            forgetting.forget()
            assert left(line.model) == stays

    @pytest.mark.parametrize("model", [Mail, OidcLogout, CredentialWish])
    def test_safe_what_is_still_to_be_sent_stays(self, make, model):
        for state in WishState:
            make(model, state=state, created_at=now() - timedelta(days=400))
            db.session.commit()
            forgetting.forget()
            assert left(model) == (state in {WishState.QUEUED, WishState.RUNNING}), state
            db.session.execute(delete(model))

    def test_safe_much_is_forgotten_in_rounds(self, make, worker, monkeypatch):
        monkeypatch.setattr(forgetting, "ROUND", 3)
        for _ in range(7):
            make(RecoveryRequest, created_at=now() - timedelta(days=2))
        db.session.commit()
        forgetting.forget()
        assert left(RecoveryRequest) == 4
        db.session.rollback()  # SQLite has one writer
        worker.run()
        assert left(RecoveryRequest) == 0

    def test_auth_2_a_request_that_is_too_old_is_answered_no_more(self, make, worker):
        for hours in (23, 25):
            make(RecoveryRequest, created_at=now() - timedelta(hours=hours))
        db.session.commit()
        recovery.wake_requests()
        assert len(worker.waiting()) == 1


class TestTable:
    def test_safe_every_model_stands_in_it_once(self):
        lines = [line.model for line in FORGOTTEN]
        lines += [model for line in LASTING for model in line.models]
        assert Counter(lines) == Counter(ALL)

    def test_safe_it_says_what_was_promised(self):
        assert {name(line): line.period for line in FORGOTTEN} == PROMISED

    def test_safe_nothing_open_tells_of_a_person(self):
        columns = {
            f"{model.__name__}.{column.key}"
            for line in LASTING
            if line.sort is Sort.OPEN
            for model in line.models
            for column in inspect(model).columns
            if column.key in PERSONAL
        }
        assert columns == NOBODY

    def test_safe_a_lasting_line_says_why(self):
        assert all(line.what and line.kept for line in LASTING)

    def test_safe_the_page_on_security_shows_it(self):
        page = PAGE.read_text()
        assert page == with_table(page), "run `flask retention docs`"


class TestSchedule:
    def test_safe_every_sweep_is_scheduled(self):
        found = set()
        for module in pkgutil.walk_packages(selfcare.services.__path__, "selfcare.services."):
            members = vars(importlib.import_module(module.name)).values()
            found |= {one for one in members if isinstance(one, Job) and one.queue == "sweeps"}
        assert found == set(SCHEDULE)

    def test_safe_what_is_forgotten_goes_within_ten_minutes(self):
        assert SCHEDULE[forgetting.forget] <= 600
