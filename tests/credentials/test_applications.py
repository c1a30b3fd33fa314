"""« My Credential »: application credentials, on the stand-in (API-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
import yaml  # type: ignore[import-untyped]
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    ConsoleAccess,
    now,
)
from selfcare.services.console.credentials import ending
from tests.credentials.conftest import API_PASSWORD, REF
from tests.credentials.making import (
    NEW_APPLICATION,
    PAGE,
    application,
    code,
    console,
    facts,
    form_of,
    hers,
    link,
    settled,
    wished,
)

__all__ = ["code", "console", "hers", "settled", "wished"]  # fixtures


class TestApplicationCredentials:
    def test_api_4_it_is_made_with_ready_files(self, hers, wished, console):
        page = wished(NEW_APPLICATION, **application())
        told = facts(page)
        [found] = console().application_credentials()
        assert (found.key, found.name, found.roles) == (told["Identifier"], "backup", {"reader"})
        clouds, openrc = (shown.get_text() for shown in page.all("#outcome pre[data-copy]"))
        auth = yaml.safe_load(clouds)["clouds"][REF]["auth"]
        assert auth["application_credential_id"] == found.key
        assert auth["application_credential_secret"] == told["Secret"]
        assert f"OS_APPLICATION_CREDENTIAL_SECRET={told['Secret']}" in openrc
        answer = hers.post(*form_of(page, "openrc.sh"))
        assert answer.text.split() == openrc.split()

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"roles": "manager"}, "not a valid choice"),
            ({"roles": "member"}, "not a valid choice"),  # a guest has it not
            ({"day": 0}, "Choose a day from tomorrow to a year from now"),
            ({"day": 366}, "Choose a day from tomorrow to a year from now"),
            ({"last_day": "some day"}, "Enter a day such as"),
            ({"name": " "}, "Name it"),
        ],
    )
    def test_api_4_what_cannot_be_is_said_beside_its_field(self, hers, code, changed, why):
        given = application(**changed) | {"password": API_PASSWORD, "code": code(NEW_APPLICATION)}
        page = hers.post(NEW_APPLICATION, given)
        assert page.status == 422
        assert any(why in line for line in page.texts("#errors li")), page.texts("#errors li")

    def test_api_4_what_was_typed_stays_while_a_code_is_asked_for(self, hers):
        page = hers.post(NEW_APPLICATION, {"get_code": "1", **application(name="nightly")})
        assert page.one("#name")["value"] == "nightly"
        assert page.one("input[name=roles][value=reader]").has_attr("checked")

    def test_notify_1_its_form_promises_no_mail_that_was_switched_off(self, hers):
        assert "You get a mail 14 and 3 days before." in hers.get(NEW_APPLICATION).words
        assert hers.post("/account/notifications", {"wanted": []}).status == 303
        page = hers.get(NEW_APPLICATION)
        assert "You get a mail" not in page.words
        assert "You have switched off the mails before that day." in page.words

    def test_api_4_one_role_of_several_will_do(self, app, hers):
        with app.app_context():
            access = db.session.execute(select(ConsoleAccess)).scalar_one()
            access.wanted_groups = ["power_user"]
            db.session.commit()
        boxes = hers.get(NEW_APPLICATION).all("input[name=roles]")
        assert [box["value"] for box in boxes] == ["member", "reader"]
        assert not [box for box in boxes if box.has_attr("required")]

    def test_api_4_a_name_is_good_once(self, wished):
        wished(NEW_APPLICATION, **application())
        page = wished(NEW_APPLICATION, **application(name="Backup"))
        assert "You have an application credential of that name already." in page.words

    def test_api_4_deleting_ends_it(self, hers, wished, console, audited):
        wished(NEW_APPLICATION, **application())
        page = wished(link(hers.get(PAGE), "Delete"), with_code=False)
        assert "The application credential is deleted" in page.words
        assert console().application_credentials() == []
        for action in ("application.created", "application.deleted"):
            assert [entry.details["name"] for entry in audited(action)] == ["backup"], action

    def test_api_4_its_owner_is_reminded_twice(self, app, wished, outbox):
        wished(NEW_APPLICATION, **application(day=30))
        said = []
        for days in (15, 17, 18, 27, 28, 31):
            with time_machine.travel(now() + timedelta(days=days)), app.app_context():
                for _ in range(2):
                    ending.remind()
                    db.session.commit()
            said.append(len(outbox("credential_ends")))
        assert said == [0, 1, 1, 1, 2, 2]

    def test_api_4_whoever_missed_the_first_reminder_gets_one(self, app, wished, outbox):
        wished(NEW_APPLICATION, **application(day=30))
        with time_machine.travel(now() + timedelta(days=29)), app.app_context():
            ending.remind()
            db.session.commit()
        assert len(outbox("credential_ends")) == 1

    def test_api_4_what_lasts_no_longer_brings_no_reminder(self, app, wished, outbox):
        wished(NEW_APPLICATION, **application(day=2))
        with app.app_context():
            ending.remind()
            db.session.commit()
        assert outbox("credential_ends") == []
