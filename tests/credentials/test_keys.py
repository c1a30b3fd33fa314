"""« My Credential »: access keys and application credentials, on the stand-in (API-2, API-4)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
import yaml  # type: ignore[import-untyped]
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    Account,
    AuditEntry,
    ConsoleAccess,
    ConsoleCredential,
    Contract,
    CredentialWish,
    Removal,
    SealedSecret,
    now,
)
from selfcare.services.console import access as console_access
from selfcare.services.console import iam as port
from selfcare.services.console.credentials import ending
from tests.credentials.conftest import API_PASSWORD, REF

PAGE = f"/contracts/{REF}/console/credentials/"
NEW_KEY, NEW_APPLICATION = f"{PAGE}keys/new", f"{PAGE}applications/new"


@pytest.fixture
def settled(marie, stand_in_iam):
    """Her API password was set some seconds ago: the IAM revokes by the second."""
    with time_machine.travel(now() - timedelta(seconds=5)):
        stand_in_iam.set_password(REF, marie, API_PASSWORD)
    return marie


@pytest.fixture
def hers(settled, browse_as):
    """Her browser, signed in to the portal."""
    return browse_as(settled)


@pytest.fixture
def console(settled, stand_in_iam):
    """The console as she sees it herself."""
    return lambda: stand_in_iam.sign_in(REF, settled, API_PASSWORD)


@pytest.fixture
def code(hers, worker, mailed_code):
    """Ask for a code on a page, and read it from the mail."""

    def asked(page, **typed):
        assert hers.post(page, {"get_code": "1", **typed}).status == 200
        worker.run()
        return mailed_code()

    return asked


@pytest.fixture
def wished(hers, worker, code):
    """Send a form with code and password, let the worker do it, and see what came of it."""

    def through(page, *, password=API_PASSWORD, with_code=True, **fields):
        given = {"password": password, **fields}
        if with_code:
            given["code"] = code(page)
        sent = hers.post(page, given)
        if sent.status != 303:
            return sent
        waiting = hers.get(sent.location)
        assert "The console is being asked" in waiting.words
        assert waiting.one("noscript meta[http-equiv=refresh]")["content"] == "2"
        worker.run()
        page = hers.get(sent.location)
        page.path = sent.location
        return page

    return through


def facts(page):
    return dict(zip(page.texts("#outcome dt"), page.texts("#outcome dd"), strict=True))


def form_of(page, file):
    """Where the form of that file leads, and what it sends."""
    form = page.one(f'form[action$="/{file}"]')
    return form["action"], {field["name"]: field["value"] for field in form.select("input")}


def application(day=30, **changed):
    last = datetime.now(ZoneInfo("Europe/Paris")).date() + timedelta(days=day)
    return {"name": "backup", "roles": "reader", "last_day": last.isoformat(), **changed}


def link(page, words):
    [found] = {a["href"] for a in page.all("main a") if a.get_text().strip() == words}
    return found


class TestAccessKeys:
    def test_api_2_a_key_is_made_and_its_secret_shown_once(self, hers, wished, console, mailbox):
        page = wished(NEW_KEY)
        key = facts(page)["Access key"]
        assert [one.access for one in console().access_keys()] == [key]
        secret = facts(page)["Secret key"]
        assert page.headers["Cache-Control"] == "no-store"
        again = hers.get(page.path)
        assert "Secret key" not in facts(again)
        assert secret not in again.text
        listed = hers.get(PAGE)
        assert key in listed.words
        assert secret not in listed.text
        assert secret not in mailbox.text()
        assert key in mailbox.text()

    def test_api_2_the_secret_is_had_as_the_file_that_programs_read(self, hers, wished):
        page = wished(NEW_KEY)
        answer = hers.post(*form_of(page, "credentials.csv"))
        assert (
            answer.headers["Content-Disposition"]
            == 'attachment; filename="OCB0000124-credentials.csv"'
        )
        [row] = csv.DictReader(io.StringIO(answer.text))
        assert row == {
            "User Name": "marie.dupont",
            "Access Key Id": facts(page)["Access key"],
            "Secret Access Key": facts(page)["Secret key"],
        }

    def test_api_2_no_secret_stays_behind(self, app, wished):
        wished(NEW_KEY)
        with app.app_context():
            assert db.session.execute(select(SealedSecret)).all() == []
            wish = db.session.execute(select(CredentialWish)).scalar_one()
            assert (wish.password_id, wish.secret_id) == (None, None)

    def test_api_2_a_head_request_does_not_use_the_secret_up(self, hers, worker, code):
        sent = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        worker.run()
        assert hers.client.head(sent.location, base_url="http://portal.test/").status_code == 200
        assert "Secret key" in facts(hers.get(sent.location))

    def test_api_2_where_scripts_run_the_page_comes_whole_once_it_is_done(self, hers, worker, code):
        sent = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        part = hers.get(sent.location, part="outcome")
        assert "every 1s" in part.text
        worker.run()
        done = hers.get(sent.location, part="outcome")
        assert (done.headers["HX-Refresh"], done.text) == ("true", "")
        assert "Secret key" in facts(hers.get(sent.location))

    def test_api_2_two_at_most(self, hers, wished):
        for _ in range(2):
            wished(NEW_KEY)
        page = hers.get(PAGE)
        assert "delete one before you add another" in page.words
        assert "Add Access Key" not in page.texts("main a")
        refused = wished(NEW_KEY)
        assert refused.status == 422
        assert refused.texts("#errors li") == [
            "You have two access keys already: delete one first."
        ]

    def test_api_2_a_wrong_password_is_said_and_makes_nothing(self, wished, console):
        page = wished(NEW_KEY, password="Faux-Nuage.42")
        assert "The API password is wrong" in page.words
        assert console().access_keys() == []

    def test_api_2_without_the_right_code_no_password_is_looked_at(self, app, hers, code):
        code(NEW_KEY)
        page = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": "000000"})
        assert page.status == 422
        assert page.texts("#errors li") == ["This code is wrong. Tries left: 4."]
        with app.app_context():
            assert db.session.execute(select(CredentialWish)).all() == []

    def test_api_2_passwords_are_tried_three_times(self, hers, wished):
        for _ in range(3):
            wished(NEW_KEY, password="Faux-Nuage.42")
        assert wished(NEW_KEY).status == 429

    def test_api_2_one_thing_at_a_time(self, hers, code, worker):
        first = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        worker.redis.flushdb()
        second = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        assert second.status == 422
        assert "still being done" in second.words
        assert link(hers.get(PAGE), "See how far it is") == first.location

    def test_api_2_deleting_asks_the_api_password(self, hers, wished, console, outbox):
        key = facts(wished(NEW_KEY))["Access key"]
        page = wished(link(hers.get(PAGE), "Delete"), with_code=False)
        assert "The access key is deleted" in page.words
        assert console().access_keys() == []
        assert key not in hers.get(PAGE).words
        assert outbox("key_made") == outbox("key_deleted") == ["marie.dupont@example.com"]

    def test_api_2_of_somebody_else_nothing_is_there(self, cast, wished, hers, browse_as):
        page = wished(NEW_KEY)
        delete = link(hers.get(PAGE), "Delete")
        other = browse_as(cast.member("paul.dupont", ref=REF, console_roles=["admin"]))
        assert other.get(delete).status == other.get(page.path).status == 404

    def test_api_2_it_is_written_down_without_any_secret(self, app, wished):
        page = wished(NEW_KEY)
        with app.app_context():
            [entry] = db.session.execute(
                select(AuditEntry).filter_by(action="access_key.created")
            ).scalars()
            assert (entry.actor, entry.contract_ref) == ("marie.dupont", REF)
            assert entry.details == {"key": facts(page)["Access key"]}

    def test_api_2_what_was_made_in_the_console_is_seen_the_next_time(self, hers, wished, console):
        console().create_key(port.NewKey("k" * 32, secret="s" * 32))
        wished(NEW_KEY)
        page = hers.get(PAGE)
        assert "k" * 32 in page.words
        assert page.texts('td[data-label="Made on"]').count("not known") == 1


class TestEnd:
    @pytest.mark.parametrize("told", [True, False], ids=["counted there", "counted here"])
    def test_api_2_with_the_last_role_all_of_them_end_and_are_counted(
        self, app, hers, wished, worker, stand_in_iam, faulty_stand_in, told
    ):
        wished(NEW_KEY)
        wished(NEW_APPLICATION, **application())
        if not told:  # as a service account that rules a domain only is answered
            faulty_stand_in.fail("/credentials/OS-EC2", status=403)
        with app.app_context():
            access = db.session.execute(select(ConsoleAccess)).scalar_one()
            account = db.session.get_one(Account, access.account_id)
            contract = db.session.get_one(Contract, access.contract_id)
            removal = Removal(
                membership_id=1,
                contract_id=contract.id,
                account_id=account.id,
                login=account.login,
                full_name=account.full_name,
                removed_by="paul.dupont",
                had_console=True,
            )
            db.session.add(removal)
            console_access.want(contract, account, [])
            db.session.commit()
        worker.run()
        assert stand_in_iam.groups_of(REF, "marie.dupont") is None
        with app.app_context():
            removal = db.session.execute(select(Removal)).scalar_one()
            assert (removal.keys_deleted, removal.applications_deleted) == (1, 1)
            assert removal.keys_known is told
            assert db.session.execute(select(ConsoleCredential)).all() == []


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
            ({"last_day": "some day"}, "Not a valid date"),
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

    def test_api_4_deleting_ends_it(self, hers, wished, console):
        wished(NEW_APPLICATION, **application())
        page = wished(link(hers.get(PAGE), "Delete"), with_code=False)
        assert "The application credential is deleted" in page.words
        assert console().application_credentials() == []

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


class TestFlexibleEngine:
    """The same pages on the other driver."""

    @pytest.fixture
    def settled(self, app, marie, stand_in_iam):
        settings = replace(
            app.extensions["settings"],
            iam_driver="flexible-engine",
            iam_url=stand_in_iam.url,
            iam_username="admin",
            iam_password=stand_in_iam._credentials["password"],
        )
        app.extensions["settings"], former = settings, app.extensions["settings"]
        app.extensions["iam"] = cloud = port.connect(settings)
        domain, groups = cloud._domain_id(REF), cloud._group_ids(REF)
        grant = f"/domains/{domain}/groups/{groups['guest']}/roles/{cloud._role_id('reader', REF)}"
        cloud._call("PUT", grant, REF)
        with time_machine.travel(now() - timedelta(seconds=5)):
            cloud.set_password(REF, marie, API_PASSWORD)
        yield marie
        app.extensions["settings"] = former

    @pytest.fixture
    def console(self, app, settled):
        return lambda: app.extensions["iam"].sign_in(REF, settled, API_PASSWORD)

    def test_api_2_the_cloud_s_own_pair_is_shown(self, hers, wished, console):
        told = facts(wished(NEW_KEY))
        [key] = console().access_keys()
        assert (key.access, len(told["Secret key"])) == (told["Access key"], 40)
        assert hers.get(PAGE).texts("#application-credentials") == []
        assert hers.get(NEW_APPLICATION).status == 404

    def test_api_2_keys_are_deactivated_and_activated(self, hers, wished, console):
        wished(NEW_KEY)
        wished(link(hers.get(PAGE), "Deactivate"), with_code=False)
        assert [key.active for key in console().access_keys()] == [False]
        page = hers.get(PAGE)
        assert page.texts('td[data-label="State"]') == ["inactive"]
        wished(link(page, "Activate"), with_code=False)
        assert [key.active for key in console().access_keys()] == [True]

    def test_api_2_the_quota_is_said_in_words(self, hers, wished, console):
        for _ in range(2):
            console().create_key(port.NewKey(""))
        page = wished(NEW_KEY)
        assert "as many access keys of yours as it allows" in page.words
