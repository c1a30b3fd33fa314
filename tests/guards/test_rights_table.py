"""THE table of rights, written down a second time on purpose: a right that changes by mistake
differs from this (guide, 5.2.2 to 5.9.2.5)."""

from __future__ import annotations

import pytest

from selfcare.rights import OFFERS, OPENS, Ability, Profile, Rights, Section

pytestmark = pytest.mark.once

OFFERED = {
    "contract": ("visitor manager", "manager", "manager"),
    "dashboard": ("none visitor manager", "visitor", "manager"),
    "services": ("none visitor manager", "none", "manager"),
    "orders": ("none visitor", "none", "visitor"),
    "subscriptions": ("none visitor manager", "none", "manager"),
    "invoices": ("none visitor manager", "none", "manager"),
    "support": ("none visitor manager", "none", "manager"),
    "users": ("none visitor console_manager manager", "none", "manager"),
}
"""By section, in menu order: the profiles it offers, a new user's, the referent's."""

HELD = {
    "open_contract": ("contract", "visitor manager"),
    "see_company": ("contract", "manager"),
    "open_document_space": ("contract", "manager"),
    "open_dashboard": ("dashboard", "visitor manager"),
    "open_console": ("dashboard", ""),  # a console role gives it
    "read_orders": ("orders", "visitor"),
    "read_subscriptions": ("subscriptions", "visitor manager"),
    "read_catalogue": ("services", "visitor manager"),
    "order_service": ("services", "manager"),
    "request_change": ("services", "visitor manager"),
    "see_invoicing_contact": ("invoices", "visitor manager"),
    "read_invoices": ("invoices", "manager"),
    "see_support_contact": ("support", "visitor manager"),
    "open_incident": ("support", "visitor manager"),
    "read_users": ("users", "visitor manager"),
    "add_user": ("users", "manager"),
    "change_user": ("users", "manager"),
    "remove_user": ("users", "manager"),
    "read_console_users": ("users", "visitor console_manager manager"),
    "set_console_roles": ("users", "console_manager manager"),
}
"""By ability: its section, and the profiles there that have it."""


def test_rights_sections_offer_what_the_guide_says():
    said = {
        section: (" ".join(offer.profiles), offer.new, offer.referent)
        for section, offer in OFFERS.items()
    }
    assert said == OFFERED
    assert list(OFFERS) == list(OFFERED) == list(Section), "in the order of the menu"


@pytest.mark.parametrize("ability", Ability)
def test_rights_an_ability_is_of_the_profiles_the_guide_says(ability):
    of, profiles = HELD[ability]
    for section in Section:
        for profile in Profile:
            held = section == of and profile in profiles.split()
            assert Rights({section: profile}).may(ability) is held, (section, profile)
    with_console_role = Rights({}, ("guest",)).may(ability)
    assert with_console_role is (ability is Ability.OPEN_CONSOLE)


def test_rights_the_menu_shows_what_the_guide_says():
    for section, ability in OPENS.items():
        of, profiles = HELD[ability]
        assert of == section
        assert set(profiles.split()) == {p for p in Profile if p != "none"} & set(
            OFFERS[section].profiles
        ), "whoever has a profile in it sees it"
