"""USERS-10: roles that are often given together, and those of somebody else, fill the form in."""

from __future__ import annotations

import pytest

from selfcare.rights import OFFERS, RULES, Ability, Profile, Rights, Section
from selfcare.services.users.presets import PRESETS
from tests.browsing import Page
from tests.wizard import SOPHIE, USERS, roles

MANAGER, VISITOR = Profile.MANAGER, Profile.VISITOR
READS = {
    *(Ability.OPEN_CONTRACT, Ability.SEE_COMPANY, Ability.OPEN_DOCUMENT_SPACE),
    *(Ability.OPEN_DASHBOARD, Ability.READ_ORDERS, Ability.READ_SUBSCRIPTIONS),
    *(Ability.READ_CATALOGUE, Ability.SEE_INVOICING_CONTACT, Ability.READ_INVOICES),
    *(Ability.SEE_SUPPORT_CONTACT, Ability.READ_USERS, Ability.READ_CONSOLE_USERS),
}


@pytest.fixture(autouse=True)
def people(cast):
    cast.referent(console_roles=["admin"])
    cast.member("marc.leroy", orders=VISITOR, invoices=MANAGER, console_roles=["guest"])


@pytest.fixture
def step(paul) -> str:
    """Step 2 of somebody new."""
    return str(paul.post(f"{USERS}/new", SOPHIE).location)


def chosen(page: Page) -> dict[str, str]:
    """The profile the form shows in each section that is not closed."""
    found = {str(tag["name"]): str(tag["value"]) for tag in page.all("table [checked]")}
    assert set(found) == {str(section) for section in OFFERS}
    return {section: profile for section, profile in found.items() if profile != "none"}


def ticked(page: Page) -> list[str]:
    return [str(box["value"]) for box in page.all("[name=console][checked]")]


class TestTable:
    def test_users_10_a_preset_gives_what_its_sections_offer(self):
        for preset in PRESETS.values():
            for section, profile in preset.profiles.items():
                assert profile in OFFERS[section].profiles

    def test_users_10_who_reads_everything_reads_all_and_does_nothing_else(self):
        rights = Rights(PRESETS["read"].profiles)
        held = {ability for ability in RULES if rights.may(ability)}
        assert held >= READS
        assert held - READS == {Ability.REQUEST_CHANGE, Ability.OPEN_INCIDENT}

    def test_users_10_sections_are_one_table_in_menu_order(self, paul, step):
        rows = [row.select("th")[0].get_text(strip=True) for row in paul.get(step).all("tr")]
        assert rows == [
            *("Contract", "Dashboard", "Services", "Orders"),
            *("Subscriptions", "Invoices", "Support", "Users"),
        ]


