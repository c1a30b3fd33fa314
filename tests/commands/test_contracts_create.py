"""Opening a contract from the command line: referent, mails, and its place on the console."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from selfcare.database import db
from selfcare.models import Contract, Membership
from selfcare.rights import profiles_of_referent
from selfcare.services.users.places import place_of

COMMAND = (
    "contracts create {ref} --offer flexible-engine --name SI_Neuf --customer NOUVO2026"
    " --company Nouveau --login lea.martin --email lea.martin@example.com"
    " --first-name Léa --last-name Martin --mobile"
)


@pytest.fixture
def create(app):
    offer = ["offers", "set", "flexible-engine", "--name", "Flexible Engine"]
    app.test_cli_runner().invoke(args=offer)

    def run(ref: str, mobile: str = "0612345678", *more: str):
        args = [*COMMAND.format(ref=ref).split(), mobile, *more]
        return app.test_cli_runner().invoke(args=args)

    return run


def test_staff_3_a_contract_opens_with_its_referent_and_the_console(
    app, create, ref, stand_in_iam, worker, mailing, browse_as, audited
):
    assert create(ref).exit_code == 0
    assert [entry.contract_ref for entry in audited("contract.opened")] == [ref]
    worker.run()
    with app.app_context():
        membership = db.session.execute(select(Membership)).scalar_one()
        assert membership.is_referent
        place = place_of(membership.account_id, ref)
    assert place
    assert place.rights.profiles == profiles_of_referent()
    assert place.console
    assert place.console.state == "done"
    assert stand_in_iam.groups_of(ref, "lea.martin") == {"admin"}
    subjects = [str(mail.message["Subject"]) for mail in mailing.messages]
    assert subjects[0] == f"Votre accès au contrat {ref}"
    assert len(subjects) == 2
    assert browse_as("lea.martin").get(f"/contracts/{ref}/").status == 200


def test_staff_3_a_reference_is_given_once(app, create):
    assert create("OCB0000999").exit_code == 0
    again = create("OCB0000999")
    assert again.exit_code == 1
    assert "OCB0000999 exists already" in again.output


@pytest.mark.parametrize(
    ("option", "text", "why"),
    [
        ("--login", "léa", "login: A login has 8 to 64 characters"),
        ("--email", "lea", "email: Enter an email address"),
        ("--last-name", "\u200b", "last_name: Enter the last name"),
        ("--mobile", "0123456789", "mobile: This is a fixed line"),
        ("--company", "\u3164\u2800", "company: nothing of this name can be seen"),
        ("--name", "\u00ad", "name: nothing of this name can be seen"),
    ],
)
def test_staff_3_names_and_the_referent_are_held_to_the_rules_of_all(
    app, create, option, text, why
):
    done = create("OCB0000999", "0612345678", option, text)
    assert (done.exit_code, why in done.output) == (1, True), done.output


@pytest.mark.parametrize(("ref", "mobile"), [("ocb1", "0612345678"), ("OCB0000999", "12")])
def test_staff_3_what_cannot_be_opened_leaves_nothing_behind(app, create, ref, mobile):
    assert create(ref, mobile).exit_code == 1
    with app.app_context():
        assert not db.session.execute(select(Contract)).first()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--name", "x" * 81], "name: at most 80 characters, this has 81"),
        (["--platform-id", "x" * 81], "platform: at most 80 characters"),
        (["--company", "x" * 121], "company: at most 120 characters"),
        (["--customer", "no code"], "no code: a customer's code is like HONEY1655"),
        (["--offer", "Flexible Engin"], "no such offer; there are: Flexible Engine"),
        (["--customer", "HONEY1655", "--company", "Miel"], "the company is Société HONEY1655, not"),
        (["--customer", "HONEY1655", "--company", "", "--siren", "552100554"], "SIREN is unknown"),
        (["--login", "paul.dupont"], "This login belongs to somebody else"),
        (["--email", "staff@example.com"], "it belongs to the support staff"),
    ],
)
def test_staff_3_why_a_contract_is_not_opened_is_a_sentence(app, cast, create, more, why):
    cast.referent()
    cast.account("nadia.support", email="staff@example.com", is_staff=True)
    done = create("OCB0000999", "0612345678", *more)
    assert (done.exit_code, why in done.output) == (1, True), done.output
    with app.app_context():
        assert db.session.execute(select(Contract.ref)).scalars().all() == ["OCB0000124"]


def test_staff_3_a_known_customer_needs_no_name(app, cast, create):
    cast.contract()
    done = create("OCB0000999", "0612345678", "--customer", "HONEY1655", "--company", "")
    assert done.exit_code == 0, done.output
