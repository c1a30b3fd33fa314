"""What happened to somebody or on a contract, in words and sorted (STAFF-6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

import selfcare
from selfcare.database import db
from selfcare.language.audit_wording import ACTION
from selfcare.language.mail_wording import MAIL_NAME
from selfcare.language.staff_wording import HAPPENING
from selfcare.models import ConsoleAccess, Contract, now
from selfcare.rights import Ability
from selfcare.services.mail.kinds import account as mails
from selfcare.services.safety import audit
from selfcare.services.staff import timeline
from tests.cast import account_of
from tests.staff.conftest import REF

CONTRACT = f"/staff/contracts/{REF}"

TOLD_BY_THEIR_ROWS = {"order", "note"}
OF_NO_PERSON_OR_CONTRACT = {
    "catalogue", "client", "customer", "key", "offer", "pre_invoice", "store",
}  # fmt: skip


def test_staff_6_every_action_around_people_and_contracts_has_its_sort():
    sorted_ones = tuple(prefix for sort in timeline.PREFIXES.values() for prefix in sort)
    left = {action.split(".")[0] for action in ACTION if not action.startswith(sorted_ones)}
    assert left == TOLD_BY_THEIR_ROWS | OF_NO_PERSON_OR_CONTRACT


def test_staff_6_every_sort_and_every_mail_has_its_words():
    assert set(HAPPENING) == set(timeline.Sort)
    folders = Path(selfcare.__file__).parent / "templates" / "mail"
    assert set(MAIL_NAME) == {one.name for one in folders.iterdir() if one.is_dir()}


@pytest.mark.parametrize(
    ("action", "sort", "words"),
    [
        ("access_key.created", "console", "Access key made"),
        ("access.asked", "users", "Access requested"),
        ("document.opened", "documents", "Document opened"),
        ("staff.retried", "account", "Failed work retried"),
    ],
)
def test_staff_6_a_persons_page_tells_it_in_its_sort(app, agent, paul_id, action, sort, words):
    with app.app_context():
        audit.record(action, actor=None, subject=account_of("paul.dupont"))
        db.session.commit()
    assert words in agent.get(f"/staff/people/{paul_id}").texts("#happened td.lead")
    narrowed = agent.get(f"/staff/people/{paul_id}?only={sort}")
    assert narrowed.texts("#happened td.lead") == [words]


def test_staff_6_a_contracts_page_offers_only_what_it_can_tell(app, agent, paul_id):
    with app.app_context():
        contract = db.session.execute(select(Contract)).scalar_one()
        audit.record("contract.changed", actor=None, contract=contract)
        audit.record("invoice.loaded", actor=None, subject="FA-1", contract=contract)
        db.session.commit()
    offered = agent.get(CONTRACT).texts("#happened > p a")
    assert offered == [
        "Users and rights", "Technical console", "Documents", "Contract", "Orders", "Visits",
        "Notes",
    ]  # fmt: skip
    only = agent.get(f"{CONTRACT}?only=documents")
    assert only.texts("#happened td.lead") == ["Invoice loaded"]
    assert agent.get(f"{CONTRACT}?only=mails").texts("#happened > p b") == ["everything"]


def test_staff_6_mails_are_named_in_words(app, agent, paul_id):
    with app.app_context():
        mails.access(account_of("paul.dupont"))
        db.session.commit()
    page = agent.get(f"/staff/people/{paul_id}?only=mails")
    assert page.texts("#happened td.lead") == ["Mail: Access to the portal"]


def test_staff_6_the_author_of_a_note_is_named(agent, paul_id):
    agent.post(f"/staff/people/{paul_id}/note", {"text": "Prefers the telephone"})
    [row] = agent.get(f"/staff/people/{paul_id}?only=notes").texts("#happened tbody tr")
    assert "Claire SUPPORT" in row


class TestDrift:
    @pytest.fixture
    def drifted(self, app, cast, paul_id) -> None:
        """Somebody has deleted Paul's account in the console."""
        cast.member("paul.dupont", referent=True, console_roles=["admin"], console_state="done")
        with app.app_context():
            db.session.execute(update(ConsoleAccess).values(seen_groups=None, seen_at=now()))
            db.session.commit()

    def test_staff_1_what_was_changed_in_the_console_is_told(self, agent, paul_id, drifted):
        assert "was deleted in the console" in agent.get(f"/staff/people/{paul_id}").words
        assert "admin: changed in the console" in agent.get(CONTRACT).words

    def test_staff_6_it_keeps_people_out_of_the_console(self, agent, paul_id, drifted):
        asked = f"/staff/people/{paul_id}?contract={REF}&page={Ability.OPEN_CONSOLE}"
        [said] = agent.get(asked).texts("[aria-labelledby=why-title] .notice li")
        assert "disabled or deleted in the console itself" in said


def test_staff_2_visits_name_the_agent_to_staff_and_lead_to_person_and_contract(
    agent, visiting, paul_id
):
    visiting()
    page = agent.get("/staff/visits")
    assert page.texts("td[data-label=By]") == ["Claire SUPPORT"]
    assert {str(a["href"]) for a in page.all("tbody a")} == {
        f"/staff/people/{paul_id}",
        CONTRACT,
    }
