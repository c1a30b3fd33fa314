"""A new API password: three pages, a code by mail, a worker that sets it (API-1)."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import (
    MailedCode,
    now,
)
from selfcare.services.console.credentials import passwords
from selfcare.services.console.iam.port import NewKey
from selfcare.services.mail import outbox as mail_outbox
from tests.accounts.captchas import solve
from tests.browsing import Browser
from tests.credentials.conftest import API_PASSWORD, AT, MARIE, NEW, REF


def other(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


class TestTheWay:
    def test_api_1_three_steps_set_the_password_in_the_console(
        self, marie, begun, code_asked, mailed_code, chosen, worker, stand_in_iam, outbox, audited
    ):
        browser = begun()
        assert code_asked(browser).location == f"{AT}/new"
        done = chosen(browser, mailed_code())
        assert done.location == f"{AT}/finish"
        waiting = browser.get(done.location)
        assert waiting.one("meta[http-equiv=refresh]")
        assert "is being set" in waiting.words
        worker.run()
        page = browser.get(done.location)
        assert "Your API password is set" in page.words
        assert not page.all("meta[http-equiv=refresh]")
        assert stand_in_iam.check_password(REF, marie, NEW)
        assert not stand_in_iam.check_password(REF, marie, API_PASSWORD)
        assert outbox("api_password_changed") == [MARIE]
        [entry] = audited("api_password.changed")
        assert (entry.subject, entry.contract_ref) == (marie, REF)

    def test_api_1_says_what_goes_on_working_and_leads_there(
        self, marie, begun, code_asked, mailed_code, chosen, worker, stand_in_iam
    ):
        time.sleep(passwords.SETTLES.total_seconds())
        own = stand_in_iam.sign_in(REF, marie, API_PASSWORD)
        key = own.create_key(NewKey("a1b2c3d4e5f6a7b8", mark="one", secret="s" * 32))
        browser = begun()
        code_asked(browser)
        done = chosen(browser, mailed_code())
        worker.run()
        page = browser.get(done.location)
        assert key.access in page.words
        assert f"/contracts/{REF}/console/credentials/" in {a["href"] for a in page.all("main a")}

    def test_api_1_the_code_may_be_given_first_and_the_password_without_hurry(
        self, marie, begun, code_asked, mailed_code, chosen, worker, stand_in_iam
    ):
        browser = begun()
        with time_machine.travel(now(), tick=False) as clock:
            code_asked(browser)
            done = chosen(browser, mailed_code(), password="")
            assert done.location == f"{AT}/new"
            page = browser.get(done.location)
            assert "Your code is right" in page.words
            assert not page.all("#code")
            clock.shift(timedelta(minutes=9))
            assert chosen(browser).location == f"{AT}/finish"

    def test_api_1_is_reached_from_mail_api_login_dashboard_and_account(
        self, marie, browse, browse_as, cast, mailbox
    ):
        assert AT in {a["href"] for a in browse.get("/console/api-login").all("main ul a")}
        cast.member(marie, console_roles=["guest"], console_state="done", dashboard="visitor")
        signed_in = browse_as(marie)
        for path in (f"/contracts/{REF}/dashboard", "/account/security/"):
            links = {str(a["href"]) for a in signed_in.get(path).all("main a")}
            assert any(link.startswith(AT) for link in links), path
        page = signed_in.get(f"{AT}?account={REF}")
        assert page.one("#account")["value"] == REF
        assert page.one("#email")["value"] == MARIE

    def test_api_1_a_password_ends_every_api_login(
        self, marie, browse, api_login, begun, code_asked, mailed_code, chosen, worker, app
    ):
        visitor = Browser(app, ip="192.0.2.77")
        where = api_login(visitor).location
        assert visitor.get(where).status == 200
        browser = begun()
        code_asked(browser)
        chosen(browser, mailed_code())
        worker.run()
        assert visitor.get(where).status == 303


class TestMistakes:
    def test_api_1_a_wrong_code_counts_down_and_asks_for_a_new_one(
        self, marie, begun, code_asked, mailed_code, chosen
    ):
        browser = begun()
        code_asked(browser)
        code = mailed_code()
        told = [chosen(browser, other(code)).one("#code-error").get_text() for _ in range(5)]
        assert [text[-2:] for text in told[:4]] == ["4.", "3.", "2.", "1."]
        assert "get a new one" in told[4]
        assert "no longer good" in chosen(browser, code).one("#code-error").get_text()
        code_asked(browser)
        assert chosen(browser, mailed_code()).status == 303

    def test_api_1_after_its_minute_a_new_code_is_needed(
        self, marie, begun, code_asked, mailed_code, chosen
    ):
        browser = begun()
        with time_machine.travel(now(), tick=False) as clock:
            code_asked(browser)
            page = browser.get(f"{AT}/new")
            assert page.one("#countdown")["data-seconds"] == "60"
            assert re.search(r"good until \d\d:\d\d:\d\d; it is \d\d:\d\d:\d\d now", page.words)
            clock.shift(timedelta(seconds=61))
            assert "no longer good" in browser.get(f"{AT}/new").words
            assert chosen(browser, mailed_code()).status == 422

    @pytest.mark.parametrize(
        ("password", "confirm", "field"),
        [
            ("court", None, "password"),
            ("Nuage-Bleu.42" * 6, None, "password"),
            ("É" * 35 + "aA1!", None, "password"),
            (NEW, "Autre-Ciel.78", "confirm"),
            (MARIE, None, "password"),
        ],
    )
    def test_api_1_what_the_rules_refuse_is_said_beside_the_field(
        self, marie, begun, code_asked, mailed_code, chosen, password, confirm, field
    ):
        browser = begun()
        code_asked(browser)
        page = chosen(browser, mailed_code(), password, confirm)
        assert page.status == 422
        assert page.one(f"#{field}-error")
        assert password not in page.text.replace(MARIE, MARIE if password != MARIE else "")
        assert chosen(browser).location == f"{AT}/finish"  # the code was right, and stays so

    def test_api_1_with_scripts_a_wrong_code_leaves_the_passwords_in_the_page(
        self, marie, begun, code_asked, mailed_code
    ):
        browser = begun()
        code_asked(browser)
        fields = {"password": NEW, "confirm": NEW, "code": other(mailed_code())}
        page = browser.send_part("step", f"{AT}/new", fields)
        assert page.status == 422
        assert page.headers["HX-Retarget"] == "#code-part"
        assert not page.all("#password")
        assert page.one("#code-error")

    def test_api_1_a_form_that_is_sent_twice_sets_one_password(
        self, app, marie, begun, code_asked, mailed_code, chosen, worker, outbox
    ):
        browser = begun()
        code_asked(browser)
        code = mailed_code()
        assert [chosen(browser, code).location for _ in range(2)] == [f"{AT}/finish"] * 2
        worker.run()
        assert chosen(browser, password="Encore-Un.99").location == f"{AT}/finish"
        assert browser.get(f"{AT}/new").location == f"{AT}/finish"
        worker.run()
        assert outbox("api_password_changed") == [MARIE]

    def test_api_1_no_code_without_the_characters(self, marie, begun, browse):
        begun()
        assert browse.post(f"{AT}/code").location == f"{AT}/captcha"
        page = browse.get(f"{AT}/captcha")
        name = str(page.one("input[name=captcha]")["value"])
        again = browse.post(f"{AT}/captcha", {"captcha": name, "answer": "wrong"})
        assert again.status == 422
        assert str(again.one("input[name=captcha]")["value"]) != name

    def test_api_1_one_captcha_one_code(self, marie, begun, browse, code_asked):
        code_asked(begun())
        assert browse.post(f"{AT}/code").location == f"{AT}/captcha"

    def test_api_1_without_the_first_page_there_is_no_second(self, browse):
        for path in ("new", "captcha", "sending", "finish"):
            assert browse.get(f"{AT}/{path}").location.startswith(AT)


class TestStrangers:
    """Words, statuses and times are the same for everybody (API-1)."""

    STRANGERS = (
        {"email": "nobody@example.com"},
        {"account": "OCB0000999"},
    )

    @pytest.mark.parametrize("whom", STRANGERS)
    def test_api_1_nobody_is_told_who_has_an_account(
        self, app, marie, begun, code_asked, chosen, mailbox, whom
    ):
        pages = []
        with time_machine.travel(now(), tick=False):
            for number, given in enumerate(({}, whom)):
                browser = begun(browser=Browser(app, ip=f"192.0.2.{number + 20}"), **given)
                seen = [code_asked(browser), browser.get(f"{AT}/new"), chosen(browser, "0000000")]
                pages.append([(page.status, page.location, page.words) for page in seen])
        assert pages[0] == pages[1]
        assert len(mailbox.all()) == 1

    def test_api_1_the_mail_server_is_asked_for_strangers_too(
        self, app, begun, code_asked, mailbox
    ):
        """Away, it holds up the code of somebody and of nobody alike."""
        app.extensions["mail"].port = 9
        page = code_asked(begun(email="nobody@example.com"))
        assert page.status == 200
        with app.app_context():
            assert db.session.execute(select(MailedCode.told_at)).scalar_one() is None

    @pytest.mark.parametrize("reply", ["550 5.1.1 no such mailbox", "450 4.2.0 try again"])
    def test_api_1_what_the_mail_server_says_of_an_address_is_no_sign_either(
        self, marie, begun, code_asked, chosen, smtp_server, mailbox, reply
    ):
        smtp_server.refuse(reply)
        browser = begun()
        with time_machine.travel(now(), tick=False) as clock:
            assert code_asked(browser).location == f"{AT}/new"
            assert "the code has left" in browser.get(f"{AT}/new").words
            clock.shift(timedelta(seconds=61))
            assert "no longer good" in chosen(browser, "0000000").one("#code-error").get_text()

    def test_api_1_a_mail_that_is_taken_later_brings_a_code_that_is_good_for_its_minute(
        self, app, marie, begun, code_asked, chosen, mailed_code, smtp_server
    ):
        smtp_server.refuse("450 4.2.0 try again")
        browser = begun()
        with time_machine.travel(now(), tick=False) as clock:
            code_asked(browser)
            smtp_server.accept()
            clock.shift(timedelta(seconds=90))
            with app.app_context():
                mail_outbox.deliver_waiting()
            clock.shift(timedelta(seconds=59))
            assert chosen(browser, mailed_code()).location == f"{AT}/finish"

    def test_api_1_the_web_process_looks_nobody_up(self, app, marie, begun, browse, statements):
        begun()
        statements.clear()
        begun(browser=Browser(app, ip="192.0.2.30"))
        known = [text.split()[0:4] for text in statements]
        statements.clear()
        begun(email="nobody@example.com", browser=Browser(app, ip="192.0.2.31"))
        assert [text.split()[0:4] for text in statements] == known

    def test_api_1_a_wrong_code_costs_as_much_whoever_it_was_for(
        self, app, marie, begun, code_asked, chosen, mailbox, statements
    ):
        told = []
        for number, email in enumerate((MARIE, "nobody@example.com")):
            browser = begun(email, browser=Browser(app, ip=f"192.0.2.{number + 50}"))
            code_asked(browser)
            statements.clear()
            chosen(browser, "0000000")
            told.append(list(statements))
        assert told[0] == told[1]

    def test_api_1_a_mailbox_gets_only_so_many_codes(self, app, marie, begun, mailbox):
        told = []
        for number in range(6):
            browser = begun(browser=Browser(app, ip=f"192.0.2.{number + 40}"))
            page = browser.get(f"{AT}/captcha")
            browser.post(f"{AT}/captcha", solve(app, page))
            told.append(browser.post(f"{AT}/code").status)
        assert told == [303] * 5 + [429]
        assert len(mailbox.all()) == 5
