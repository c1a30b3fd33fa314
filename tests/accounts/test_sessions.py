"""« Mes sessions »: seen, ended (AUTH-7)."""

from __future__ import annotations

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.models import Account, ConsoleAccess, Contract, SignIn, now
from selfcare.services.accounts import devices, passwords, two_factor
from selfcare.services.console import access as console_access
from selfcare.services.console.iam import iam
from tests.browsing import Browser
from tests.cast import account_of

PAGE = "/account/security/"


def by_a_new_password(account: Account) -> None:
    passwords.change(account, "Another-2026!", by=account)


def by_another_s_reset(account: Account) -> None:
    two_factor.reset(account, by=None, reason="lost")


def by_a_second_factor(account: Account) -> None:
    device = two_factor.prepare(account)
    sign_in = db.session.execute(select(SignIn)).scalars().one()
    two_factor.confirm(account, pyotp.TOTP(two_factor.secret(device)).now(), sign_in=sign_in)


@pytest.fixture
def two(cast, app: Flask, browse_as) -> tuple[Browser, Browser]:
    """Paul, signed in twice."""
    cast.account("paul.dupont", locale="en")
    return browse_as("paul.dupont"), browse_as("paul.dupont", ip="198.51.100.7")


def test_auth_7_lists_my_sessions_and_marks_this_one(two, cast, browse_as):
    cast.account("somebody.else")
    browse_as("somebody.else")
    page = two[0].get(PAGE)
    assert len(page.all("tbody tr")) == 2
    assert page.words.count("this session") == 1


def test_auth_7_no_two_sessions_have_the_same_name(two, app, browse_as):
    browse_as("paul.dupont")
    with app.app_context():
        db.session.execute(update(SignIn).values(created_at=now()))
        db.session.commit()
    names = [str(button["aria-label"]) for button in two[0].get(PAGE).all("tbody button")]
    assert len(set(names)) == len(names) == 2
    assert all(name.startswith("End session ") for name in names)


def test_auth_7_a_session_says_device_and_address(cast, browse):
    cast.account("paul.dupont", locale="en")
    browse.client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    browse.sign_in("paul.dupont")
    page = browse.get(PAGE)
    assert "Firefox · Linux" in page.words
    assert "192.0.2.10" in page.words


def test_auth_7_an_ended_session_is_out_on_its_next_request(two, audited):
    here, there = two
    [form] = here.get(PAGE).all("tbody form")
    for _ in range(2):
        assert here.post(str(form["action"])).location == PAGE
    assert [entry.actor for entry in audited("sign_in.ended")] == ["paul.dupont"]
    assert there.get("/account/profile").status == 303
    assert here.get("/account/profile").status == 200
    assert not here.get(PAGE).all("tbody form")


def test_auth_7_all_others_at_once(two, browse_as, audited):
    here, there = two
    third = browse_as("paul.dupont")
    here.post(PAGE + "sessions/end-others")
    assert [entry.actor for entry in audited("sign_in.others_ended")] == ["paul.dupont"]
    assert {there.get("/").status, third.get("/").status} == {303}
    assert here.get(PAGE).status == 200


def test_auth_7_nobody_ends_anothers(two, cast, browse_as):
    here, there = two
    action = str(here.get(PAGE).all("tbody form")[0]["action"])
    cast.account("somebody.else")
    assert browse_as("somebody.else").post(action).status == 404
    assert there.get("/account/profile").status == 200


def test_auth_7_ending_takes_a_post(two):
    action = str(two[0].get(PAGE).all("tbody form")[0]["action"])
    assert two[0].get(action).one("main form")["method"] == "post"
    assert two[1].get("/account/profile").status == 200


@pytest.mark.once
@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("w3m/0.5.3+git20230121", "w3m"),
        ("Lynx/2.9.0dev.12 libwww-FM/2.14", "Lynx"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
            ),
            "Edge · Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari · iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome · Android",
        ),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_auth_7_devices_are_told_by_their_names(agent, device):
    assert devices.describe(agent) == device