class TestFilling:
    def test_users_10_a_preset_fills_the_form_and_keeps_nothing(self, paul, step):
        page = paul.post(step, {**roles(("admin",), orders="visitor"), "preset": "accounting"})
        assert page.status == 200
        assert chosen(page) == {
            "contract": "manager",
            "dashboard": "visitor",
            "orders": "visitor",
            "subscriptions": "visitor",
            "invoices": "manager",
        }
        assert ticked(page) == []
        assert "see invoices and their amounts" in page.one("#preview").get_text()
        assert "orders" not in chosen(paul.get(step)), "nothing was sent yet"

    @pytest.mark.parametrize(
        ("model", "called"),
        [({"preset": "accounting"}, "Accounting"), ({"like": "marc.leroy"}, "marc.leroy")],
    )
    def test_users_10_the_page_says_which_model_filled_it_in(self, paul, step, model, called):
        page = paul.post(step, {**roles(), **model})
        assert page.texts("form .notice") == [
            f"The form is filled in with the roles of “{called}”. Change what you like."
        ]
        assert paul.get(step).all("form .notice") == []

    def test_users_10_technical_brings_a_console_role_where_there_is_a_console(self, paul, step):
        page = paul.post(step, {**roles(), "preset": "technical"})
        sections = ("contract", "dashboard", "services", "subscriptions", "support")
        assert chosen(page) == dict.fromkeys(sections, "visitor")
        assert ticked(page) == ["power_user"]

    def test_users_10_an_offer_without_console_has_technical_too(self, cast, browse_as):
        ref = "OCB0000413"
        cast.contract(ref, offer="Flexible Computing Advanced")
        cast.member("paul.dupont", ref=ref, referent=True)
        paul = browse_as("paul.dupont")
        step = paul.post(f"/contracts/{ref}/users/new", SOPHIE).location
        page = paul.post(step, {**roles(), "preset": "technical"})
        assert page.status == 200
        assert chosen(page)["services"] == "visitor"

    @pytest.mark.parametrize("who", ["marc.leroy", " Marc.Leroy ", "marc.leroy@example.com"])
    def test_users_10_like_somebody_takes_their_roles_over(self, paul, step, who):
        page = paul.post(step, {**roles(), "preset": "like", "like": who})
        assert chosen(page) == {"contract": "visitor", "orders": "visitor", "invoices": "manager"}
        assert ticked(page) == ["guest"]
        assert "marc.leroy" in [str(one["value"]) for one in page.all("#models option")]

    def test_users_10_a_name_that_was_typed_and_not_used_is_used_first(self, paul, step):
        page = paul.post(step, {**roles(), "like": "marc.leroy", "step": "next"})
        assert page.status == 200
        assert chosen(page)["invoices"] == "manager"
        assert not page.one("#like").get("value")

    @pytest.mark.parametrize("who", ["nobody", "", "\x00", "autre.client", "x" * 300])
    def test_users_10_only_users_of_the_contract_are_models(self, cast, paul, step, who):
        cast.member("autre.client", ref="OCB0000777")
        sent = roles(("guest",), invoices="manager", ends_on="2099-01-31")
        page = paul.post(step, {**sent, "preset": "like", "like": who})
        assert page.status == 422
        assert page.one("#like-error")
        assert chosen(page)["invoices"] == "manager", "what was chosen stays"
        assert ticked(page) == ["guest"]
        assert "see invoices and their amounts" in page.one("#preview").get_text()

    def test_users_10_somebody_not_come_yet_is_a_model_by_the_address_typed_for_them(
        self, cast, paul, step
    ):
        cast.account("eva.secret", email="eva@example.com")
        cast.contract("OCB0000778", customer="OTHER2026")
        cast.member("eva.secret", ref="OCB0000778")
        person = {**SOPHIE, "login": "whatever.name", "email": "Eva@example.com"}
        other = paul.post(f"{USERS}/new", person).location
        done = paul.post(other, roles(support="visitor"))
        paul.post(done.location, {"step": "finish"})
        page = paul.post(step, {**roles(), "preset": "like", "like": "eva@example.com"})
        assert chosen(page)["support"] == "visitor"
        hidden = paul.post(step, {**roles(), "preset": "like", "like": "eva.secret"})
        assert hidden.status == 422, "their login is not known here"
        assert "eva.secret" not in [str(one["value"]) for one in hidden.all("#models option")]

    def test_users_10_the_last_day_that_was_typed_stays(self, paul, step):
        page = paul.post(step, {**roles(ends_on="2099-01-31"), "preset": "read"})
        assert page.one("#ends_on")["value"] == "2099-01-31"

    @pytest.mark.parametrize("changes", [{"preset": "root"}, {"preset": "read", "orders": "root"}])
    def test_users_10_what_is_not_on_the_page_fills_in_nothing(self, paul, step, changes):
        assert paul.post(step, {**roles(), **changes}).status == 422

    def test_users_10_the_roles_of_a_user_are_filled_in_likewise(self, paul, id_of):
        path = f"{USERS}/{id_of('marc.leroy')}/roles"
        page = paul.post(path, {**roles(), "preset": "read"})
        assert page.status == 200
        assert chosen(page)[str(Section.USERS)] == "visitor"
        assert chosen(paul.get(path)) == {
            "contract": "visitor",
            "orders": "visitor",
            "invoices": "manager",
        }

    def test_users_10_console_roles_alone_have_no_models(self, paul, id_of):
        path = f"{USERS}/console/{id_of('marc.leroy')}/roles"
        page = paul.post(path, {"console": "none", "preset": "read"})
        assert page.status == 422
        page = paul.get(path)
        assert page.all("[name=preset]") == page.all("#like") == []
