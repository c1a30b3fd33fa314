"""What a stolen session of staff can read: so much, and no more without an alarm (STAFF-1)."""

from __future__ import annotations

from structlog.testing import capture_logs

from tests.browsing import Browser
from tests.cast import account_of


def test_staff_1_so_many_peoples_pages_a_day_and_no_more(another_app, cast, clock):
    people = ["paul.dupont", "sophie.dupont", "martin.dupont"]
    for login in people:
        cast.account(login)
    app = another_app(throttle_staff_people="2 per day")
    claire = Browser(app).sign_in_as(cast.agent("claire.support"))
    with app.app_context():
        paul, sophie, martin = (f"/staff/people/{account_of(login).id}" for login in people)
    assert [claire.get(page).status for page in (paul, sophie, paul)] == [200] * 3
    with capture_logs() as lines:
        assert claire.get(martin).status == 429
    [alarm] = [line for line in lines if line["event"] == "staff_people_limit"]
    assert (alarm["agent"], alarm["log_level"]) == ("claire.support", "error")
    assert claire.get(sophie).status == 200, "read today already"


def test_staff_1_the_search_has_the_brake_that_customers_have(another_app, cast, clock):
    app = another_app(throttle_find="1 per minute")
    claire = Browser(app).sign_in_as(cast.agent("claire.support"))
    assert claire.get("/staff/search?q=nobody").status == 200
    assert claire.get("/staff/search").status == 200, "nothing is asked"
    assert claire.get("/staff/search?q=nobody").status == 429
