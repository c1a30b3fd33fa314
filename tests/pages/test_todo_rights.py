"""DASH-2: « À faire » lists what its reader may open, and leads where they may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from selfcare.models import RequestState
from selfcare.rights import Profile
from tests.waiting import (
    DASHBOARD,
    ask,
    ask_to_visit,
    clock,
    ending,
    invoice,
    lines,
    trouble,
)

VISITOR, MANAGER = Profile.VISITOR, Profile.MANAGER
__all__ = ["clock", "ending", "invoice"]  # fixtures


class TestRights:
    @pytest.fixture
    def full(self, app, cast, invoice, ending):
        cast.referent(console_roles=["admin"])
        cast.member("marie.dupont", console_roles=["guest"])
        invoice("FA-1")
        ending(30)
        cast.order(status="submitted", at=datetime(2026, 6, 1, tzinfo=UTC))
        trouble(app, "marie.dupont")

    @pytest.mark.parametrize(
        ("profiles", "kinds"),
        [
            ({}, []),
            ({"invoices": VISITOR}, []),
            ({"invoices": MANAGER}, ["Pay"]),
            ({"subscriptions": VISITOR}, ["Reservation"]),
            ({"orders": VISITOR}, ["Order"]),
            ({"users": VISITOR}, []),
            ({"users": Profile.CONSOLE_MANAGER}, ["Console"]),
        ],
        ids=str,
    )
    def test_dash_2_what_one_may_not_open_is_not_listed(
        self, full, cast, browse_as, profiles, kinds
    ):
        cast.member("sophie.dupont", dashboard=VISITOR, **profiles)
        sophie = browse_as("sophie.dupont")
        for page in (sophie.get(DASHBOARD), sophie.get("/")):
            assert [line.split()[0] for line in lines(page)] == kinds
            assert not page.all('#todo a[href$="/renewal"]'), "who may not order renews nothing"

    def test_dash_2_one_s_own_orders_are_listed_and_open_where_the_section_is_shut(
        self, full, cast, browse_as
    ):
        cast.member("sophie.dupont", dashboard=VISITOR)
        mine = cast.order(by="sophie.dupont", status="submitted")
        sophie = browse_as("sophie.dupont")
        link = sophie.get(DASHBOARD).one("#todo li a")
        assert link.get_text() == f"Order {mine}"
        assert sophie.get(str(link["href"])).status == 200

    def test_dash_2_one_s_own_access_leads_to_a_page_that_opens(self, app, cast, browse_as):
        cast.member("marie.dupont", console_roles=["guest"])
        trouble(app, "marie.dupont")
        marie = browse_as("marie.dupont")
        link = marie.get("/").one("#todo li a")
        assert link.get_text() == "Your access to the technical console"
        assert marie.get(str(link["href"])).status == 200

    @pytest.mark.parametrize(
        ("users", "listed"), [(MANAGER, 2), (Profile.CONSOLE_MANAGER, 1), (VISITOR, 0)]
    )
    def test_dash_2_open_requests_are_for_those_who_can_answer_them(
        self, app, cast, browse_as, users, listed
    ):
        cast.member("marie.dupont")
        cast.member("sophie.dupont", dashboard=VISITOR, users=users)
        ask(app, "marie.dupont", "console")
        ask(app, "marie.dupont", "invoices")
        ask(app, "marie.dupont", "support", state=RequestState.DECLINED)
        assert len(lines(browse_as("sophie.dupont").get(DASHBOARD))) == listed

    @pytest.mark.parametrize(
        ("place", "listed"),
        [
            ({"referent": True}, 1),
            ({"referent": True, "support": Profile.NONE}, 0),
            ({"support": MANAGER}, 0),
        ],
        ids=str,
    )
    def test_dash_2_support_s_question_is_for_the_referent_who_can_answer_it(
        self, app, cast, browse_as, place, listed
    ):
        cast.member("paul.dupont", **place)
        cast.agent()
        ask_to_visit(app, "paul.dupont")
        assert len(lines(browse_as("paul.dupont").get("/"))) == listed

    def test_dash_2_each_line_s_link_opens(self, full, browse_as):
        paul = browse_as("paul.dupont")
        for page in (paul.get(DASHBOARD), paul.get("/")):
            found = [
                link["href"] for link in page.all("#todo li a") if "renewal" not in link["href"]
            ]
            assert len(found) == 4
            assert {paul.get(path).status for path in found} == {200}
