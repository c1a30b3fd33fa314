"""A form sent as the session ended comes back after signing in, to its owner alone (USERS-2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask_wtf import FlaskForm
from sqlalchemy import select, update

from selfcare.database import db
from selfcare.forms.bounded import SecretField
from selfcare.models import KeptForm, Membership, Order, SignIn, UserDraft, now
from selfcare.rights import Profile, Section
from selfcare.services.retention import forgetting
from selfcare.services.safety import sealing
from tests.browsing import Browser
from tests.cast import PASSWORD
from tests.wizard import SOPHIE, USERS, roles

NEW = f"{USERS}/new"


@pytest.fixture
def end_sessions(app):
    """As when their time is over, or somebody ended them from « Mes sessions »."""

    def end() -> None:
        with app.app_context():
            db.session.execute(update(SignIn).values(ended_at=now()))
            db.session.commit()

    return end


def kept(app) -> list[KeptForm]:
    with app.app_context():
        return list(db.session.execute(select(KeptForm)).scalars())


def sign_in(browser, asked, login="paul.dupont"):
    """Through the form, from the address one was sent to."""
    return browser.post(asked.location, {"login": login, "password": PASSWORD})


class TestWizard:
    def test_users_2_step_1_sent_too_late_is_there_after_signing_in(self, app, paul, end_sessions):
        end_sessions()
        asked = paul.post(NEW, SOPHIE)
        assert asked.location.startswith(f"/login?next={NEW}?kept%3D")
        back = sign_in(paul, asked)
        page = paul.get(back.location)
        for name in ("last_name", "first_name", "login", "email", "mobile"):
            assert page.one(f"[name={name}]")["value"] == SOPHIE[name]
        assert page.one("[name=civility][checked]")["value"] == "madam"
        assert "Your entries have been kept" in page.words
        assert not page.all(".error")
        assert "sophie" in paul.get(back.location).one("[name=login]")["value"]  # a reload
        with app.app_context():  # shown, not sent
            assert db.session.execute(select(UserDraft)).first() is None
        assert paul.post(page.one("form.card")["action"], SOPHIE).status == 303

    def test_users_2_step_2_comes_back_with_what_the_person_would_see(self, paul, end_sessions):
        step = paul.post(NEW, SOPHIE)
        end_sessions()
        asked = paul.post(step.location, roles(("guest",), invoices="manager"))
        page = paul.get(sign_in(paul, asked).location)
        assert page.one("[name=invoices][checked]")["value"] == "manager"
        assert [box["value"] for box in page.all("[name=console][checked]")] == ["guest"]
        assert "see invoices and their amounts" in page.one("#preview").get_text(" ")

    def test_users_2_a_changed_role_comes_back(self, cast, paul, end_sessions, id_of):
        cast.member("sophie.dupont")
        path = f"{USERS}/{id_of('sophie.dupont')}/roles"
        end_sessions()
        asked = paul.post(path, roles(orders="visitor"))
        page = paul.get(sign_in(paul, asked).location)
        assert page.one("[name=orders][checked]")["value"] == "visitor"

    def test_users_2_nonsense_is_shown_again_and_breaks_nothing(self, paul, end_sessions):
        step = paul.post(NEW, SOPHIE)
        end_sessions()
        asked = paul.post(step.location, {**roles(), "invoices": "emperor", "odd": "x"})
        assert paul.get(sign_in(paul, asked).location).status == 200

    def test_users_2_in_place_the_whole_page_goes_to_sign_in(self, paul, end_sessions):
        step = paul.post(NEW, SOPHIE)
        end_sessions()
        data = {**roles(orders="visitor"), "csrf_token": paul._token()}
        answer = paul.client.post(
            step.location, data=data, base_url="http://portal.test/",
            headers={"HX-Request": "true", "HX-Target": "preview"},
        )  # fmt: skip
        assert answer.status_code == 204
        asked = answer.headers["HX-Redirect"]
        back = paul.post(asked, {"login": "paul.dupont", "password": PASSWORD})
        assert paul.get(back.location).one("[name=orders][checked]")["value"] == "visitor"


class TestElsewhere:
    def test_account_1_personal_data_comes_back_without_the_password(self, app, paul, end_sessions):
        end_sessions()
        data = {"civility": "sir", "last_name": "Typed", "current": "a secret", "locale": "en"}
        asked = paul.post("/account/profile/edit", data)
        with app.app_context():
            (form,) = kept(app)
            fields = sealing.unseal(form.sealed, purpose="kept form")
        assert "Typed" in fields
        assert "a secret" not in fields
        assert "csrf_token" not in fields
        page = paul.get(sign_in(paul, asked).location)
        assert page.one("[name=last_name]")["value"] == "Typed"

    def test_auth_3_a_password_form_is_not_kept_but_led_back_to(self, app, paul, end_sessions):
        end_sessions()
        asked = paul.post("/account/password", {"current": "a", "password": "b", "confirm": "b"})
        assert asked.location == "/login?next=/account/password"
        assert kept(app) == []

    def test_users_8_a_button_leads_back_to_the_page_it_stood_on(self, paul, end_sessions, id_of):
        end_sessions()
        path = f"{USERS}/console/{id_of('paul.dupont')}"
        page = f"http://portal.test{path}"
        asked = paul.post(f"{path}/retry", Referer=page)
        assert asked.location == f"/login?next={path}"

    def test_auth_3_every_view_that_keeps_its_form_names_its_secrets(self, app):
        """A form with a password field belongs to a view that leaves it out."""
        resumable = {
            name: view.secret_fields
            for name, view in app.view_functions.items()
            if hasattr(view, "secret_fields")
        }
        assert set(resumable) == {
            *("users_wizard.new", "users_wizard.new_console_user", "users_wizard.person"),
            *("users_wizard.roles", "users.roles", "users_console.roles"),
            *("profile.edit", "ordering.form", "notifications.index"),
        }

        def forms(kind=FlaskForm):
            return [kind, *(f for sub in kind.__subclasses__() for f in forms(sub))]

        from selfcare.forms.resumable import ResumableForm

        secret = {
            name
            for form in forms(ResumableForm)
            for name in dir(form)
            if getattr(getattr(form, name, None), "field_class", None) is SecretField
        }
        assert secret == {"current"}
        assert secret <= resumable["profile.edit"]


class TestOtherTab:
    """The page was open already as its reader signed out, or in anew, in another tab."""

    @pytest.fixture
    def before(self, paul) -> dict[str, str]:
        paul.sign_in("paul.dupont")
        return {**SOPHIE, "csrf_token": paul.get(NEW).csrf()}

    def test_users_2_a_form_from_before_one_signed_in_anew_is_there_again(self, app, paul, before):
        paul.post("/logout")
        paul.sign_in("paul.dupont")
        again = paul.post(NEW, before)
        assert again.location.startswith(f"{NEW}?kept=")
        page = paul.get(again.location)
        assert "Your entries have been kept" in page.words
        assert page.one("[name=login]")["value"] == SOPHIE["login"]
        with app.app_context():  # shown, not sent
            assert db.session.execute(select(UserDraft)).first() is None
        assert paul.post(page.one("form.card")["action"], SOPHIE).status == 303

    def test_users_2_a_form_from_before_one_signed_out_comes_back_after_signing_in(
        self, paul, before
    ):
        paul.post("/logout")
        asked = paul.post(NEW, before)
        assert asked.location.startswith(f"/login?next={NEW}?kept%3D")
        assert "What you typed is kept" in paul.get(asked.location).words
        page = paul.get(sign_in(paul, asked).location)
        assert page.one("[name=login]")["value"] == SOPHIE["login"]

    def test_users_2_a_part_asked_for_from_there_leads_the_whole_page(self, paul, before):
        paul.post("/logout")
        paul.sign_in("paul.dupont")
        answer = paul.client.post(
            NEW, data=before, base_url="http://portal.test/",
            headers={"HX-Request": "true", "HX-Target": "preview"},
        )  # fmt: skip
        assert answer.status_code == 204
        assert answer.headers["HX-Redirect"].startswith(f"{NEW}?kept=")

    @pytest.mark.parametrize("is_in", [True, False])
    def test_services_3_a_summary_from_before_leads_back_to_itself_and_orders_nothing(
        self, app, shop, browse_as, is_in
    ):
        paul, order = browse_as("paul.dupont"), f"/contracts/OCB0000124/services/{shop}/order"
        fields = {"region": "eu-west-0", "flavor": "c2.large", "plan": "12,no", "step": "next"}
        paul.sign_in("paul.dupont")
        summary = paul.post(order, fields).location
        before = {"csrf_token": paul.get(summary).csrf()}
        paul.post("/logout")
        if is_in:
            paul.sign_in("paul.dupont")
            assert paul.post(summary, before).location == summary
            page = paul.get(summary)
            assert "Your session had ended: nothing has been done." in page.words
        else:
            asked = paul.post(summary, before)
            assert asked.location == f"/login?next={summary}"
            page = paul.get(sign_in(paul, asked).location)
        with app.app_context():
            assert db.session.execute(select(Order)).first() is None
        assert paul.post(summary).status == 303

    def test_safe_a_button_from_before_leads_back_to_the_page_it_stood_on(self, paul, before):
        paul.post("/logout")
        paul.sign_in("paul.dupont")
        page = {"Referer": f"http://portal.test{USERS}"}
        token = {"csrf_token": before["csrf_token"]}
        assert paul.post("/logout", token, **page).location == USERS
        assert "nothing has been done" in paul.get(USERS).words

    def test_users_2_whoever_else_signed_in_meanwhile_gets_nothing_of_it(
        self, app, cast, paul, before
    ):
        cast.member("jacques.dupont", users=Profile.MANAGER)
        paul.post("/logout")
        paul.sign_in("jacques.dupont")
        assert paul.post(NEW, before).status == 400
        assert kept(app) == []

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_users_2_a_token_that_we_made_for_nobody_keeps_nothing(self, app, paul, signed_in):
        nobodys = Browser(app).get("/login").csrf()
        if not signed_in:
            paul.post("/logout")
        for token in (nobodys, f"{nobodys}x", "x", "é.é"):
            assert paul.post(NEW, {**SOPHIE, "csrf_token": token}).status == 400
        assert kept(app) == []


class TestSafely:
    """The token of the page held, the owner alone sees it, for a while."""

    @pytest.fixture
    def asked(self, paul, end_sessions):
        end_sessions()
        return paul.post(NEW, SOPHIE)

    def test_users_2_another_account_that_signs_in_there_gets_an_empty_form(
        self, cast, paul, asked
    ):
        cast.member("jacques.dupont", users=Profile.MANAGER)
        back = sign_in(paul, asked, "jacques.dupont")
        page = paul.get(back.location)
        assert page.status == 200
        assert page.one("[name=login]")["value"] == ""
        assert "sophie" not in page.words.lower()

    def test_users_2_a_form_without_its_token_is_not_kept(self, app, paul, end_sessions):
        end_sessions()
        assert paul.post(NEW, SOPHIE, token=False).status == 400
        assert kept(app) == []

    def test_users_2_somebody_never_signed_in_keeps_nothing(self, app, paul):
        stranger = Browser(app)
        assert stranger.post(NEW, SOPHIE).location == f"/login?next={NEW}"
        assert kept(app) == []

    def test_users_2_a_sign_in_without_its_second_factor_keeps_nothing(
        self, app, paul, end_sessions
    ):
        with app.app_context():
            db.session.execute(update(SignIn).values(awaits_code=True))
            db.session.commit()
        paul.post(NEW, SOPHIE)
        assert kept(app) == []

    def test_users_2_it_is_encrypted_and_its_address_is_not_in_the_table(self, app, asked):
        (form,) = kept(app)
        assert "sophie" not in form.sealed
        assert form.token_hash not in asked.location

    def test_users_2_it_is_shown_at_its_own_address_only(self, paul, asked):
        back = sign_in(paul, asked).location
        other = back.replace("/users/new", "/users/console/new")
        assert paul.get(other).one("[name=login]")["value"] == ""

    def test_users_2_it_is_forgotten_after_half_a_day(self, app, paul, asked):
        with time_machine.travel(now() + timedelta(hours=13), tick=True):
            back = sign_in(paul, asked)
            assert paul.get(back.location).one("[name=login]")["value"] == ""
            with app.app_context():
                forgetting.forget()
        assert kept(app) == []

    def test_users_2_ten_forms_of_a_reasonable_size_are_kept(self, app, paul, end_sessions):
        end_sessions()
        for number in range(12):
            paul.post(NEW, {**SOPHIE, "last_name": f"Dupont{number}"})
        assert len(kept(app)) == 10
        paul.post(NEW, {**SOPHIE, "last_name": "x" * 60_000})
        assert len(kept(app)) == 10

    def test_users_2_another_secret_key_shows_an_empty_form(self, app, paul, asked):
        with app.app_context():
            db.session.execute(update(KeptForm).values(sealed="gAAAAA"))
            db.session.commit()
        assert paul.get(sign_in(paul, asked).location).one("[name=login]")["value"] == ""

    def test_users_2_it_gives_no_right(self, app, paul, asked):
        """Who lost the right to add users meanwhile is told so, form or not."""
        with app.app_context():
            membership = db.session.execute(select(Membership)).scalar_one()
            membership.profiles = {**membership.profiles, Section.USERS: Profile.NONE}
            db.session.commit()
        assert paul.get(sign_in(paul, asked).location).status == 403
