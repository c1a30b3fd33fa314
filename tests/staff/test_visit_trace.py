"""What is told of a visit, and to whom: while it lasts and afterwards (STAFF-2)."""

from __future__ import annotations

from selfcare.rights import Profile
from tests.staff.conftest import HOME


def test_staff_2_the_contracts_page_says_so_while_it_lasts(cast, inside, browse_as):
    told = "Support is looking at this contract"
    cast.member("sophie.dupont")
    assert told in browse_as("paul.dupont").get(HOME).words
    assert told not in browse_as("sophie.dupont").get(HOME).words
    inside.post("/visit/leave")
    assert told not in browse_as("paul.dupont").get(HOME).words


def test_staff_2_the_customer_is_told_by_mail_at_once(inside, mailbox):
    told = mailbox.text()
    assert "Support is looking at the contract" in told
    assert "INC-2041" in told
    assert "claire" not in told.lower()


def test_staff_2_activity_shows_support_and_the_reason_not_the_agent(inside, browse_as):
    inside.get(HOME)
    page = browse_as("paul.dupont").get("/account/activity")
    assert "The page of invoices stays empty" in page.words
    assert "INC-2041" in page.words
    assert "Support" in page.texts("td[data-label=By]")
    assert "claire" not in page.text
    assert "192.0.2.10" not in page.text


def test_staff_2_nobody_finds_the_agent_by_searching(inside, browse_as):
    page = browse_as("paul.dupont").get("/account/activity?q=claire")
    assert page.all("tbody tr") == []


def test_staff_2_the_referent_sees_reason_ticket_length_and_pages(inside, browse_as, clock):
    inside.get(HOME)
    page = inside.get(f"{HOME}orders")
    clock.later(minutes=4)
    inside.post("/visit/leave", {"csrf_token": page.csrf()})
    page = browse_as("paul.dupont").get(f"{HOME}support/visits")
    cells = page.texts("tbody td")
    assert cells[1:4] == ["Paul DUPONT", "The page of invoices stays empty", "INC-2041"]
    assert cells[4:] == ["4 min", "2 pages"]


def test_staff_2_the_referent_sees_which_pages_and_others_only_their_own(
    app, cast, inside, browse_as
):
    for path in (HOME, f"{HOME}orders"):
        inside.get(path)
    paul = browse_as("paul.dupont")
    link = str(paul.get(f"{HOME}support/visits").one("tbody a")["href"])
    page = paul.get(link)
    assert page.texts("main li code") == [HOME, f"{HOME}orders"]
    assert "claire" not in page.text.lower()
    cast.member("sophie.dupont", support=Profile.MANAGER)
    assert browse_as("sophie.dupont").get(link).status == 404


def test_staff_2_the_visit_is_in_the_persons_data(app, inside, browse_as):
    data = browse_as("paul.dupont").get("/account/data.json").json
    assert data["visits_of_support"][0]["reason"] == "The page of invoices stays empty"
    assert "claire" not in str(data)
