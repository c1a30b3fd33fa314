"""« My Credential »: access keys, on the stand-in (API-2)."""

from __future__ import annotations

import csv
import io

import pytest
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
)
from selfcare.services.accounts import barring
from selfcare.services.console import access as console_access
from selfcare.services.console import iam as port
from tests.cast import account_of
from tests.credentials.conftest import API_PASSWORD, REF
from tests.credentials.making import (
    NEW_APPLICATION,
    NEW_KEY,
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

    def test_staff_3_none_is_made_once_the_account_is_disabled(
        self, app, hers, code, settled, worker
    ):
        hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        with app.app_context():
            barring.disable(account_of(settled))
            db.session.commit()
        worker.run()
        with app.app_context():
            wish = db.session.execute(select(CredentialWish)).scalar_one()
            assert (wish.state, wish.problem, wish.key) == ("failed", "no_project", "")

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

    def test_api_5_the_owner_gets_a_mail_on_a_burst_of_wrong_passwords(self, wished, outbox):
        for mails in ([], [], ["marie.dupont@example.com"]):
            wished(NEW_KEY, password="Faux-Nuage.42")
            assert outbox("wrong_api_passwords") == mails

    def test_api_2_too_many_codes_are_said_where_they_are_asked_for(self, hers):
        asked = {"HX-Request": "true", "HX-Target": "code-part"}
        for _ in range(5):
            assert hers.post(NEW_KEY, {"get_code": "1"}).status == 200
        part = hers.client.post(
            NEW_KEY,
            data={"get_code": "1", "csrf_token": hers._token(NEW_KEY)},
            headers=asked,
            environ_base=hers.environ,
            base_url="http://portal.test/",
        )
        assert part.status_code == 429
        assert part.text.lstrip().startswith('<div id="code-part"')
        assert "Too many attempts" in part.text

    def test_api_2_one_thing_at_a_time(self, hers, code, worker):
        first = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        worker.redis.flushdb()
        second = hers.post(NEW_KEY, {"password": API_PASSWORD, "code": code(NEW_KEY)})
        assert second.status == 422
        assert "still being done" in second.words
        assert link(hers.get(PAGE), "See how far it is") == first.location

    def test_api_2_deleting_asks_the_api_password(self, hers, wished, console, outbox, audited):
        key = facts(wished(NEW_KEY))["Access key"]
        page = wished(link(hers.get(PAGE), "Delete"), with_code=False)
        assert "The access key is deleted" in page.words
        assert console().access_keys() == []
        assert [entry.details for entry in audited("access_key.deleted")] == [{"key": key}]
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