class TestConsole:
    def enabled(self, app, ref):
        with app.app_context():
            return [one.enabled for one in iam().overview(ref).users.values()]

    @pytest.fixture
    def marie(self, cast, ref, stand_in_iam, worker, app, browse_as):
        """Somebody whose console account is there."""
        cast.member("marie.dupont", ref=ref)
        with app.app_context():
            contract = db.session.execute(select(Contract).filter_by(ref=ref)).scalar_one()
            console_access.want(contract, account_of("marie.dupont"), ["guest"])
            db.session.commit()
        worker.run()
        assert self.enabled(app, ref) == [True]
        return browse_as("marie.dupont")

    def access(self, app):
        with app.app_context():
            return db.session.execute(select(ConsoleAccess)).scalar_one()

    def test_console_9_my_sessions_end_in_the_console_too(self, marie, ref, app, worker):
        page = marie.get(PAGE)
        assert "End my sessions in the technical console" in page.words
        done = marie.post(PAGE + "sessions/end-others", {"console": "1", "csrf_token": page.csrf()})
        assert "within a minute" in marie.get(done.location).words
        assert self.access(app).ends_tokens
        worker.run()
        after = self.access(app)
        assert (after.state, after.ends_tokens, after.paused) == ("done", False, False)
        assert self.enabled(app, ref) == [True]

    def test_console_9_ending_one_asks_about_the_console(
        self, marie, browse_as, ref, app, worker, audited
    ):
        other = browse_as("marie.dupont")
        [link] = marie.get(PAGE).all("tbody a")
        asked = marie.get(str(link["href"]))
        assert asked.one("h1").text == "End this session?"
        assert other.get("/account/profile").status == 200, "nothing has ended yet"
        done = marie.post(str(link["href"]), {"console": "1", "csrf_token": asked.csrf()})
        assert "within a minute" in marie.get(done.location).words
        assert other.get("/account/profile").status == 303
        assert [entry.actor for entry in audited("sign_in.console_ended")] == ["marie.dupont"]
        assert self.access(app).ends_tokens
        worker.run()
        assert not self.access(app).ends_tokens
        assert self.enabled(app, ref) == [True]

    def test_console_9_without_the_box_the_console_is_left_alone(
        self, marie, browse_as, app, audited
    ):
        other = browse_as("marie.dupont")
        [link] = marie.get(PAGE).all("tbody a")
        marie.post(str(link["href"]), {"csrf_token": marie.get(str(link["href"])).csrf()})
        assert other.get("/account/profile").status == 303
        assert not self.access(app).ends_tokens
        assert audited("sign_in.console_ended") == []

    @pytest.mark.parametrize("ends", [by_a_new_password, by_another_s_reset, by_a_second_factor])
    def test_console_9_what_makes_sign_ins_doubtful_ends_those_in_the_console(
        self, marie, app, worker, ref, ends
    ):
        """A mailed link and « Mon profil » give the new password by the same service."""
        with app.app_context():
            ends(account_of("marie.dupont"))
            db.session.commit()
        assert self.access(app).ends_tokens
        worker.run()
        after = self.access(app)
        assert (after.state, after.ends_tokens, after.paused) == ("done", False, False)
        assert self.enabled(app, ref) == [True]

    def test_console_9_a_first_password_ends_nothing(self, marie, app):
        with app.app_context():
            account = account_of("marie.dupont")
            account.password_hash = None
            passwords.change(account, "Another-2026!", by=account)
            db.session.commit()
        assert not self.access(app).ends_tokens

    def test_console_9_an_account_disabled_in_the_console_stays_so(self, marie, ref, app, worker):
        key = self.access(app).iam_user_id
        with app.app_context():
            iam().enable(ref, key, usable=False)
            console_access.end_tokens(account_of("marie.dupont"))
            db.session.commit()
        worker.run()
        assert self.enabled(app, ref) == [False]
        assert not self.access(app).ends_tokens

    def test_console_9_nobody_without_the_console_is_asked_about_it(self, two):
        assert "console" not in two[0].get(PAGE).one("main").get_text()
