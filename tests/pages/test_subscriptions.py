"""SUBS-1, SUBS-2: the subscriptions of a contract, as readers use them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from selfcare.rights import Profile
from tests.browsing import Browser, Page, column

pytestmark = pytest.mark.usefixtures("paul")
VISITOR = Profile.VISITOR
ORDERS = "/contracts/OCB0000124/orders"
SUBS = "/contracts/OCB0000124/subscriptions"


class TestSubscriptions:
    def test_subs_1_shows_its_columns(self, cast, paul):
        ref = cast.subscription()
        page = paul.get(SUBS)
        assert column(page, "Subscription date") == ["29/08/2017 17:00"]
        assert column(page, "Ref.") == [ref]
        assert column(page, "Name") == ["Reservation c2.large 2 years with upfront"]
        assert column(page, "Price") == ["€24.39 / month"]
        assert column(page, "Start date") == ["01/09/2017"]
        assert column(page, "End date") == ["31/08/2019"]
        assert column(page, "Status") == ["ended"]

    @pytest.mark.parametrize(
        "q",
        ["HONEY1655-1708", "c2.large", "29/08/2017", "08/2017", "01/09/2017", "09/2017", "2017",
         "31/08/2019", "08/2019", "2019", "2019-08-31", "2019-08", "1.9.2017"],
    )  # fmt: skip
    def test_subs_1_filters_by_reference_name_or_any_of_three_dates(self, cast, paul, q):
        ref = cast.subscription()
        other = cast.subscription(
            at=datetime(2020, 5, 5, tzinfo=UTC), months=12, name="Something else"
        )
        found = column(paul.get(f"{SUBS}?q={q}"), "Ref.")
        assert found == [ref]
        assert other not in found

    @pytest.mark.parametrize("q", ["2018", "31/02/2017", "13/2017", "02/09/2017", "9/17", "201"])
    def test_subs_1_other_dates_find_nothing(self, cast, paul, q):
        cast.subscription(name="A reservation")
        assert column(paul.get(f"{SUBS}?q={q}"), "Ref.") == []

    def test_subs_1_words_narrow_each_other(self, cast, paul):
        ref = cast.subscription()
        cast.subscription(at=datetime(2018, 8, 29, tzinfo=UTC))
        assert column(paul.get(f"{SUBS}?q=c2.large 2017"), "Ref.") == [ref]

    def test_subs_1_a_row_opens_on_its_facts_and_its_order(self, cast, paul):
        ref = cast.subscription()
        page = paul.get(f"{SUBS}?open={ref}")
        detail = " ".join(page.one("tr.detail").get_text(" ").split())
        for words in ("24 months", "€513.02", "eu-west-0", "Related order"):
            assert words in detail
        assert page.all(f'tr.detail a[href="{ORDERS}/{ref}"]')
        assert paul.get(f"{SUBS}/{ref}").status == 200

    def test_subs_1_without_the_right_to_orders_their_order_is_no_link(self, cast, browse_as):
        ref = cast.subscription()
        cast.member("sophie.dupont", subscriptions=VISITOR)
        page = browse_as("sophie.dupont").get(f"{SUBS}?open={ref}")
        assert not page.all(f'a[href="{ORDERS}/{ref}"]')
        assert ref in page.one("tr.detail").get_text()

    @pytest.mark.parametrize(
        ("moment", "status"),
        [
            (datetime(2017, 8, 31, 21, 59, tzinfo=UTC), "subscribed"),  # 23:59 in Paris
            (datetime(2017, 8, 31, 22, 0, tzinfo=UTC), "active"),  # midnight, the 1st
            (datetime(2019, 8, 31, 21, 59, tzinfo=UTC), "active"),  # its last minute
            (datetime(2019, 8, 31, 22, 0, tzinfo=UTC), "ended"),
        ],
    )
    def test_subs_2_status_follows_the_dates_where_the_customers_are(
        self, cast, paul, moment, status
    ):
        ref = cast.subscription()
        with time_machine.travel(moment, tick=False):
            page = browse_later(paul, SUBS)
            assert column(page, "Status") == [status]
            assert status in browse_later(paul, f"{SUBS}/{ref}").words
            assert status in browse_later(paul, f"{SUBS}?format=csv").text

    def test_subs_2_statuses_sort_by_their_life(self, cast, paul):
        with time_machine.travel(datetime(2018, 6, 1, tzinfo=UTC)):
            cast.subscription(at=datetime(2016, 1, 1, tzinfo=UTC), months=12)
            cast.subscription(at=datetime(2018, 5, 31, tzinfo=UTC), starts_on=date(2018, 7, 1))
            cast.subscription()
            page = browse_later(paul, f"{SUBS}?sort=status")
        assert column(page, "Status") == ["subscribed", "active", "ended"]


def browse_later(browser: Browser, path: str) -> Page:
    """Another time: a sign-in of today has no meaning then."""
    return browser.sign_in_as("paul.dupont").get(path)
