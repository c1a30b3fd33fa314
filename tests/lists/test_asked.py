"""Whatever somebody types in an address, a list stays harmless (LIST-1)."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from selfcare.lists.asked import LONGEST_SEARCH, Asked
from selfcare.lists.contracts import ContractList
from selfcare.lists.dates import span
from selfcare.lists.orders import MyOrderList, OrderList
from selfcare.lists.subscriptions import SubscriptionList

LISTS = (OrderList, MyOrderList, SubscriptionList, ContractList)
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)  # lone surrogates too
NAMES = st.sampled_from(["q", "sort", "page", "open", "format", "x"])
fast = settings(max_examples=200)


def shown(kind, asked: Asked, page: int = 1):
    """A list that asked the database nothing."""
    listing = kind.__new__(kind)
    listing.path, listing.asked, listing.page, listing.keep = "/list", asked, page, {}
    return listing


@pytest.mark.once
@pytest.mark.parametrize("kind", LISTS)
class TestAsked:
    @given(args=st.dictionaries(NAMES, ANY_TEXT))
    @example(args={"page": "9" * 500, "sort": "-", "q": "\x00\ud800", "open": "x" * 9999})
    @example(args={"page": "٣"})
    @fast
    def test_list_1_reading_an_address_never_fails_and_is_harmless(self, kind, args):
        asked = kind.read(args)
        assert 1 <= asked.page <= 10**9
        assert asked.sort.removeprefix("-") in {c.key for c in kind.columns if c.sort is not None}
        assert len(asked.q) <= LONGEST_SEARCH
        assert len(asked.open) <= 64
        assert asked.too_long == (len(asked.q) == LONGEST_SEARCH and asked.too_long)
        for text in (asked.q, asked.open):
            assert not any(ord(c) < 32 or ord(c) == 127 for c in text)
            text.encode()  # no lone surrogate

    @given(
        q=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200).map(str.strip),
        page=st.integers(1, 10**9),
        number=st.integers(0, 20),
        down=st.booleans(),
        open_=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=64).map(str.strip),
    )
    @fast
    def test_list_1_an_address_read_again_asks_the_same(self, kind, q, page, number, down, open_):
        sortable = [c.key for c in kind.columns if c.sort is not None]
        sort = ("-" if down else "") + sortable[number % len(sortable)]
        asked = Asked(q=q, sort=sort, page=page, open=open_)
        address = shown(kind, asked, page).url()
        assert kind.read(dict(parse_qsl(urlsplit(address).query))) == asked
        assert urlsplit(address).path == "/list"
        assert not urlsplit(address).netloc

    def test_list_1_the_usual_list_has_a_bare_address(self, kind):
        assert shown(kind, kind.read({})).url() == "/list"


@pytest.mark.once
class TestDates:
    @given(day=st.dates(date(1000, 1, 1), date(9998, 12, 31)))
    @fast
    def test_subs_1_every_way_to_write_a_day_means_it(self, day):
        for text in (
            f"{day.day:02}/{day.month:02}/{day.year:04}",
            f"{day.day}/{day.month}/{day.year:04}",
            f"{day.day:02}.{day.month:02}.{day.year:04}",
            f"{day.year:04}-{day.month:02}-{day.day:02}",
        ):
            assert span(text) == (day, day + timedelta(days=1)), text

    @given(day=st.dates(date(1000, 1, 1), date(9998, 12, 31)))
    @fast
    def test_subs_1_a_month_and_a_year_hold_their_days(self, day):
        for text in (f"{day.month:02}/{day.year:04}", f"{day.year:04}-{day.month}"):
            found = span(text)
            assert found
            first, after = found
            assert first <= day < after
            assert first.day == after.day == 1
            assert 28 <= (after - first).days <= 31
        assert span(f"{day.year:04}") == (date(day.year, 1, 1), date(day.year + 1, 1, 1))

    @given(text=ANY_TEXT | st.from_regex(r"[0-9/.\-]{1,12}", fullmatch=True))
    @example("0000")
    @example("0001")
    @example("9999")
    @example("31/12/9999")
    @example("12/9999")
    @example("٠١/٠٩/٢٠١٧")
    @fast
    def test_subs_1_any_text_is_a_span_or_none(self, text):
        found = span(text)
        if found is not None:
            first, after = found
            assert first < after
            for day in found:  # usable in every time zone
                day - timedelta(days=1)
                day + timedelta(days=1)

    @pytest.mark.parametrize("text", ["31/02/2017", "00/01/2017", "1/13/2017", "2017-13", "0/2017"])
    def test_subs_1_days_that_do_not_exist_are_none(self, text):
        assert span(text) is None


class TestSearch:
    @pytest.fixture(autouse=True)
    def subscribed(self, cast):
        cast.referent()
        cast.subscription()

    @given(
        path=st.sampled_from(
            ["/contracts/OCB0000124/orders", "/contracts/OCB0000124/subscriptions",
             "/account/contracts", "/contracts/OCB0000124/services", "/account/orders"]
        ),
        args=st.dictionaries(NAMES, st.text(max_size=60), min_size=1),
    )  # fmt: skip
    @example(path="/contracts/OCB0000124/orders", args={"q": "0001"})
    @example(path="/contracts/OCB0000124/orders", args={"q": "01/01/1000"})
    @example(path="/contracts/OCB0000124/orders", args={"q": "31/12/9998"})
    @example(path="/contracts/OCB0000124/subscriptions", args={"q": "\0\\%_'\"", "open": "\0"})
    @settings(
        max_examples=120,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_list_1_no_search_breaks_a_page(self, paul, path, args):
        answer = paul.client.get(path, query_string=args, base_url="http://portal.test/")
        assert answer.status_code == 200
        answer.get_data()
