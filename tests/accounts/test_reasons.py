"""The sign-in page knows why somebody stands there (AUTH-1, AUTH-7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.database import db
from selfcare.language import sign_in_wording
from selfcare.language.sign_in_wording import Why
from selfcare.models import LinkPurpose, SignIn, now
from selfcare.services.accounts import sign_ins
from selfcare.services.mail import links
from tests.cast import account_of

EDIT = "/account/profile/edit"


def said(page) -> str:
    return " ".join(page.one("main .notice").get_text(" ").split())


def focused(page) -> list[str]:
    return [field["name"] for field in page.soup.select("main [autofocus]")]


class TestReasons:
    def test_auth_1_nothing_is_said_to_whoever_just_comes(self, browse):
        page = browse.get("/login")
        assert page.soup.select("main .notice") == []
        assert focused(page) == ["login"]

    def test_auth_1_a_page_that_was_asked_for_is_named_as_the_reason(self, browse):
        page = browse.get(browse.get("/account/orders").location)
        assert said(page).endswith("Sign in to open the page you asked for.")
        assert said(page).startswith("Connectez-vous")

    def test_auth_7_signed_out_is_said_once(self, paul):
        page = paul.get(paul.post("/logout").location)
        assert "You are signed out." in said(page)
        assert paul.get("/login").soup.select("main .notice") == []

    @pytest.mark.parametrize(
        ("pages_every", "until", "sentence"),
        [
            (None, timedelta(hours=25), "no page for a while"),
            (timedelta(hours=20), timedelta(days=8), "only so long"),
        ],
    )
    def test_auth_7_a_session_that_ended_by_itself_says_how(
        self, cast, browse_as, pages_every, until, sentence
    ):
        cast.member("paul.dupont")
        with time_machine.travel(now(), tick=False) as clock:
            start, paul = now(), browse_as("paul.dupont")
            while pages_every and now() + pages_every < start + until:
                clock.shift(pages_every)
                paul.get("/account/profile")
            clock.move_to(start + until)
            page = paul.get(paul.get("/account/profile").location)
        assert sentence in said(page)

    def test_auth_7_a_session_ended_from_elsewhere_says_so(self, app, paul):
        with app.app_context():
            sign_ins.end(db.session.execute(select(SignIn)).scalar_one())
            db.session.commit()
        page = paul.get(paul.get("/account/profile").location)
        assert "was ended" in said(page)

    def test_users_2_what_was_typed_is_said_to_be_kept(self, app, paul):
        token = paul._token()
        with app.app_context():
            sign_ins.end(db.session.execute(select(SignIn)).scalar_one())
            db.session.commit()
        answer = paul.post(EDIT, {"first_name": "Paula", "csrf_token": token})
        assert "What you typed is kept" in said(paul.get(answer.location))

    def test_auth_3_a_new_password_leads_to_its_login_filled_in(self, app, cast, browse):
        cast.account("paul.dupont")
        with app.app_context():
            link = links.create(account_of("paul.dupont"), LinkPurpose.SET_PASSWORD)
            token = links.token(link)
            db.session.commit()
        browse.get(f"/password/set/{token}")
        new = {"password": "Bleu-Nuage.42", "confirm": "Bleu-Nuage.42"}
        page = browse.get(browse.post("/password/set", new).location)
        assert "Your password is changed" in said(page)
        assert page.one("[name=login]")["value"] == "paul.dupont"
        assert focused(page) == ["password"]

    def test_account_1_a_confirmed_address_is_said_at_the_door(self, app, cast, browse):
        cast.account("paul.dupont")
        with app.app_context():
            account = account_of("paul.dupont")
            link = links.create(account, LinkPurpose.CONFIRM_EMAIL, email="new@example.com")
            token = links.token(link)
            db.session.commit()
        browse.get(f"/email/confirm/{token}")
        answer = browse.post("/email/confirm")
        page = browse.get(browse.get(answer.location).location)
        assert "address is confirmed" in said(page)

    def test_auth_7_a_code_that_came_too_late_leads_back_with_the_reason(self, app, browse, cast):
        cast.account("paul.dupont")
        with browse.client.session_transaction(base_url="http://portal.test/") as session:
            session["awaiting"] = "long gone"
        page = browse.get(browse.get("/login/code").location)
        assert "The code came too late" in said(page)

    def test_safe_a_text_in_the_address_is_never_shown(self, browse):
        page = browse.get("/login?why=Pay+here&login=somebody&next=/Pay-here")
        assert "Pay" not in page.one("main").get_text()
        assert not page.one("[name=login]").get("value")

    def test_auth_1_a_wrong_password_says_that_and_nothing_else(self, browse, cast):
        cast.account("paul.dupont")
        page = browse.sign_in("paul.dupont", "wrong", at="/login?next=/account/orders")
        assert page.soup.select("main .notice") == []
        assert focused(page) == ["password"]

    def test_staff_5_staff_are_told_why_too(self, cast, browse_as):
        agent = browse_as(cast.agent("agent.support"))
        page = agent.get(agent.post("/staff/logout").location)
        assert said(page).startswith("You are signed out.")


@pytest.mark.once
@pytest.mark.parametrize("why", list(Why))
def test_auth_1_every_reason_has_its_sentence(app, why):
    with app.test_request_context():
        assert sign_in_wording.sentence(why).endswith(".")


@pytest.mark.once
def test_auth_7_each_fate_of_a_session_is_a_reason():
    assert {fate.value for fate in sign_ins.Fate} <= {why.value for why in Why}
