"""Adding users and changing their roles, as managers do (USERS-2 to USERS-5, USERS-7)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from selfcare.database import db
from selfcare.models import Contract, Membership, UserDraft
from selfcare.rights import Profile
from selfcare.services.users import drafts
from selfcare.services.users.refusals import GoneMeanwhile
from tests.cast import account_of
from tests.wizard import REF, SOPHIE, USERS, add, roles

MANAGER, VISITOR, CONSOLE_MANAGER = Profile.MANAGER, Profile.VISITOR, Profile.CONSOLE_MANAGER


@pytest.fixture(autouse=True)
def paul_has_the_console(cast):
    cast.referent(console_roles=["admin"])


class TestAdding:
    def test_users_2_three_steps_make_a_user_who_shows_at_once(self, paul):
        done = add(paul, orders="visitor")
        assert done.status == 303
        assert done.location == USERS
        page = paul.get(USERS)
        assert "sophie.dupont" in page.words
        assert "The user has been added" in page.words

    def test_users_2_the_new_user_has_what_was_chosen_and_nothing_else(self, paul, browse_as):
        add(paul, orders="visitor")
        sophie = browse_as("sophie.dupont")
        assert sophie.get(f"/contracts/{REF}/orders").status == 200
        assert sophie.get(f"/contracts/{REF}/subscriptions").status == 403
        assert sophie.get(USERS).status == 403

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("login", "sophie", "8 to 64 characters"),
            ("login", "sophie.dupônt", "8 to 64 characters"),
            ("email", "sophie", "email address"),
            ("mobile", "12", "Enter a phone number such as"),
            ("mobile", "01 23 45 67 89", "fixed line"),
            ("mobile", "", "fixed or mobile"),
            ("last_name", " ", "Enter the last name"),
            ("civility", "", "Choose a title"),
        ],
    )
    def test_users_2_says_what_is_wrong_beside_the_field(self, paul, field, value, said):
        page = paul.post(f"{USERS}/new", {**SOPHIE, field: value})
        assert page.status == 422
        assert any(said in error for error in page.texts(".error")), page.texts(".error")
        assert said in page.one(".errors").get_text()
        assert page.one("[name=first_name]")["value"] == "Sophie"

    def test_users_2_a_draft_survives_back_reload_and_another_tab(self, paul, browse_as):
        first = paul.post(f"{USERS}/new", SOPHIE)
        second = paul.post(f"{USERS}/new", {**SOPHIE, "login": "sophie.autre", "email": "a@b.fr"})
        paul.post(first.location, {**roles(("guest",), orders="visitor"), "step": "prev"})
        person = first.location.replace("roles", "person")
        again = browse_as("paul.dupont")  # the session ended, another began
        assert again.get(person).one("[name=login]")["value"] == "sophie.dupont"
        kept = again.get(first.location)
        assert "Add a user\xa0– step 2" in kept.one("h1").get_text(), "no line begins with a dash"
        assert kept.one("[name=orders][checked]")["value"] == "visitor"
        assert [box["value"] for box in kept.all("[name=console][checked]")] == ["guest"]
        assert "sophie.autre" not in kept.words
        other = second.location.replace("roles", "person")
        assert again.get(other).one("[name=login]")["value"] == "sophie.autre"

    def test_users_2_a_draft_is_its_owners_alone(self, cast, paul, browse_as):
        cast.member("jacques.dupont", referent=False, users=MANAGER)
        step = paul.post(f"{USERS}/new", SOPHIE)
        assert browse_as("jacques.dupont").get(step.location).status == 404

    def test_users_2_previews_what_the_person_will_see(self, paul):
        step = paul.post(f"{USERS}/new", SOPHIE)
        asked = paul.post(step.location, {**roles(invoices="manager"), "step": "preview"})
        assert asked.location == step.location
        preview = paul.get(step.location, part="preview")
        assert "see invoices and their amounts" in preview.words
        assert not preview.all("h1")

    def test_users_2_finish_twice_adds_one_user_and_one_mail(self, paul, outbox):
        step = paul.post(f"{USERS}/new", SOPHIE)
        step = paul.post(step.location, roles())
        for _ in range(2):
            assert paul.post(step.location, {"step": "finish"}).location == USERS
        assert outbox("portal_access") == ["sophie.dupont@example.com"]

    def test_users_2_nothing_counts_before_finish(self, paul):
        page = add(paul, finish=False)
        assert "step 3 of 3" in page.words
        assert "sophie.dupont" not in paul.get(USERS).words

    def test_users_2_refuses_a_profile_the_section_does_not_offer(self, paul):
        step = paul.post(f"{USERS}/new", SOPHIE)
        assert paul.post(step.location, roles(orders="manager")).status == 422


class TestKnownPeople:
    def test_users_3_a_known_email_means_its_account_as_it_is(self, cast, paul, browse_as):
        cast.account("martine.durand", email="martine@example.com")
        cast.contract("OCB0000777")  # of the same customer
        cast.member("martine.durand", ref="OCB0000777")
        summary = add(
            paul,
            finish=False,
            person={"email": "Martine@Example.com", "login": "quelqu.un.dautre"},
        )
        assert "martine.durand" in summary.words
        add(paul, person={"email": "Martine@Example.com", "login": "quelqu.un.dautre"})
        page = paul.get(USERS)
        assert "martine.durand" in page.words
        assert "quelqu.un.dautre" not in page.words
        assert "Martine" in browse_as("martine.durand").get("/account/profile").words

    def test_users_3_a_login_of_somebody_else_is_an_error_of_step_1(self, cast, paul):
        cast.account("sophie.dupont", email="other@example.com")
        page = paul.post(f"{USERS}/new", {**SOPHIE, "login": "Sophie.Dupont"})
        assert page.status == 422
        assert "belongs to somebody else" in page.one("#login-error").get_text()

    def test_users_3_a_login_taken_meanwhile_is_said_at_the_end(self, cast, paul):
        step = paul.post(f"{USERS}/new", SOPHIE)
        step = paul.post(step.location, roles())
        cast.account("sophie.dupont", email="other@example.com")
        page = paul.post(step.location, {"step": "finish"})
        assert page.status == 422
        assert "sophie.dupont" not in paul.get(USERS).words

    def test_users_3_who_is_there_already_is_not_added_again(self, cast, paul):
        cast.member("martin.dupont")
        page = paul.post(f"{USERS}/new", {**SOPHIE, "email": "martin.dupont@example.com"})
        assert page.status == 422
        assert "already a user of this contract" in page.words


class TestChanging:
    def test_users_5_a_changed_profile_counts_on_the_next_request(
        self, cast, paul, browse_as, id_of
    ):
        cast.member("martin.dupont")
        martin = browse_as("martin.dupont")
        assert martin.get(f"/contracts/{REF}/orders").status == 403
        change(paul, id_of("martin.dupont"), orders="visitor")
        assert martin.get(f"/contracts/{REF}/orders").status == 200

    def test_users_5_summary_says_what_changes(self, cast, paul, id_of):
        cast.member("martin.dupont")
        path = f"{USERS}/{id_of('martin.dupont')}/roles"
        step = paul.post(path, roles(contract="visitor", dashboard="none", orders="visitor"))
        page = paul.get(step.location)
        assert "was: No access" in page.words

    def test_users_5_two_managers_at_once_lose_nothing_unseen(self, cast, paul, browse_as, id_of):
        cast.member("jacques.dupont", users=MANAGER)
        cast.member("martin.dupont")
        path = f"{USERS}/{id_of('martin.dupont')}/roles"
        slow = paul.post(path, roles(orders="visitor"))
        change(browse_as("jacques.dupont"), id_of("martin.dupont"), invoices="manager")
        page = paul.post(slow.location, {"step": "finish"})
        assert page.status == 422
        assert "has just changed these roles" in page.words
        assert browse_as("martin.dupont").get(f"/contracts/{REF}/orders").status == 403

    def test_users_5_what_a_page_left_open_shows_undoes_nobody_s_change(
        self, cast, paul, browse_as, id_of
    ):
        cast.member("jacques.dupont", users=MANAGER)
        cast.member("martin.dupont")
        path = f"{USERS}/{id_of('martin.dupont')}/roles"
        seen = paul.get(path).one("[name=seen]")["value"]
        change(browse_as("jacques.dupont"), id_of("martin.dupont"), invoices="manager")
        page = paul.post(path, {**roles(contract="visitor", orders="visitor"), "seen": seen})
        assert page.location == path
        assert "has just changed these roles" in paul.get(path).words
        anew = paul.get(path).one("[name=seen]")["value"]
        assert paul.post(path, {**roles(orders="visitor"), "seen": anew}).location != path

    def test_users_5_a_user_somebody_else_removes_just_then(self, app, cast, paul, id_of):
        cast.member("martin.dupont")
        martin = id_of("martin.dupont")
        paul.post(f"{USERS}/{martin}/roles", roles(orders="visitor"))
        with app.app_context():
            draft = db.session.execute(select(UserDraft)).scalar_one()
            contract = db.session.get_one(Contract, draft.contract_id)
            db.session.execute(delete(Membership).where(Membership.id == martin))
            with pytest.raises(GoneMeanwhile):
                drafts.finish(draft, contract, by=account_of("paul.dupont"))

    def test_users_5_the_referent_stays_manager_of_users(self, paul, id_of):
        page = change(paul, id_of("paul.dupont"), users="none")
        assert page.status == 422
        assert paul.get(USERS).status == 200

    def test_users_5_nobody_takes_the_users_section_from_themselves(
        self, cast, paul, browse_as, id_of
    ):
        cast.member("jacques.dupont", users=MANAGER)
        jacques = browse_as("jacques.dupont")
        assert change(jacques, id_of("jacques.dupont"), users="visitor").status == 422

    def test_users_5_a_lost_right_ends_the_wizard_in_between(self, cast, paul, browse_as, id_of):
        cast.member("jacques.dupont", users=MANAGER)
        jacques = browse_as("jacques.dupont")
        step = jacques.post(f"{USERS}/new", SOPHIE)
        step = jacques.post(step.location, roles())
        change(paul, id_of("jacques.dupont"), users="console_manager")
        assert jacques.post(step.location, {"step": "finish"}).status == 403


class TestConsoleTab:
    def test_users_7_a_user_added_there_sees_contract_and_dashboard_only(
        self, cast, paul, browse_as
    ):
        cast.member("pierre.dupont", users=CONSOLE_MANAGER)
        pierre = browse_as("pierre.dupont")
        step = pierre.post(f"{USERS}/console/new", SOPHIE)
        page = pierre.get(step.location)
        assert not page.all("select")
        assert pierre.post(step.location, {}).status == 422  # at least one role
        step = pierre.post(step.location, {"console": ["power_user"]})
        assert pierre.post(step.location, {"step": "finish"}).location == f"{USERS}/console"
        sophie = browse_as("sophie.dupont")
        assert sophie.get(f"/contracts/{REF}/dashboard").status == 200
        assert sophie.get(f"/contracts/{REF}/orders").status == 403

    def test_users_7_console_managers_stay_on_their_tab(self, cast, paul, browse_as, id_of):
        cast.member("pierre.dupont", users=CONSOLE_MANAGER)
        pierre = browse_as("pierre.dupont")
        assert pierre.get(USERS).location == f"{USERS}/console"
        for path in (
            "/new",
            "/import",
            f"/{id_of('paul.dupont')}",
            f"/{id_of('paul.dupont')}/roles",
        ):
            assert pierre.get(USERS + path).status == 403, path

    def test_users_7_shows_only_who_has_a_console_role(self, cast, paul):
        cast.member("martin.dupont")
        page = paul.get(f"{USERS}/console")
        assert "paul.dupont" in page.words
        assert "martin.dupont" not in page.words
        assert not page.all("a[href$=remove]")

    def test_users_7_changing_there_leaves_portal_profiles_alone(
        self, cast, paul, browse_as, id_of
    ):
        cast.member("sophie.dupont", orders=VISITOR, console_roles=["guest"])
        path = f"{USERS}/console/{id_of('sophie.dupont')}/roles"
        step = paul.post(path, {"console": ["guest", "power_user"]})
        paul.post(step.location, {"step": "finish"})
        sophie = browse_as("sophie.dupont")
        assert sophie.get(f"/contracts/{REF}/orders").status == 200
        assert "power_user" in sophie.get(f"/contracts/{REF}/").words

    def test_users_7_visitors_read_only(self, cast, paul, browse_as, id_of):
        cast.member("nina.dupont", users=VISITOR)
        nina = browse_as("nina.dupont")
        assert nina.get(USERS).status == 200
        assert nina.get(f"{USERS}/console/{id_of('paul.dupont')}").status == 200
        assert not nina.get(USERS).all("a[href$=roles], a[href$=new]")
        for path in ("/new", "/console/new", f"/{id_of('paul.dupont')}/roles"):
            assert nina.get(USERS + path).status == 403

    def test_users_7_an_offer_without_console_says_so(self, cast, browse_as):
        cast.contract("OCB0000777", offer="Flexible Computing Advanced")
        cast.member("autre.client", ref="OCB0000777", referent=True)
        page = browse_as("autre.client").get("/contracts/OCB0000777/users/console")
        assert "without a technical console" in page.words


def change(browser, membership_id, console=(), **profiles):
    step = browser.post(
        f"{USERS}/{membership_id}/roles", roles(console, **{"contract": "visitor", **profiles})
    )
    assert step.status == 303, step.words
    return browser.post(step.location, {"step": "finish"})
