"""STAFF-3: `flask contracts`, `customers` and `offers`."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import ConsoleAccess, Contract, Membership
from selfcare.rights import profiles_of_referent

REF = "OCB0000124"


@pytest.fixture
def contract(cast):
    cast.referent(console_roles=["admin"])
    cast.member("sophie.dupont", orders="visitor", console_roles=["guest"])
    return REF


class TestShown:
    def test_staff_3_contracts_are_listed_and_found(self, told, flask, contract):
        [row] = told("contracts", "list", "si_prod ocb")
        assert (row["ref"], row["referent"], row["customer"]) == (REF, "paul.dupont", "HONEY1655")
        assert told("contracts", "list", "--customer", "other1") == []
        assert flask("contracts", "list", "nothing") == ("No such contract.\n", 0)
        [shown] = told("contracts", "show", REF.lower())
        assert (shown["users"], shown["offer"]) == (2, "Flexible Engine")

    def test_staff_3_a_contract_without_referent_is_listed_too(self, told, cast):
        cast.contract("OCB0000777")
        assert [row["referent"] for row in told("contracts", "list")] == [None]


class TestChanged:
    @pytest.mark.parametrize(
        ("command", "what", "after"),
        [
            (["rename", REF, " SI  Recette "], "name", "SI Recette"),
            (["platform", REF, "FCE_2"], "platform_id", "FCE_2"),
            (["end", REF, "--on", "2030-05-31"], "ends_on", "2030-05-31"),
        ],
    )
    def test_staff_3_a_change_is_made_and_kept(
        self, flask, app, contract, audited, command, what, after
    ):
        assert flask("contracts", *command)[1] == 0
        with app.app_context():
            assert str(getattr(db.session.execute(select(Contract)).scalar_one(), what)) == after
        [entry] = audited("contract.changed")
        assert (entry.contract_ref, entry.details["what"], entry.details["after"]) == (
            REF,
            [what],
            after,
        )
        assert flask("contracts", *command)[1] == 0
        assert len(audited("contract.changed")) == 1, "nothing changed, nothing written"

    @pytest.mark.parametrize(
        ("command", "why"),
        [
            (["rename", REF, "x" * 81], "name: at most 80 characters, this has 81"),
            (["rename", REF, "\u3164"], "nothing of this name can be seen"),
            (["rename", "OCB9", "x"], "OCB9: no such contract"),
            (["end", REF, "--on", "2010-01-01"], "begins on 2016-09-01, after 2010-01-01"),
            (["offer", REF, "Gold"], "Gold: no such offer; there are: Flexible Engine"),
            (["referent", REF, "nobody"], "nobody is not a user of OCB0000124"),
            (["referent", REF, "paul.dupont"], "is the referent of OCB0000124 already"),
            (["ece", REF, "nobody", "--changes"], "nobody is not a user of OCB0000124"),
        ],
    )
    def test_staff_3_a_change_that_will_not_do_is_a_sentence(
        self, flask, contract, audited, command, why
    ):
        output, code = flask("contracts", *command)
        assert (code, why in output) == (1, True), output
        assert audited("contract.changed") == []

    def test_staff_3_a_contract_s_end_is_shown_and_taken_back(self, flask, contract, browse_as):
        flask("contracts", "end", REF, "--on", "2030-05-31")
        paul = browse_as("paul.dupont")
        assert "31/05/2030" in paul.get(f"/contracts/{REF}/").words
        flask("contracts", "end", REF, "--never")
        assert "31/05/2030" not in paul.get(f"/contracts/{REF}/").words

    def test_staff_3_the_console_closes_with_a_contract(self, flask, told, app, contract):
        [done] = told("contracts", "end", REF, "--close-console")
        assert done["console_accounts_ended"] == 2
        with app.app_context():
            wanted = db.session.execute(select(ConsoleAccess.wanted_groups)).scalars().all()
        assert wanted == [[], []]

    def test_staff_3_an_offer_without_console_closes_it(self, flask, app, contract):
        assert flask("offers", "set", "plain", "--name", "Cloud simple", "--no-console")[1] == 0
        assert flask("contracts", "offer", REF, "plain")[1] == 0
        with app.app_context():
            wanted = db.session.execute(select(ConsoleAccess.wanted_groups)).scalars().all()
        assert wanted == [[], []]

    def test_staff_3_another_user_becomes_the_referent(
        self, flask, app, contract, browse_as, audited
    ):
        assert flask("contracts", "referent", REF, "sophie.dupont")[1] == 0
        with app.app_context():
            places = db.session.execute(select(Membership).order_by(Membership.id)).scalars().all()
            assert [place.is_referent for place in places] == [False, True]
            assert places[1].profiles == profiles_of_referent()
            roles = db.session.execute(select(ConsoleAccess).order_by(ConsoleAccess.id)).scalars()
            assert list(roles)[1].wanted_groups == ["admin", "guest"]
        assert browse_as("sophie.dupont").get(f"/contracts/{REF}/users").status == 200
        [entry] = audited("contract.changed")
        assert entry.details == {
            "what": ["referent"], "before": "paul.dupont", "after": "sophie.dupont"
        }  # fmt: skip

    def test_services_5_the_applications_somebody_has_are_said(self, told, contract, flask):
        assert told("contracts", "ece", REF, "sophie.dupont", "--changes") == [
            {"login": "sophie.dupont", "changes": True, "incidents": False}
        ]
        assert flask("contracts", "ece", REF, "sophie.dupont")[1] == 2


class TestCustomers:
    def test_staff_3_a_company_s_details_are_changed_for_all_its_contracts(
        self, told, flask, contract, browse_as, audited
    ):
        done = told(
            *("customers", "set", "honey1655", "--name", "Honey & Fils"),
            *("--siren", "552 100 554", "--vat-number", "fr 83 404833048", "--address", "Paris"),
        )
        assert done[0]["vat_number"] == "FR83404833048"
        words = browse_as("paul.dupont").get(f"/contracts/{REF}/").words
        assert "Honey & Fils" in words
        assert len(audited("customer.changed")) == 4
        [row] = told("customers", "list", "honey")
        assert (row["siren"], row["contracts"]) == ("552100554", 1)

    @pytest.mark.parametrize(
        ("words", "why", "status"),
        [
            (["honey1655", "--vat-number", "12"], "a VAT number is like FR83404833048", 1),
            (["honey1655", "--name", "x" * 121], "company: at most 120 characters", 1),
            (["honey9", "--name", "x"], "honey9: no such customer", 1),
            (["honey1655"], "say what to change", 2),
        ],
    )
    def test_staff_3_details_that_will_not_do_are_a_sentence(
        self, flask, contract, words, why, status
    ):
        output, code = flask("customers", "set", *words)
        assert (code, why in output) == (status, True), output


class TestOffers:
    def test_staff_3_an_offer_is_made_and_changed(self, told, flask, audited):
        made = told("offers", "set", "flexible-engine", "--name", "Flexible Engine")
        assert made[0]["console"] is True
        flask("offers", "set", "flexible-engine", "--support-phone", "0800 111 111")
        [row] = told("offers", "list")
        assert (row["support_phone"], row["contracts"]) == ("0800 111 111", 0)
        assert len(audited("offer.changed")) == 2

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["flexible", "--name", "flexible  engine"], "there is an offer 'Flexible Engine'"),
            (["Flexible!", "--name", "New"], "an offer's code is like flexible-engine"),
            (["other", "--name", ""], "nothing of this name can be seen"),
            (["flexible-engine", "--no-console"], "Flexible Engine has contracts"),
            (["flexible-engine", "--support-email", "x"], "one mail address is needed"),
            (["flexible-engine", "--document-space", "x"], "an https:// or mailto: address"),
        ],
    )
    def test_staff_3_an_offer_that_will_not_do_is_a_sentence(self, flask, contract, words, why):
        output, code = flask("offers", "set", *words)
        assert (code, why in output) == (1, True), output

    def test_staff_3_a_similar_name_is_taken_if_it_is_meant(self, flask, contract):
        alike = ["offers", "set", "flexible-2", "--name", "Flexible Engine 2"]
        assert flask(*alike)[1] == 1
        assert flask(*alike, "--new")[1] == 0
