"""Forgotten passwords and logins, from the form to the mail and back (AUTH-2 to AUTH-5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from selfcare import logs
from selfcare.blueprints.sign_in import recovery as recovery_pages
from selfcare.database import db
from selfcare.models import Account, LinkPurpose, Mail, MailedLink, RecoveryRequest
from selfcare.services.accounts import people, recovery
from selfcare.services.mail import links
from tests.accounts.captchas import ask_for_password, solve
from tests.cast import PASSWORD, account_of

NEW = "Bleu-Nuage.42"


@pytest.fixture
def pauls_login(cast) -> str:
    return cast.account("paul.dupont", email="paul.dupont@orangecloud.com")


@pytest.fixture
def link(pauls_login, browse, mailbox) -> str:
    """The link of the mail Paul asked for."""
    ask_for_password(browse, pauls_login)
    return mailbox.link(has="/password/set/")


def set_password(browser, link, password=NEW, again=None):
    browser.get(link)
    data = {"password": password, "confirm": password if again is None else again}
    return browser.post("/password/set", data)


def sign_in(browser, password, login="paul.dupont"):
    return browser.post("/login", {"login": login, "password": password})


class TestPasswordLink:
    def test_auth_2_mails_a_link_that_sets_the_password(self, link, browse, mailbox, audited):
        [entry] = audited("password.asked")
        assert (entry.actor, entry.subject, entry.ip) == ("", "paul.dupont", "192.0.2.10")
        assert browse.get(link).location == "/password/set"
        answer = set_password(browse, link)
        assert (answer.status, answer.location) == (303, "/login")
        assert "Your password is changed" in browse.get("/login").words
        assert "paul.dupont" in mailbox.text(to="paul.dupont@orangecloud.com")
        assert sign_in(browse, PASSWORD).status == 422
        assert sign_in(browse, NEW).status == 303

    def test_auth_2_a_link_is_good_once(self, link, browse):
        set_password(browse, link)
        again = set_password(browse, link, "Autre-Nuage.43")
        assert again.status == 410
        assert sign_in(browse, NEW).status == 303

    def test_auth_2_a_link_is_good_for_a_day(self, link, browse):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=23, minutes=59), tick=False):
            browse.get(link)
            assert browse.get("/password/set").status == 200
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, minutes=1), tick=False):
            assert browse.get("/password/set").status == 410

    def test_auth_2_opening_a_link_changes_nothing(self, link, browse, app):
        for _time in range(3):
            browse.get(link)
            assert browse.get("/password/set").status == 200
        with app.app_context():
            assert db.session.execute(select(MailedLink.used_at)).scalars().all() == [None]

    def test_auth_2_any_new_password_ends_all_links(self, link, browse, browse_as, pauls_login):
        change = {"current": PASSWORD, "password": NEW, "confirm": NEW}
        assert browse_as(pauls_login).post("/account/password", change).status == 303
        assert set_password(browse, link, "Autre-Nuage.43").status == 410

    def test_auth_2_two_at_the_same_time_set_one_password(self, link, app):
        token = link.rpartition("/")[2]
        with app.app_context():
            first = links.opened(token, LinkPurpose.SET_PASSWORD)
            recovery.set_password(first, NEW, keep=None, keep_passkeys=True)
            with pytest.raises(links.LinkDead):
                recovery.set_password(first, "Autre-Nuage.43", keep=None, keep_passkeys=True)

    @pytest.mark.parametrize("token", ["", "x", "WzEsImFiYyJd.abc", "WzFd.x", "é", "a" * 3000])
    def test_auth_2_an_invented_link_opens_nothing(self, token, browse, pauls_login):
        browse.get(f"/password/set/{token}")
        assert browse.get("/password/set").status == 410

    def test_auth_2_a_link_for_something_else_sets_no_password(self, pauls_login, app, browse):
        with app.app_context():
            made = links.create(
                account_of(pauls_login), LinkPurpose.CONFIRM_EMAIL, email="new@example.com"
            )
            token = links.token(made)
            db.session.commit()
        assert set_password(browse, f"/password/set/{token}").status == 410

    def test_auth_2_the_database_opens_nothing(self, link, app):
        token = link.rpartition("/")[2]
        with app.app_context():
            for table in (Mail.__table__, MailedLink.__table__):
                assert token not in repr(db.session.execute(select(table)).all())

    def test_auth_2_the_token_leaves_the_address_and_no_referrer(self, link, browse):
        answer = browse.get(link)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert browse.get("/password/set").headers["Cache-Control"] == "no-store"

    def test_auth_2_the_log_does_not_hold_the_token(self, link, browse, caplog):
        with caplog.at_level("INFO"):
            browse.get(link)
        assert link.rpartition("/")[2] not in caplog.text

    @pytest.mark.parametrize(
        "problem", [RuntimeError("surprise"), OperationalError("SELECT 1", {}, Exception("away"))]
    )
    def test_auth_2_no_failure_tells_the_token(
        self, link, browse, app, monkeypatch, caplog, problem
    ):
        def fail(*_args, **_kwargs):
            raise problem

        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        monkeypatch.setattr(recovery_pages, "no_store", fail)
        with caplog.at_level("INFO"):
            assert browse.get(link).status in {500, 503}
        assert "/password/set/<token>" in caplog.text
        assert link.rpartition("/")[2] not in caplog.text

    def test_auth_2_error_reports_do_not_hold_the_token(self, app):
        address = "http://portal.test/password/set/secret"
        with app.test_request_context("/password/set/secret"):
            sent = logs.reported({"request": {"url": address}}, None)
        assert "secret" not in str(sent)
        assert sent["request"]["url"].startswith("http://portal.test/")

    def test_auth_2_a_link_survives_a_new_secret_key(self, link, browse, app, monkeypatch):
        old = app.config["SECRET_KEY"]
        monkeypatch.setitem(app.config, "SECRET_KEY", "another secret key, long enough for all")
        monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old])
        assert set_password(browse, link).status == 303

    def test_auth_3_ends_every_session(self, link, browse, browse_as, pauls_login):
        elsewhere = browse_as(pauls_login)
        assert elsewhere.get("/").status == 200
        set_password(browse, link)
        assert elsewhere.get("/").location.startswith("/login")

    def test_auth_3_says_what_is_wrong_beside_the_field(self, link, browse):
        answer = set_password(browse, link, "court")
        assert answer.status == 422
        shown = " ".join(answer.texts("#password-error"))
        assert "8" in shown
        assert "1 uppercase letter" in shown
        assert answer.one("#errors a")["href"] == "#password"
        differs = set_password(browse, link, NEW, "Bleu-Nuage.43")
        assert differs.all("#confirm-error")
        assert sign_in(browse, PASSWORD).status == 303


class TestNobodyLearnsWhoIsKnown:
    def test_auth_2_same_answer_for_known_and_unknown_logins(self, pauls_login, browse, mailbox):
        answers = [ask_for_password(browse, login) for login in (pauls_login, "nobody.knows")]
        described = {
            (
                a.status,
                a.location,
                a.text,
                tuple(sorted(set(a.headers.keys()))),
            )
            for a in answers
        }
        assert len(described) == 1
        assert [mail["To"] for mail in mailbox.all()] == [
            "Paul DUPONT <paul.dupont@orangecloud.com>"
        ]

    def test_auth_2_the_web_does_the_same_work_for_both(self, pauls_login, browse, app):
        from sqlalchemy import event

        counts = []
        for login in (pauls_login, "nobody.knows"):
            page = browse.get("/password/forgot")
            data = {"login": login, **solve(app, page), "csrf_token": page.csrf()}
            sent: list[str] = []

            def note(_connection, _cursor, statement, *_rest, sent=sent):
                sent.append(re.sub(r"\s+", " ", statement))

            with app.app_context():
                engine = db.engine
            event.listen(engine, "before_cursor_execute", note)
            browse.post("/password/forgot", data)
            event.remove(engine, "before_cursor_execute", note)
            counts.append(sent)
        assert counts[0] == counts[1]
        assert not [statement for statement in counts[0] if "accounts" in statement]

    def test_auth_4_mails_the_login_of_a_known_address(
        self, pauls_login, browse, mailbox, app, audited
    ):
        for address in ("Paul.Dupont@OrangeCloud.com", "nobody@example.com"):
            page = browse.get("/login/forgot")
            answer = browse.post("/login/forgot", {"email": address, **solve(app, page)})
            assert (answer.status, answer.location) == (303, "/login/forgot/sent")
        assert len(mailbox.all()) == 1
        assert "paul.dupont" in mailbox.text()
        assert [entry.subject for entry in audited("login.asked")] == [pauls_login]
        done = browse.get("/login/forgot/sent")
        assert "Close" in done.texts("a.button")

    @pytest.mark.parametrize("login", ["a\x00b", "' or 1=1 --", "é", "x" * 254, "%", "\u202epaul"])
    def test_auth_2_odd_logins_get_the_same_answer(self, browse, mailbox, login):
        assert ask_for_password(browse, login).location == "/password/forgot/sent"
        assert mailbox.all() == []

    def test_auth_2_an_odd_captcha_is_a_wrong_one(self, browse):
        fields = {"login": "paul.dupont", "captcha": "\x00", "answer": "\x00x"}
        assert browse.post("/password/forgot", fields).status == 422

    def test_auth_4_an_odd_address_is_refused_with_its_words_kept(self, browse, app):
        page = browse.get("/login/forgot")
        answer = browse.post("/login/forgot", {"email": "paul", **solve(app, page)})
        assert answer.status == 422
        assert answer.one("#email")["value"] == "paul"
        assert answer.all("#email-error")


class TestLimits:
    def test_auth_6_one_login_is_asked_for_so_often(self, pauls_login, browse):
        codes = [ask_for_password(browse, pauls_login).status for _time in range(4)]
        assert codes == [303, 303, 303, 429]
        assert ask_for_password(browse, "somebody.else").status == 303

    def test_auth_6_known_or_not(self, browse):
        codes = [ask_for_password(browse, "nobody.knows").status for _time in range(4)]
        assert codes == [303, 303, 303, 429]

    def test_auth_6_a_mailbox_gets_so_many_whatever_was_asked(
        self, pauls_login, browse, mailbox, app
    ):
        for _time in range(3):
            ask_for_password(browse, pauls_login)
            page = browse.get("/login/forgot")
            fields = {"email": "paul.dupont@orangecloud.com", **solve(app, page)}
            assert browse.post("/login/forgot", fields).status == 303
        assert len(mailbox.all()) == 3

    def test_auth_6_one_address_sends_so_many_forms(self, browse):
        for number in range(20):
            assert ask_for_password(browse, f"login.{number:04}").status == 303
        answer = ask_for_password(browse, "login.9999")
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0


class TestFaults:
    def test_auth_2_a_request_waits_for_redis(self, pauls_login, app, mailbox, browse, monkeypatch):
        from redis import ConnectionError as RedisAway

        from selfcare.background import jobs

        def away(*_args, **_kwargs):
            raise RedisAway

        with monkeypatch.context() as patched:
            patched.setattr(jobs.Job, "enqueue", away)
            assert ask_for_password(browse, pauls_login).status == 303
        assert mailbox.all() == []
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2)), app.app_context():
            recovery.wake_requests()
            assert len(mailbox.all()) == 1

    def test_auth_2_a_job_run_twice_mails_once(self, pauls_login, app, browse, mailbox):
        ask_for_password(browse, pauls_login)
        with app.app_context():
            request_id = db.session.execute(select(RecoveryRequest.id)).scalar_one()
            db.session.rollback()  # SQLite has one writer
            recovery.answer(request_id)
            recovery.answer(request_id)
            assert db.session.execute(select(func.count(Mail.id))).scalar_one() == 1
        assert len(mailbox.all()) == 1


class TestAccessMail:
    def test_auth_5_leads_to_the_form_with_the_login_filled_in(self, app, cast, browse, mailbox):
        cast.account("jacques.dupont", password_hash=None)
        with app.app_context():
            people.welcome(account_of("jacques.dupont"))
            db.session.commit()
        assert "jacques.dupont" in mailbox.text()
        assert "/password/forgot?login=jacques.dupont" in mailbox.text()
        page = browse.get("/password/forgot?login=jacques.dupont")
        assert page.one("#login")["value"] == "jacques.dupont"

    def test_auth_5_sets_the_first_password(self, app, cast, browse, mailbox):
        cast.account("jacques.dupont")
        with app.app_context():
            account_of("jacques.dupont").password_hash = None
            db.session.commit()
        assert sign_in(browse, PASSWORD, "jacques.dupont").status == 422
        ask_for_password(browse, "Jacques.DUPONT")
        assert set_password(browse, mailbox.link(has="/password/set/")).status == 303
        assert sign_in(browse, NEW, "jacques.dupont").status == 303

    def test_auth_3_a_forgotten_account_row_is_no_error(self, app, cast, browse, mailbox):
        cast.account("gone.soon")
        ask_for_password(browse, "gone.soon")
        with app.app_context():
            db.session.delete(db.session.execute(select(Account)).scalar_one())
            db.session.commit()
        assert mailbox.all() == []
