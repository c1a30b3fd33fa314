"""« Comparer maintenant » says what happens, and what was found (USERS-8)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from selfcare.background import claims
from selfcare.database import db
from selfcare.models import ConsoleAccess, ConsoleLook, Contract, now
from selfcare.services.console import domains
from selfcare.services.console.iam.port import Holder
from tests.browsing import Page

PATH = "/contracts/OCB0000124/users/console"


@pytest.fixture
def paul(app, cast, stand_in_iam, browse_as):
    """The referent, at a contract whose console holds what the portal wants."""
    cast.member("paul.dupont", referent=True)
    cast.member("marie.dupont", console_roles=["guest"], console_state="done")
    with app.app_context():
        domains.prepared(db.session.execute(select(Contract.id)).scalar_one(), "OCB0000124")
    give(stand_in_iam, "guest")
    with app.app_context():
        access = db.session.execute(select(ConsoleAccess)).scalar_one()
        access.iam_username = "marie.dupont"
        access.settled_at = now() - timedelta(minutes=1)
        db.session.commit()
    return browse_as("paul.dupont")


def give(iam, *roles):
    iam.set_groups(
        "OCB0000124", Holder("marie.dupont", "marie.dupont@example.com"), frozenset(roles)
    )


def told(page: Page) -> str:
    return " ".join(page.one("#compared").get_text(" ").split())


def asked(paul) -> Page:
    done = paul.post(f"{PATH}/look")
    assert done.location == f"{PATH}#compared"
    return paul.get(PATH)


def test_users_8_compare_now_says_that_it_is_asked_and_looks_again_by_itself(paul):
    page = asked(paul)
    assert "A comparison has been asked for; it usually comes within a minute." in told(page)
    link = page.one("#compare-again")
    assert link["href"] == f"{PATH}?checked=1#compared", "another address: browsers load it anew"
    for checked, seconds in ((1, 4), (7, 256)):
        part = paul.get(f"{PATH}?checked={checked}", part="compared")
        assert part.one("#compare-again")["data-hx-trigger"] == f"click, every {seconds}s"
        # scripts leave a part alone whose text is the same
        assert re.search(r"As it was at \d\d:\d\d:\d\d", told(part))
    last = paul.get(f"{PATH}?checked=8", part="compared")
    assert last.one("#compare-again")["data-hx-trigger"] == "click"


def test_users_8_compare_now_says_that_nothing_differs(paul, worker):
    asked(paul)
    worker.run()
    part = paul.get(f"{PATH}?checked=1", part="compared")
    assert part.headers["HX-Refresh"] == "true"
    page = paul.get(PATH)
    assert "Last compared on" in told(page)
    assert "Nothing differed." in told(page)
    assert "asked" not in told(page)


def test_users_8_compare_now_says_how_many_differ(paul, worker, stand_in_iam):
    give(stand_in_iam, "admin")
    stand_in_iam.set_groups("OCB0000124", Holder("odd.one", "o@example.com"), frozenset({"guest"}))
    asked(paul)
    worker.run()
    assert "2 accounts differed." in told(paul.get(PATH))


def test_users_8_compare_now_says_why_it_failed_and_when_it_is_tried_again(
    paul, worker, faulty_stand_in
):
    faulty_stand_in.fail("POST /v3/auth/tokens", times=20, status=503)
    asked(paul)
    worker.run()
    page = paul.get(PATH)
    assert "The last comparison failed. The console does not answer at the moment." in told(page)
    assert "Next try:" in told(page)


def test_users_8_a_comparison_whose_wake_up_was_lost_stays_wished(app, paul):
    asked(paul)
    with time_machine.travel(now() + timedelta(minutes=1)), app.app_context():
        assert claims.overdue(ConsoleLook)
